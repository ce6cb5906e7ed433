package io.millrace.scheduler.internal;

import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.CostModel;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.MachineOptions.DrainSize;
import io.millrace.scheduler.MachineOptions.MatrixSize;
import io.millrace.scheduler.Objective;
import java.util.ArrayList;
import java.util.List;

/**
 * Layers that have one output position a frame, as fully-connected ones, on a small engine of their own. Each of their weights is there for one product: an array that computes the other layers too
 * would wait for the DRAM port in the meantime, whatever its size. This engine takes most of a frame's time for them, beside the others.
 *
 * @param nodes the layers; none where there are none of so many weights that they matter
 * @param engines one, or none without layers
 */
public record Aside(List<Integer> nodes, List<MatrixSize> engines) {
    public static final Aside NONE = new Aside(List.of(), List.of());

    /** Part of the fewest cycles of a frame that a layer's weights have to take on the port. */
    private static final double WORTH = 0.02;

    /** Part of the fewest cycles of a frame that the engine may take. */
    private static final double BUSY = 0.9;

    /** Output channels of the engine: accumulators of more are wider, of fewer deeper. */
    private static final int OUTPUTS = 2;

    public Aside {
        nodes = List.copyOf(nodes);
        engines = List.copyOf(engines);
    }

    /**
     * The layers of a network and their engine, which takes less than a beat a clock. Its few multipliers are logic, since an array may take all DSPs, but where multipliers are limited. Batches read their
     * weights seldom enough without.
     *
     * @param dsps of all arrays
     * @param packed whether a DSP of an array does two products
     * @param beat weights that come a clock where they are streamed; 0 without DRAM
     */
    public static Aside of(QuantizedGraph graph, Objective objective, int dsps, boolean packed, int beat) {
        double cycles = CostModel.macsPerFrame(graph) / ((packed ? 2.0 : 1.0) * dsps);
        var convolutions =
                Skeleton.live(graph).stream().filter(Skeleton::onMatrix).toList();
        var layers = convolutions.stream()
                .filter(n -> Geometry.ofNode(graph, n.id()).onePixel() && CostModel.macs(n) >= WORTH * cycles * beat)
                .toList();
        if (objective.batch() > 1 || beat == 0 || layers.isEmpty() || layers.size() == convolutions.size()) {
            return NONE;
        }
        var geometries =
                layers.stream().map(n -> Geometry.ofNode(graph, n.id())).toList();
        boolean logic = objective.multipliersMax() == 0;
        for (int lanes = 1; OUTPUTS * lanes < beat; lanes *= 2) {
            var small = MatrixSize.of(OUTPUTS, lanes, 1, 1, OUTPUTS * lanes).withDrain(new DrainSize(1, 1, false));
            var size = logic ? small.inLogic() : small.withPacking(packed);
            if (Overlay.cycles(geometries, size) <= BUSY * cycles) {
                return new Aside(layers.stream().map(QNode::id).toList(), List.of(size));
            }
        }
        return NONE;
    }

    /** Whether a matrix engine computes the node that is not the one of these layers. */
    public boolean leaves(QNode node) {
        return Skeleton.onMatrix(node) && !nodes.contains(node.id());
    }

    /** DSPs of the engine. */
    int dsps() {
        return engines.stream().mapToInt(MatrixSize::dsps).sum();
    }

    /** Arrays with the engine behind them. */
    List<MatrixSize> with(List<MatrixSize> arrays) {
        var all = new ArrayList<>(arrays);
        all.addAll(engines);
        return List.copyOf(all);
    }
}
