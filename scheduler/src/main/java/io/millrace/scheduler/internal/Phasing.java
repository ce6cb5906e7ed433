package io.millrace.scheduler.internal;

import io.millrace.quantizer.QuantizedGraph;
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
        while (cuts.size() < CUTS_MAX) {
            long least = Long.MAX_VALUE;
            var better = Optional.<List<Integer>>empty();
            for (int node : beginnings) {
                if (cuts.contains(node)) {
                    continue;
                }
                var more = with(cuts, node);
                long elements = elements(network, more);
                if (elements < least) {
                    least = elements;
                    better = Optional.of(more);
                }
            }
            if (better.isEmpty()) {
                return Optional.empty();
            }
            cuts = better.get();
            var phased = options.withPacing(options.pacing().withPhases(cuts));
            if (fits.test(phased)) {
                return Optional.of(phased);
            }
        }
        return Optional.empty();
    }

    /** In each part of the network, the node before which least is kept. */
    private static List<Integer> beginnings(Flow flow) {
        var all = Phases.beginnings(flow);
        int part = Math.max(1, Math.ceilDiv(all.size(), BEGINNINGS_MAX));
        return IntStream.iterate(0, at -> at < all.size(), at -> at + part)
                .mapToObj(at -> all.subList(at, Math.min(at + part, all.size())).stream()
                        .min(Comparator.comparingLong((Integer n) -> kept(flow, n))
                                .thenComparingInt(n -> n)))
                .flatMap(Optional::stream)
                .toList();
    }

    /** Elements of all maps that are made before a node and read by it or later. */
    private static long kept(Flow flow, int node) {
        long elements = 0;
        for (var buffer : flow.buffers()) {
            var producer = flow.actors().get(buffer.producer());
            boolean later = producer.outputs().stream()
                    .map(l -> flow.actors().get(flow.links().get(l).consumer()))
                    .anyMatch(a -> a.unit() == buffer.reader() && a.work().computes() && a.node() >= node);
            if (producer.node() < node && later) {
                elements +=
                        (long) flow.rowPitch(buffer) * flow.geometry(producer).outputRows();
            }
        }
        return elements;
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
