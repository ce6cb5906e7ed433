package io.millrace.scheduler;

import io.millrace.ir.Window;
import io.millrace.quantizer.MapType;
import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizedGraph;
import java.util.Collections;
import java.util.List;

/**
 * How an actor's output rows and columns lie over its input: output row r reads input rows
 * {@code r * rowStride - padTop + k * rowDilation}, {@code 0 <= k < kernelRows}; columns likewise.
 *
 * @param inputRows rows of the input map (for host actors: of the tensor)
 * @param inputChannels of all operands of a concatenation together
 * @param padValue code that a tap outside the map reads
 * @param groups groups of a convolution's channels; 1 for all others
 * @param parts channels of each input, in order: several for a convolution of a concatenation, whose sum is {@code inputChannels},
 *     and for an addition, each of {@code inputChannels}
 */
public record Geometry(
        int inputRows,
        int inputColumns,
        int inputChannels,
        int outputRows,
        int outputColumns,
        int outputChannels,
        int kernelRows,
        int kernelColumns,
        int rowStride,
        int columnStride,
        int rowDilation,
        int columnDilation,
        int padTop,
        int padLeft,
        int padValue,
        int groups,
        List<Integer> parts) {
    public Geometry {
        parts = List.copyOf(parts);
    }

    /** Reads of an output element on a vector engine: the kernel's positions, of each input. */
    public int taps() {
        return kernelRows * kernelColumns * parts.size();
    }

    /** Channels of one group of the input. */
    public int groupChannels() {
        return inputChannels / groups;
    }

    /** Input channels that output channel {@code m} reads begin here. */
    public int firstChannelOf(int m) {
        return m / (outputChannels / groups) * groupChannels();
    }

    /** First channel of an input in the concatenation of all. */
    public int partStart(int input) {
        int start = 0;
        for (int i = 0; i < input; i++) {
            start += parts.get(i);
        }
        return start;
    }

    /** Elements of an input row. */
    public int inputRowElements() {
        return inputColumns * inputChannels;
    }

    /** Elements of an output row. */
    public int outputRowElements() {
        return outputColumns * outputChannels;
    }

    /** Input rows from the first to the last that one output row reads. */
    public int rowExtent() {
        return (kernelRows - 1) * rowDilation + 1;
    }

    /** Firings a frame for R output rows a firing. */
    public int firings(int rowsPerFiring) {
        return Math.ceilDiv(outputRows, rowsPerFiring);
    }

    /** Output rows of firing {@code f} of a frame. */
    public int rowsOf(int f, int rowsPerFiring) {
        return Math.min(rowsPerFiring, outputRows - f * rowsPerFiring);
    }

    /**
     * Input rows of the frame that must have been written before firing {@code f} starts: those it reads, and those it
     * frees (more where the stride is over the kernel); the last needs all.
     */
    public int rowsNeeded(int f, int rowsPerFiring) {
        if (f == firings(rowsPerFiring) - 1) {
            return inputRows;
        }
        int lastOutputRow = f * rowsPerFiring + rowsOf(f, rowsPerFiring) - 1;
        int read = Math.clamp(lastOutputRow * rowStride - padTop + rowExtent(), 0, inputRows);
        return Math.max(read, rowsFreed(f, rowsPerFiring));
    }

    /** Input rows of the frame that nobody reads any more after firing {@code f}; after the last, all. */
    public int rowsFreed(int f, int rowsPerFiring) {
        if (f == firings(rowsPerFiring) - 1) {
            return inputRows;
        }
        return Math.clamp((f + 1) * rowsPerFiring * rowStride - padTop, 0, inputRows);
    }

    /** The geometry of an actor: of its node and, for a window, of the node's operand. */
    public static Geometry of(QuantizedGraph graph, Actor actor) {
        return switch (actor.work()) {
            case Work.Receive _, Work.Send _ -> ofMap(graph.node(actor.node()).type());
            case Work.Multiply _, Work.Reduce _ -> ofNode(graph, actor.node());
        };
    }

    /** The geometry of a node: of an input, its map; of any other, its window. */
    public static Geometry ofNode(QuantizedGraph graph, int nodeId) {
        var node = graph.node(nodeId);
        if (node.op() instanceof QOp.Input) {
            return ofMap(node.type());
        }
        return ofWindow(graph, node, graph.node(node.inputs().getFirst()).type(), node.type());
    }

    private static Geometry ofWindow(QuantizedGraph graph, QNode node, MapType in, MapType out) {
        return switch (node.op()) {
            case QOp.Conv conv -> {
                var parts = Operands.of(graph, node).stream()
                        .map(o -> graph.node(o).type().channels())
                        .toList();
                yield windowed(in, out, conv.window(), in.zeroPoint(), conv.groups(), parts);
            }
            case QOp.SumPool pool -> windowed(in, out, pool.window(), in.zeroPoint(), 1, List.of(in.channels()));
            case QOp.MaxPool pool ->
                windowed(in, out, pool.window(), graph.precision().low(), 1, List.of(in.channels()));
            case QOp.Add add -> ofMap(out, Collections.nCopies(add.terms().size(), out.channels()));
            case QOp.Concat _ -> throw new IllegalStateException("a concatenation is on no unit: " + node.name());
            case QOp.Input _ -> throw new IllegalStateException("an input node is on a computing unit: " + node.name());
        };
    }

    /** The geometry of a map that is only moved: every row is one row. */
    public static Geometry ofMap(MapType map) {
        return ofMap(map, List.of(map.channels()));
    }

    private static Geometry ofMap(MapType map, List<Integer> parts) {
        return new Geometry(
                map.rows(),
                map.columns(),
                map.channels(),
                map.rows(),
                map.columns(),
                map.channels(),
                1,
                1,
                1,
                1,
                1,
                1,
                0,
                0,
                0,
                1,
                parts);
    }

    private static Geometry windowed(MapType in, MapType out, Window w, int padValue, int groups, List<Integer> parts) {
        int rank = w.rank();
        if (rank > 2) {
            throw new IllegalStateException("row geometry of a rank-" + rank + " window");
        }
        boolean hasRows = rank == 2;
        int column = rank - 1;
        boolean hasColumns = rank >= 1;
        return new Geometry(
                in.rows(),
                in.columns(),
                in.channels(),
                out.rows(),
                out.columns(),
                out.channels(),
                hasRows ? w.kernel().get(0) : 1,
                hasColumns ? w.kernel().get(column) : 1,
                hasRows ? w.stride().get(0) : 1,
                hasColumns ? w.stride().get(column) : 1,
                hasRows ? w.dilation().get(0) : 1,
                hasColumns ? w.dilation().get(column) : 1,
                hasRows ? w.padBegin().get(0) : 0,
                hasColumns ? w.padBegin().get(column) : 0,
                padValue,
                groups,
                parts);
    }
}
