package io.millrace.scheduler.internal;

import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.MachineOptions.MatrixSize;
import io.millrace.scheduler.internal.Partition.Choices;
import io.millrace.scheduler.internal.Partition.MatrixGroup;
import io.millrace.scheduler.internal.Partition.Placed;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * For a network of many convolutions: what engines of a few sizes take for each of them, worked out once. A group of neighbouring layers is then placed by
 * two sums, where trying all sizes that a group's own channels suggest takes minutes.
 */
final class SizeTable {
    /** Convolutions from which on a network is placed by this table. */
    private static final int MANY = 13;

    private static final List<Integer> OUTPUTS = List.of(4, 8, 16, 24, 32, 48, 64, 80, 96, 128, 192, 256);
    private static final List<Integer> LANES = List.of(4, 8, 12, 16, 20, 24, 28, 32, 40, 48, 56, 64);
    private static final List<Integer> OUTPUTS_A_DRAIN_LANE = List.of(8, 4, 2, 1);

    /** Weights a clock from memory on chip. */
    static final int WEIGHT_LANES = 64;

    /** An engine, by the position of a layer the cycles of all layers before it, and each layer on it. */
    private record Candidate(MatrixSize size, double cost, long[] before, List<Placed> layers) {}

    private final List<Integer> convolutions;
    private final List<Candidate> candidates = new ArrayList<>();

    private SizeTable(List<Integer> convolutions, List<Geometry> geometries, Choices choices) {
        this.convolutions = convolutions;
        int step = Partition.widestStep(geometries);
        for (int p : OUTPUTS) {
            for (int s : LANES) {
                for (int x : choices.pixels()) {
                    int read = s + (x - 1) * step;
                    if (choices.size(p, s, x, 1, 1).dsps() > choices.dspsMax()
                            || read > choices.readElementsMax()
                            || p * s < choices.tileMin()) {
                        continue;
                    }
                    for (int outputs : OUTPUTS_A_DRAIN_LANE) {
                        int q = Math.ceilDiv(p, outputs);
                        int weightLanes = Math.min(p * s, Math.min(WEIGHT_LANES, choices.weightLanesMax()));
                        var size = choices.size(p, s, x, weightLanes, q);
                        add(size, Partition.cost(size, read), geometries, choices);
                    }
                }
            }
        }
        candidates.sort(Comparator.comparingDouble(Candidate::cost));
    }

    /** The table of many convolutions, given by node and geometry; none for few. */
    static Optional<SizeTable> of(List<Integer> convolutions, List<Geometry> geometries, Choices choices) {
        return convolutions.size() < MANY
                ? Optional.empty()
                : Optional.of(new SizeTable(convolutions, geometries, choices));
    }

    /** All sizes, each with its widest drain. */
    List<MatrixSize> sizes() {
        return candidates.stream()
                .map(Candidate::size)
                .filter(m -> m.drain().lanes() == m.outputs())
                .toList();
    }

    private void add(MatrixSize size, double cost, List<Geometry> geometries, Choices choices) {
        var layers = Partition.placed(convolutions, geometries, size, choices);
        candidates.add(new Candidate(size, cost, Partition.cyclesBefore(layers), layers));
    }

    /** The cheapest engine that does these layers, neighbours among the convolutions, in so many cycles. */
    Optional<MatrixGroup> cheapest(List<Integer> nodes, long cycles) {
        int begin = convolutions.indexOf(nodes.getFirst());
        int end = begin + nodes.size();
        return candidates.stream()
                .filter(c -> c.before[end] - c.before[begin] <= cycles)
                .findFirst()
                .map(c -> new MatrixGroup(c.size, c.layers.subList(begin, end), c.cost));
    }
}
