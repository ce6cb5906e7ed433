package io.millrace.ir.internal;

import io.millrace.ir.ConnectionTable;
import io.millrace.ir.Graph;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** Convolutions whose weights are 0 outside blocks of neighbouring channels, as connection tables are exported: convolutions in groups. */
public final class ConnectedBlocks {
    private ConnectedBlocks() {}

    public static Graph compose(Graph graph) {
        return Composer.rewrite(graph, ConnectedBlocks::compose);
    }

    private static OptionalInt compose(Composer c, Node n) {
        if (!(n.op() instanceof Op.Conv conv) || conv.groups() != 1) {
            return OptionalInt.empty();
        }
        // Most layers are dense: the last channel weighs in the first output.
        if (weighs(conv, conv.weights().shape().dim(1) - 1)) {
            return OptionalInt.empty();
        }
        Op.Conv grouped = inGroups(conv);
        return grouped.groups() == 1 ? OptionalInt.empty() : c.whole(grouped, c.operand(0));
    }

    /** The connections that have a weight. */
    private static ConnectionTable table(Op.Conv conv) {
        Shape shape = conv.weights().shape();
        var connections = new ArrayList<ConnectionTable.Connection>();
        for (int i = 0; i < shape.dim(0) * shape.dim(1); i++) {
            if (weighs(conv, i)) {
                connections.add(new ConnectionTable.Connection(i % shape.dim(1), i / shape.dim(1)));
            }
        }
        return new ConnectionTable(shape.dim(1), shape.dim(0), connections);
    }

    /** Whether a kernel, counted through all outputs and channels, has a weight. */
    private static boolean weighs(Op.Conv conv, int kernel) {
        int taps = conv.window().taps();
        for (int t = 0; t < taps; t++) {
            if (conv.weights().get(kernel * taps + t) != 0) {
                return true;
            }
        }
        return false;
    }

    private static Op.Conv inGroups(Op.Conv conv) {
        ConnectionTable table = table(conv);
        int taps = conv.window().taps();
        var kernels = new float[table.connections().size() * taps];
        for (int k = 0; k < kernels.length; k++) {
            var connection = table.connections().get(k / taps);
            int kernel = connection.to() * table.inputs() + connection.from();
            kernels[k] = conv.weights().get(kernel * taps + k % taps);
        }
        var dims = new ArrayList<>(List.of(table.connections().size()));
        dims.addAll(conv.window().kernel());
        return table.conv(Tensor.wrap(new Shape(dims), kernels), conv.bias(), conv.window());
    }
}
