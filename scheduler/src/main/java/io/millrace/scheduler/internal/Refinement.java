package io.millrace.scheduler.internal;

import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.Target;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Makes a machine faster step by step. A step is one of its {@link Neighbours}, built and evaluated like every machine, and taken if a frame takes fewer cycles. Steps of a kind are
 * tried until none of them helps, then those of the next kind, until none of any kind does.
 */
final class Refinement {
    /** Machines that are built. */
    private static final int TRIALS = 150;

    /** Part of the cycles that a step has to leave: of very small steps there are very many. */
    private static final double BETTER = 0.9998;

    private final QuantizedGraph graph;
    private final Target target;
    private final Placer placer;
    private final int dsps;
    private final Set<MachineOptions> tried = new HashSet<>();
    private Found best;

    private Refinement(QuantizedGraph graph, Target target, Placer placer, int dsps, Found start) {
        this.graph = graph;
        this.target = target;
        this.placer = placer;
        this.dsps = dsps;
        best = start;
    }

    /**
     * The machine made as fast as steps make it.
     *
     * @param dsps of all arrays
     */
    static Found of(QuantizedGraph graph, Target target, Placer placer, int dsps, Found start) {
        return new Refinement(graph, target, placer, dsps, start).run();
    }

    private Found run() {
        int kinds = Neighbours.KINDS.size();
        for (int kind = 0, helpless = 0; helpless < kinds; kind = (kind + 1) % kinds) {
            helpless = helps(kind) ? 0 : helpless + 1;
        }
        return best;
    }

    /** Whether steps of a kind make the machine faster: they are taken as long as they do. */
    private boolean helps(int kind) {
        var before = best;
        int next = 0;
        int helpless = 0;
        var steps = steps(kind);
        while (helpless < steps.size() && tried.size() < TRIALS) {
            // From where the last step was: those before it have just been no help.
            int at = next % steps.size();
            var some = steps.subList(at, Math.min(at + Found.TOGETHER, steps.size()));
            next = at + some.size();
            helpless += some.size();
            if (taken(some)) {
                helpless = 0;
                steps = steps(kind);
            }
        }
        return best != before;
    }

    private List<MachineOptions> steps(int kind) {
        return Neighbours.of(graph, target, dsps, best)
                .map(Neighbours.KINDS.get(kind))
                .orElse(List.of());
    }

    /** Whether one of these machines is the fastest now. */
    private boolean taken(List<MachineOptions> steps) {
        double most = best.cycles() * BETTER;
        var faster = steps.stream().filter(tried::add).toList().parallelStream()
                .map(options -> placer.placedPatiently(options, most))
                .toList()
                .stream()
                .flatMap(Optional::stream)
                .filter(found -> found.cycles() < most)
                .toList();
        best = Found.fastest(faster).orElse(best);
        return !faster.isEmpty();
    }
}
