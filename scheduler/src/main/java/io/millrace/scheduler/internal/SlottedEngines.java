package io.millrace.scheduler.internal;

import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.MachineOptions.MatrixSize;
import io.millrace.scheduler.Target;
import io.millrace.scheduler.internal.Partition.Choices;
import io.millrace.scheduler.internal.Partition.MatrixGroup;
import io.millrace.scheduler.internal.Partition.Placed;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Cheapest engines with slots for the layers with connection tables.
 *
 * @param geometries by node id
 */
record SlottedEngines(TableLayers tables, Map<Integer, Geometry> geometries, Choices choices) {
    /** Lanes that are tried. */
    private static final List<Integer> OUTPUTS = List.of(2, 4, 6, 8, 10, 12, 16, 20, 24);

    /** Cycles in which weights are loaded: few, so that firings of few rows are enough; an accumulator is not met again sooner than in three. */
    private static final List<Integer> LOADS = List.of(4, 3, 2, 1);

    /** Cost of a block RAM, of which a part has about half as many as DSPs: layers with equal weights are best on one engine. */
    private static final double BLOCK_RAM = 2;

    /** Engines for all layers with which none needs more than {@code cycles} a frame; none if there are no such engines. */
    Optional<List<MatrixGroup>> cheapest(long cycles) {
        var layers = tables.layers();
        return Partition.cut(
                layers.size(), (begin, end) -> engine(layers.subList(begin, end), cycles), MatrixGroup::cost);
    }

    private Geometry geometry(int node) {
        return Objects.requireNonNull(geometries.get(node));
    }

    /** The cheapest engine for some layers: S takes a kernel row at once. */
    private Optional<MatrixGroup> engine(List<Integer> nodes, long cycles) {
        var shapes = nodes.stream().map(this::geometry).toList();
        int lanes = shapes.stream().mapToInt(Geometry::kernelColumns).max().orElseThrow();
        int step = shapes.stream().mapToInt(Geometry::columnStride).max().orElseThrow();
        var pixels = new TreeSet<Integer>();
        shapes.forEach(g -> pixels.addAll(Sizing.leastParts(g.outputColumns())));
        MatrixGroup best = null;
        for (int p : OUTPUTS) {
            for (int x : pixels) {
                int read = lanes + (x - 1) * step;
                var least = choices.size(p, lanes, x, 1, 1).withSlots();
                boolean cheaper = best == null || Partition.cost(least, read) < best.cost();
                if (least.dsps() > choices.dspsMax() || read > choices.readElementsMax() || !cheaper) {
                    break;
                }
                var group = engine(nodes, least, read, cycles);
                if (group.isPresent() && (best == null || group.get().cost() < best.cost())) {
                    best = group.get();
                }
            }
        }
        return Optional.ofNullable(best);
    }

    /** The engine with as narrow a weight bus and drain as the cycles allow. */
    private Optional<MatrixGroup> engine(List<Integer> nodes, MatrixSize least, int read, long cycles) {
        int p = least.outputs();
        for (int load : LOADS) {
            int weightLanes = Math.ceilDiv(least.tileWeights(), load);
            if (weightLanes > choices.weightLanesMax()) {
                break;
            }
            var bus = least.withWeightLanes(weightLanes);
            int q = 1 + Partition.least(p, i -> Partition.sum(placed(nodes, draining(bus, i + 1))) <= cycles);
            if (q <= p) {
                var size = draining(bus, Partition.withSpare(q, p));
                double memory = BLOCK_RAM * tables.weightBits(nodes, size) / Target.BRAM36_BITS;
                return Optional.of(new MatrixGroup(size, placed(nodes, size), Partition.cost(size, read) + memory));
            }
        }
        return Optional.empty();
    }

    private static MatrixSize draining(MatrixSize size, int q) {
        return size.withDrain(size.drain().withLanes(q));
    }

    private List<Placed> placed(List<Integer> nodes, MatrixSize size) {
        return nodes.stream().map(n -> placed(n, size)).toList();
    }

    private Placed placed(int node, MatrixSize size) {
        var g = geometry(node);
        var firing = tables.firing(node, size.outputs(), size.lanes());
        return Partition.fastest(
                node, g, choices, r -> Sizing.slottedCycles(g, r, size, firing.tiles(), firing.groups()));
    }
}
