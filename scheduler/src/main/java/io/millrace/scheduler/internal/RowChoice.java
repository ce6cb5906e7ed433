package io.millrace.scheduler.internal;

import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.DramPort;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.Unit;
import java.util.ArrayList;
import java.util.List;

/** R of each layer on engines that are given: the fewest cycles a frame, of equal ones the fewest rows. */
public final class RowChoice {
    /** As far as accumulators are worth their memory. */
    private static final int ROWS_MAX = 8;

    private RowChoice() {}

    /** R by node. */
    public static List<Integer> of(QuantizedGraph graph, MachineOptions options) {
        var skeleton = Skeleton.of(graph, options);
        var rows = new ArrayList<Integer>();
        for (var node : graph.nodes()) {
            rows.add(
                    Skeleton.onMatrix(node)
                            ? best(
                                    Geometry.ofNode(graph, node.id()),
                                    skeleton,
                                    skeleton.matrix(skeleton.engineOf().get(node.id())),
                                    options.streams().dram())
                            : 1);
        }
        return rows;
    }

    private static int best(Geometry g, Skeleton skeleton, int unit, DramPort dram) {
        var m = (Unit.Matrix) skeleton.units().get(unit);
        var size = Sizing.size(m, skeleton.weightLanes(m, dram, 1));
        int pixels = Sizing.pixels(g, m);
        int most = m.streamed() ? StreamedRows.rowsMost(g, pixels) : ROWS_MAX;
        int best = 1;
        for (int r = 2; r <= Math.min(most, g.outputRows()); r++) {
            if (Sizing.multiplyCycles(g, r, size, pixels) < Sizing.multiplyCycles(g, best, size, pixels)) {
                best = r;
            }
        }
        return best;
    }
}
