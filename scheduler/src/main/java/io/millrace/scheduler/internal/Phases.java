package io.millrace.scheduler.internal;

import io.millrace.scheduler.Actor;
import io.millrace.scheduler.Work;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

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
        for (var a : flow.actors()) {
            switch (a.work()) {
                case Work.Receive _, Work.Reload _ -> phaseOf[a.id()] = firstReader(a);
                case Work.Send _, Work.Spill _, Work.Multiply _, Work.Reduce _ -> {}
            }
        }
        for (var a : flow.actors()) {
            switch (a.work()) {
                case Work.Send _, Work.Spill _ ->
                    phaseOf[a.id()] =
                            phaseOf[flow.links().get(a.inputs().getFirst()).producer()];
                case Work.Receive _, Work.Reload _, Work.Multiply _, Work.Reduce _ -> {}
            }
        }
    }

    private int firstReader(Actor actor) {
        return actor.outputs().stream()
                .mapToInt(l -> phaseOf[flow.links().get(l).consumer()])
                .filter(p -> p != NOT_YET)
                .min()
                .orElse(0);
    }

    /** Nodes that a phase could begin with: those of all computing actors but the first. */
    static List<Integer> beginnings(Flow flow) {
        var nodes = new ArrayList<Integer>();
        flow.actors().stream().filter(a -> a.work().computes()).forEach(a -> nodes.add(a.node()));
        return nodes.stream().sorted().skip(1).toList();
    }
}
