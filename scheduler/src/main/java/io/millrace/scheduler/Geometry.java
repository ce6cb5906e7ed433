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
 * @param columnStride 0 where a column's place is not its number times anything (moves)
 * @param padValue code that a tap outside the map reads
 * @param groups groups of a convolution's channels; 1 for all others
 * @param bands the channels that each group reads; for all but convolutions and for one group without bands all channels
 * @param parts channels of each input, in order: several for a convolution of a concatenation, whose sum is {@code inputChannels},
 *     and for a sum, product, maximum or minimum of maps, each of {@code inputChannels}
 * @param single by input, whether it is one pixel that stands for all
 * @param rowRepeat output rows that read the same input rows, one after the other
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
        Bands bands,
        List<Integer> parts,
        List<Boolean> single,
        int rowRepeat) {
    /**
     * The channels of a convolution's groups: group g has weights for the channels {@code first + g * step} to {@code + width - 1}, as far as
     * there are such channels.
     */
    public record Bands(int first, int step, int width) {}

    public Geometry {
        parts = List.copyOf(parts);
        single = List.copyOf(single);
    }

    /** With groups that divide the input's channels. */
    public Geometry(
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
            List<Integer> parts,
            List<Boolean> single,
            int rowRepeat) {
        this(
                inputRows,
                inputColumns,
                inputChannels,
                outputRows,
                outputColumns,
                outputChannels,
                kernelRows,
                kernelColumns,
                rowStride,
                columnStride,
                rowDilation,
                columnDilation,
                padTop,
                padLeft,
                padValue,
                groups,
                new Bands(0, inputChannels / groups, inputChannels / groups),
                parts,
                single,
                rowRepeat);
    }

    /** Whether the windows of a row's pixels lie side by side as the pixels do, channel by channel: a pixel's channels and the next one's may be taken as those of one. */
    public boolean pixelsAdjoin() {
        return columnStride == 1
                && !single.contains(true)
                && parts.stream().allMatch(channels -> channels == outputChannels);
    }

    /** Whether the result is one pixel: each weight is there for one product a frame. */
    public boolean onePixel() {
        return outputRows == 1 && outputColumns == 1;
    }

    /** Whether a firing may compute the layer for several frames: its result is one pixel, of a window that lies within the map. */
    public boolean batches() {
        return onePixel() && padTop == 0 && rowExtent() <= inputRows && !single.contains(true);
    }

    /** The geometry of so many frames together, one below the other: their windows lie a frame's rows apart. */
    public Geometry batched(int frames) {
        if (!batches()) {
            throw new IllegalStateException("no layer of one pixel: " + this);
        }
        return new Geometry(
                inputRows * frames,
                inputColumns,
                inputChannels,
                frames,
                outputColumns,
                outputChannels,
                kernelRows,
                kernelColumns,
                inputRows,
                columnStride,
                rowDilation,
                columnDilation,
                padTop,
                padLeft,
                padValue,
                groups,
                bands,
                parts,
                single,
                rowRepeat);
    }

    /** Reads of an output element on a vector engine: the kernel's positions, of each input. */
    public int taps() {
        return kernelRows * kernelColumns * parts.size();
    }

    /** Channels that an output channel has weights for, those outside the input included. */
    public int groupChannels() {
        return bands.width();
    }

    /** Where the channels begin that output channel {@code m} has weights for; outside the input for some. */
    public int bandOf(int m) {
        return bands.first() + m / (outputChannels / groups) * bands.step();
    }

    /** First input channel that output channel {@code m} reads; it reads one at least. */
    public int firstChannelOf(int m) {
        return Math.clamp(bandOf(m), 0, inputChannels - 1);
    }

    /** The input channel behind the last that output channel {@code m} reads. */
    public int endChannelOf(int m) {
        return Math.clamp(bandOf(m) + bands.width(), firstChannelOf(m) + 1, inputChannels);
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

    /** Input row at the top of an output row's window; outside the map in its padding. */
    public int topRow(int outputRow) {
        return Math.floorDiv(outputRow, rowRepeat) * rowStride - padTop;
    }

    /** Rows a frame of an input. */
    public int rowsOfInput(int input) {
        return single.get(input) ? 1 : inputRows;
    }

    /**
     * Rows of an input's frame that must have been written before firing {@code f} starts: those it reads, and those it
     * frees (more where the stride is over the kernel); the last needs all.
     */
    public int rowsNeeded(int f, int rowsPerFiring, int input) {
        if (single.get(input) || f == firings(rowsPerFiring) - 1) {
            return rowsOfInput(input);
        }
        int lastOutputRow = f * rowsPerFiring + rowsOf(f, rowsPerFiring) - 1;
        int read = Math.clamp(topRow(lastOutputRow) + rowExtent(), 0, inputRows);
        return Math.max(read, rowsFreed(f, rowsPerFiring, input));
    }

    /** Rows of an input's frame that nobody reads any more after firing {@code f}; after the last, all. */
    public int rowsFreed(int f, int rowsPerFiring, int input) {
        if (f == firings(rowsPerFiring) - 1) {
            return rowsOfInput(input);
        }
        return single.get(input) ? 0 : Math.clamp(topRow((f + 1) * rowsPerFiring), 0, inputRows);
    }

    /** The geometry of an actor, of all frames of its batch: of its node and, for a window, of the node's operand. */
    public static Geometry of(QuantizedGraph graph, Actor actor) {
        return switch (actor.work()) {
            case Work.Receive _, Work.Send _, Work.Spill _, Work.Reload _ ->
                ofMap(graph.node(actor.node()).type());
            case Work.Multiply _, Work.Reduce _ -> {
                var ofFrame = ofNode(graph, actor.node());
                yield actor.batch() > 1 ? ofFrame.batched(actor.batch()) : ofFrame;
            }
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
                var bands = new Bands(
                        conv.firstChannel(0),
                        conv.bands().map(QOp.Conv.Bands::step).orElse(conv.groupChannels()),
                        conv.groupChannels());
                yield windowed(in, out, conv.window(), in.zeroPoint(), conv.groups(), bands, parts);
            }
            case QOp.SumPool pool -> windowed(in, out, pool.window(), in.zeroPoint());
            case QOp.MaxPool pool ->
                windowed(in, out, pool.window(), graph.precision().low());
            case QOp.Add _, QOp.Extreme _ -> {
                int operands = node.inputs().size();
                yield ofMap(out, Collections.nCopies(operands, out.channels()), Collections.nCopies(operands, false));
            }
            case QOp.ArgMax _ -> ofChannels(in, out);
            case QOp.Mul _ -> ofProduct(graph, node);
            case QOp.Gather gather ->
                Moves.of(in, out, gather)
                        .orElseThrow(() -> new IllegalStateException("no engine makes the moves of " + node.name()))
                        .geometry();
            case QOp.DepthToSpace op -> Moves.of(in, out, op).geometry();
            case QOp.Concat _, QOp.View _ -> throw new IllegalStateException("it is on no unit: " + node.name());
            case QOp.Input _ -> throw new IllegalStateException("an input node is on a computing unit: " + node.name());
        };
    }

    /** All channels of a position, each a column of its own. */
    private static Geometry ofChannels(MapType in, MapType out) {
        int channels = in.channels();
        return new Geometry(
                in.rows(),
                in.rowElements(),
                1,
                out.rows(),
                out.columns(),
                1,
                1,
                channels,
                1,
                channels,
                1,
                1,
                0,
                0,
                0,
                1,
                List.of(1),
                List.of(false),
                1);
    }

    private static Geometry ofProduct(QuantizedGraph graph, QNode node) {
        var type = node.type();
        boolean many = type.rows() * type.columns() > 1;
        var single = node.inputs().stream()
                .map(i -> graph.node(i).type())
                .map(t -> many && t.rows() == 1 && t.columns() == 1)
                .toList();
        return ofMap(type, Collections.nCopies(2, type.channels()), single);
    }

    /** The same with another code where a window is padded. */
    public Geometry withPadValue(int code) {
        return new Geometry(
                inputRows,
                inputColumns,
                inputChannels,
                outputRows,
                outputColumns,
                outputChannels,
                kernelRows,
                kernelColumns,
                rowStride,
                columnStride,
                rowDilation,
                columnDilation,
                padTop,
                padLeft,
                code,
                groups,
                bands,
                parts,
                single,
                rowRepeat);
    }

    /** The geometry of a map that is only moved: every row is one row. */
    public static Geometry ofMap(MapType map) {
        return ofMap(map, List.of(map.channels()), List.of(false));
    }

    private static Geometry ofMap(MapType map, List<Integer> parts, List<Boolean> single) {
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
                parts,
                single,
                1);
    }

    private static Geometry windowed(MapType in, MapType out, Window w, int padValue) {
        var all = new Bands(0, in.channels(), in.channels());
        return windowed(in, out, w, padValue, 1, all, List.of(in.channels()));
    }

    private static Geometry windowed(
            MapType in, MapType out, Window w, int padValue, int groups, Bands bands, List<Integer> parts) {
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
                bands,
                parts,
                Collections.nCopies(parts.size(), false),
                1);
    }
}
