package io.millrace.scheduler.internal;

import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.Actor;
import io.millrace.scheduler.DramLayout;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.Order;
import io.millrace.scheduler.MachineOptions.Spill;
import io.millrace.scheduler.Target;
import io.millrace.scheduler.Work;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Which maps go to DRAM when the row memories of a machine do not fit: those kept longest for one or a few of their readers, the one that saves most elements a
 * byte that is written and read first, as few as it takes.
 */
final class Spilling {
    /** Part of the block RAMs that a map has to take to be thought of. */
    private static final double WORTH = 1.0 / 64;

    private final QuantizedGraph graph;
    private final Target target;
    /** By options without spills. */
    private final Map<MachineOptions, List<Candidate>> found = new HashMap<>();

    Spilling(QuantizedGraph graph, Target target) {
        this.graph = graph;
        this.target = target;
    }

    /**
     * A map that could be spilled for some of its readers.
     *
     * @param saved elements of row memory, about
     */
    private record Candidate(List<Spill> spills, long saved, long trafficBytes) {
        double worth() {
            return (double) saved / trafficBytes;
        }
    }

    /** The options with all maps spilled for which it could pay, none if there are none: where not even that fits, no spills help. */
    Optional<MachineOptions> most(MachineOptions options) {
        var all = candidates(options);
        return all.isEmpty() ? Optional.empty() : Optional.of(with(options, all));
    }

    /**
     * The options with as few maps spilled as it takes until they fit; none if no spills do.
     *
     * @param fits whether a machine of such options fits with the least buffers
     */
    Optional<MachineOptions> until(MachineOptions options, Predicate<MachineOptions> fits) {
        var all = candidates(options);
        if (all.isEmpty() || !fits.test(with(options, all))) {
            return Optional.empty();
        }
        int count = 1;
        while (count < all.size() && !fits.test(with(options, all.subList(0, count)))) {
            count++;
        }
        // The last one made it fit; some before it may not be needed with it.
        var needed = new ArrayList<>(all.subList(0, count));
        for (var candidate : all.subList(0, count - 1)) {
            var less = new ArrayList<>(needed);
            less.remove(candidate);
            if (fits.test(with(options, less))) {
                needed = less;
            }
        }
        return Optional.of(with(options, needed));
    }

    private MachineOptions with(MachineOptions options, List<Candidate> candidates) {
        return options.withSpills(
                target.dram(),
                candidates.stream().flatMap(c -> c.spills().stream()).toList());
    }

    /** At most one for each map, best first. */
    private List<Candidate> candidates(MachineOptions options) {
        return found.computeIfAbsent(options, this::find);
    }

    private List<Candidate> find(MachineOptions options) {
        var flow = ScheduleBuilder.map(graph, Skeleton.of(graph, options), options);
        var held = GlobalOrder.of(flow, Order.COMPACT, 0).held();
        long least = (long) (WORTH
                * target.bram36()
                * Target.BRAM36_BITS
                / graph.precision().bits());
        var all = new ArrayList<Candidate>();
        for (var actor : flow.actors()) {
            ofMap(flow, actor, held).stream()
                    .filter(c -> c.saved() >= least)
                    .max(Comparator.comparingDouble(Candidate::worth))
                    .ifPresent(all::add);
        }
        all.sort(Comparator.comparingDouble(Candidate::worth)
                .thenComparingLong(Candidate::saved)
                .reversed());
        return all;
    }

    /** For the reader that keeps a map longest, for that and the next one, and so on, what its buffers would have less without them. */
    private List<Candidate> ofMap(Flow flow, Actor producer, int[] held) {
        var byReader = new TreeMap<Integer, Integer>();
        int kept = 0;
        for (int l : producer.outputs()) {
            var link = flow.links().get(l);
            if (flow.actors().get(link.consumer()).work().computes()) {
                byReader.merge(link.consumer(), held[l], Math::max);
            } else {
                kept = Math.max(kept, held[l]);
            }
        }
        boolean written =
                producer.work() instanceof Work.Receive || producer.work().computes();
        if (!written) {
            return List.of();
        }
        var longest = byReader.keySet().stream()
                .sorted(Comparator.comparingInt((Integer r) -> -byReader.getOrDefault(r, 0))
                        .thenComparingInt(r -> -r))
                .toList();
        long slots = byReader.values().stream().max(Integer::compare).orElse(0);
        long copies = units(flow, producer, List.of());
        var g = flow.geometry(producer);
        long bytes = DramLayout.mapBytes(target.dram(), g, graph.precision().bits());
        var ways = new ArrayList<Candidate>();
        for (int n = 1; n <= longest.size(); n++) {
            var spilled = longest.subList(0, n);
            int without = longest.stream()
                    .skip(n)
                    .map(byReader::get)
                    .max(Integer::compare)
                    .orElse(0);
            // What is stored, and what of it waits on either side for a firing.
            long stored = Math.max(Math.max(without, kept), 2L * producer.rowsPerFiring());
            long reloaded = 0;
            for (int reader : spilled) {
                reloaded += needed(flow, producer, flow.actors().get(reader)) + 2L * producer.rowsPerFiring();
            }
            long rows = slots * copies - stored * (1 + units(flow, producer, spilled)) - reloaded;
            ways.add(new Candidate(
                    spilled.stream()
                            .map(r -> new Spill(
                                    producer.node(), flow.actors().get(r).node()))
                            .toList(),
                    rows * g.outputRowElements(),
                    (1L + n) * bytes));
        }
        return ways;
    }

    /** Most rows of a map that a firing of a reader needs at once. */
    private static int needed(Flow flow, Actor producer, Actor reader) {
        int most = 0;
        for (int k = 0; k < reader.inputs().size(); k++) {
            if (flow.links().get(reader.inputs().get(k)).producer() == producer.id()) {
                int input = k;
                most = FrameFirings.of(reader, flow.geometry(reader)).stream()
                        .mapToInt(e -> e.need().get(input))
                        .reduce(most, Math::max);
            }
        }
        return most;
    }

    /** Units that read a map, each of which has a copy of it, without those of some readers. */
    private static long units(Flow flow, Actor producer, List<Integer> without) {
        return producer.outputs().stream()
                .map(l -> flow.links().get(l))
                .filter(l -> !without.contains(l.consumer()))
                .map(flow::reader)
                .distinct()
                .count();
    }
}
