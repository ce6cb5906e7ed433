package io.millrace.scheduler.internal;

import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.Actor;
import io.millrace.scheduler.MachineOptions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * Cuts a network into phases when the row memories of a machine do not fit: where a cut saves most row memory, one after the other, as few as it takes.
 */
final class Phasing {
    private static final int CUTS_MAX = 10;

    /** Of the row memory with a cut less, what a cut may at most leave. */
    private static final double HELPS = 0.99;

    /** Places for a cut that are tried. */
    private static final int BEGINNINGS_MAX = 20;

    private final QuantizedGraph graph;

    Phasing(QuantizedGraph graph) {
        this.graph = graph;
    }

    /**
     * The options with as few phases as it takes until they fit; none if no cut helps.
     *
     * @param fits whether a machine of such options fits with the least buffers
     */
    Optional<MachineOptions> until(MachineOptions options, Predicate<MachineOptions> fits) {
        var flow = ScheduleBuilder.map(graph, Skeleton.of(graph, options), options);
        if (flow.batch() > 1) {
            return Optional.empty();
        }
        var network = GlobalOrder.Network.of(flow);
        var beginnings = beginnings(flow);
        var cuts = List.<Integer>of();
        double enough = Double.POSITIVE_INFINITY;
        while (cuts.size() < CUTS_MAX) {
            var found = leastOf(network, beginnings, cuts);
            // Several cuts may be needed to lower several peaks; of a very large network that takes too long to find
            // out.
            if (found.isEmpty() || Search.isVeryLarge(graph) && found.get().elements > enough) {
                return Optional.empty();
            }
            cuts = found.get().cuts;
            enough = found.get().elements * HELPS;
            var phased = options.withPacing(options.pacing().withPhases(cuts));
            if (fits.test(phased)) {
                return Optional.of(phased);
            }
        }
        return Optional.empty();
    }

    /** The cuts with one more, of those that leave the least row memory the first. */
    private static Optional<Measured> leastOf(
            GlobalOrder.Network network, List<Integer> beginnings, List<Integer> cuts) {
        return beginnings.parallelStream()
                .filter(node -> !cuts.contains(node))
                .map(node -> with(cuts, node))
                .map(more -> new Measured(more, elements(network, more)))
                .min(Comparator.comparingLong(Measured::elements));
    }

    /** @param elements of all row memories */
    private record Measured(List<Integer> cuts, long elements) {}

    /** In each part of the network, the node before which least is kept. */
    private static List<Integer> beginnings(Flow flow) {
        var all = Phases.beginnings(flow);
        var kept = flow.buffers().stream().map(b -> Kept.of(flow, b)).toList();
        int part = Math.max(1, Math.ceilDiv(all.size(), BEGINNINGS_MAX));
        return IntStream.iterate(0, at -> at < all.size(), at -> at + part)
                .mapToObj(at -> all.subList(at, Math.min(at + part, all.size())).stream()
                        .min(Comparator.comparingLong((Integer n) -> elementsKept(kept, n))
                                .thenComparingInt(n -> n)))
                .flatMap(Optional::stream)
                .toList();
    }

    /** A map in a buffer: the node that makes it, the last one that reads it there, and its elements. */
    private record Kept(int from, int last, long elements) {
        static Kept of(Flow flow, Flow.Buffer buffer) {
            var producer = flow.actors().get(buffer.producer());
            int last = producer.outputs().stream()
                    .map(l -> flow.actors().get(flow.links().get(l).consumer()))
                    .filter(a -> a.unit() == buffer.reader() && a.work().computes())
                    .mapToInt(Actor::node)
                    .max()
                    .orElse(-1);
            long elements =
                    (long) flow.rowPitch(buffer) * flow.geometry(producer).outputRows();
            return new Kept(producer.node(), last, elements);
        }
    }

    /** Elements of all maps that are made before a node and read by it or later. */
    private static long elementsKept(List<Kept> maps, int node) {
        return maps.stream()
                .filter(m -> m.from < node && m.last >= node)
                .mapToLong(Kept::elements)
                .sum();
    }

    private static List<Integer> with(List<Integer> cuts, int node) {
        var more = new ArrayList<>(cuts);
        more.add(node);
        more.sort(null);
        return more;
    }

    /** Elements of all row memories with the least buffers. */
    private static long elements(GlobalOrder.Network network, List<Integer> cuts) {
        var order = GlobalOrder.phased(network, cuts, 0);
        return BufferPlaces.of(network.flow(), order.slots(), order.lifetimes()).elements();
    }
}
