package io.millrace.scheduler.internal;

import io.millrace.scheduler.Actor;
import io.millrace.scheduler.Work;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The phases of a network: groups of layers that follow each other in its graph. In each, rows flow through all layers at once; the next one begins when its last firing has
 * been started.
 */
final class Phases {
    private static final int NOT_YET = -1;

    private final Flow flow;
    private final List<Integer> firstNodes;
    private final int[] phaseOf;

    private Phases(Flow flow, List<Integer> firstNodes) {
        this.flow = flow;
        this.firstNodes = firstNodes;
        phaseOf = new int[flow.actors().size()];
    }

    /**
     * By phase, its actors by id.
     *
     * @param firstNodes nodes with which later phases begin, ascending
     */
    static List<List<Actor>> of(Flow flow, List<Integer> firstNodes) {
        var phases = new Phases(flow, firstNodes);
        phases.assign();
        return IntStream.rangeClosed(0, firstNodes.size())
                .mapToObj(p -> flow.actors().stream()
                        .filter(a -> phases.phaseOf[a.id()] == p)
                        .toList())
                .filter(actors -> !actors.isEmpty())
                .toList();
    }

    /** What computes is in the phase of its node; rows come in with their first reader and go out with their layer. */
    private void assign() {
        Arrays.fill(phaseOf, NOT_YET);
        for (var a : flow.actors()) {
            if (a.work().computes()) {
                phaseOf[a.id()] =
                        (int) firstNodes.stream().filter(n -> n <= a.node()).count();
            }
        }
        assign(Work.Reload.class, this::firstReader);
        assign(Work.Receive.class, this::firstReader);
        assign(Work.Spill.class, this::producer);
        assign(Work.Send.class, this::producer);
    }

    private void assign(Class<? extends Work> work, ToIntFunction<Actor> phase) {
        for (var a : flow.actors()) {
            if (work.isInstance(a.work())) {
                phaseOf[a.id()] = phase.applyAsInt(a);
            }
        }
    }

    private int producer(Actor actor) {
        return phaseOf[flow.links().get(actor.inputs().getFirst()).producer()];
    }

    /** The first phase in which an actor's rows are read, be it from DRAM. */
    private int firstReader(Actor actor) {
        return readers(actor)
                .mapToInt(a -> phaseOf[a.id()])
                .filter(p -> p != NOT_YET)
                .min()
                .orElse(0);
    }

    private Stream<Actor> readers(Actor actor) {
        return actor.outputs().stream()
                .map(l -> flow.actors().get(flow.links().get(l).consumer()))
                .flatMap(a -> a.work() instanceof Work.Spill ? readers(a) : Stream.of(a));
    }

    /** Nodes that a phase could begin with: those of all computing actors but the first. */
    static List<Integer> beginnings(Flow flow) {
        var nodes = new ArrayList<Integer>();
        flow.actors().stream().filter(a -> a.work().computes()).forEach(a -> nodes.add(a.node()));
        return nodes.stream().sorted().skip(1).toList();
    }
}
