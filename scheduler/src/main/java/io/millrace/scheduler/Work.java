package io.millrace.scheduler;

import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizedGraph;
import java.util.List;

/** What an actor does on its unit. */
public sealed interface Work {
    /** Whether a map is made of others; else one is only moved. */
    default boolean computes() {
        return switch (this) {
            case Multiply _, Reduce _ -> true;
            case Receive _, Send _, Spill _, Reload _ -> false;
        };
    }

    /** Neighbouring output columns that are computed at once: a range of columns has whole steps of so many, but for the last one. */
    default int columnsTogether() {
        return switch (this) {
            case Multiply w -> w.pixelsPerClock();
            case Reduce w -> w.pixels();
            case Receive _, Send _, Spill _, Reload _ -> 1;
        };
    }

    /** Receives tensor {@code input} of a frame, position in {@code QuantizedGraph.inputs()}. */
    record Receive(int input) implements Work {}

    /** Sends tensor {@code output} of a frame, position in {@code QuantizedGraph.outputs()}. */
    record Send(int output) implements Work {}

    /** Writes a map to DRAM, for layers that read it later. */
    record Spill() implements Work {}

    /** Reads a map back from DRAM, for one layer. */
    record Reload() implements Work {}

    /** Order of the tiles of a firing: which of the two loops is outside. */
    enum TileOrder {
        /** Output-channel tiles outside: each is finished and drained before the next. */
        OUTPUTS_OUTER,
        /** Segments outside: all output-channel tiles of a firing are drained together, at its end. */
        OUTPUTS_INNER
    }

    /**
     * A convolution on a matrix engine.
     *
     * @param outputTiles output channels / P, rounded up
     * @param segments the reduction, in order; with {@code ownSegments} that of the first output tile, then that of the next, all of one
     *     length. A segment that repeats the one before it carries nothing: it fills a shorter list up
     * @param ownSegments whether each output tile has its own segments (grouped convolutions); only with outputs outside
     * @param pixelsPerClock 1, or the engine's X
     * @param pixelStep distance in elements between neighbouring pixels' windows (column stride x channels; of single channels column stride)
     * @param channelTiles 0, or how many output tiles a group has whose tiles are of single input channels: each segment is a tile, whose lanes add to the output
     *     channels that {@link Connections} says; then outputs are outside, a group at a time, and several groups have their own segments
     * @param slotWords on an engine with slots, accumulator words from one output tile of a group to the next, a power of two; else 0
     */
    record Multiply(
            TileOrder order,
            int outputTiles,
            List<Segment> segments,
            boolean ownSegments,
            int pixelsPerClock,
            int pixelStep,
            int channelTiles,
            int slotWords)
            implements Work {
        public Multiply {
            segments = List.copyOf(segments);
            if (channelTiles > 0 && order == TileOrder.OUTPUTS_INNER) {
                throw new IllegalArgumentException("tiles of single channels go with outputs outside");
            }
            int lists = channelTiles > 0 ? Math.ceilDiv(outputTiles, channelTiles) : outputTiles;
            if (ownSegments && (order == TileOrder.OUTPUTS_INNER || segments.size() % lists != 0)) {
                throw new IllegalArgumentException("own segments go with outputs outside, equally many for each tile");
            }
        }

        /** One list of segments for all output tiles. */
        public Multiply(TileOrder order, int outputTiles, List<Segment> segments, int pixelsPerClock, int pixelStep) {
            this(order, outputTiles, segments, false, pixelsPerClock, pixelStep, 0, 0);
        }

        /** The same with so many accumulator words from one output tile of a group to the next. */
        public Multiply withSlotWords(int words) {
            return new Multiply(
                    order, outputTiles, segments, ownSegments, pixelsPerClock, pixelStep, channelTiles, words);
        }

        /** Whether each tile is of a single input channel. */
        public boolean single() {
            return channelTiles > 0;
        }

        /** Segments of one output tile; of single channels, of a group. */
        public int segmentsPerTile() {
            return ownSegments ? segments.size() / rounds() : segments.size();
        }

        /** Times that a firing goes over the segments, or over those of the next output tile or group of them. */
        public int rounds() {
            return single() ? groups() : outputTiles;
        }

        /** The segments of an output tile. */
        public List<Segment> segmentsOf(int tile) {
            int n = segmentsPerTile();
            return ownSegments ? segments.subList(tile * n, (tile + 1) * n) : segments;
        }

        /** Tiles of a firing. */
        public int tiles() {
            return rounds() * segmentsPerTile();
        }

        /** Tiles that are drained together. */
        public int tilesOfGroup() {
            return order == TileOrder.OUTPUTS_OUTER ? segmentsPerTile() : tiles();
        }

        /** Output tiles that are drained together; the last group may have fewer. */
        public int outputTilesOfGroup() {
            return single() ? channelTiles : order == TileOrder.OUTPUTS_OUTER ? 1 : outputTiles;
        }

        /** Groups of a firing. */
        public int groups() {
            return Math.ceilDiv(outputTiles, outputTilesOfGroup());
        }

        /** Output channels of a group on an engine of P outputs: of any but the last. */
        public int groupChannels(int outputs, Geometry g) {
            return Math.min(outputTilesOfGroup() * outputs, g.outputChannels());
        }

        /** Output channels of a firing's last group on an engine of P outputs. */
        public int lastGroupChannels(int outputs, Geometry g) {
            return g.outputChannels() - (groups() - 1) * outputTilesOfGroup() * outputs;
        }
    }

    /**
     * A pooling window, a depthwise convolution, a sum, product, maximum or minimum of maps, or a move on a vector engine: channel groups outside, then rows,
     * columns, taps.
     *
     * @param channelGroups channels of so many pixels / V, rounded up
     * @param pixels neighbouring pixels whose channels, which lie side by side in a row, are taken as those of one; 1 unless windows move by a pixel
     * @param taps one segment a tap, in order; of a sum, product, maximum or minimum of maps one an operand
     * @param tapOfColumn whether each output column has one tap, that of its number, counted over the rows that read the same input row (moves)
     */
    record Reduce(int channelGroups, int pixels, List<Segment> taps, boolean tapOfColumn) implements Work {
        /** Words of parameters more than of one pixel. */
        private static final int MORE_GROUPS = 8;

        private static final double NEARLY_BEST = 1.04;

        public Reduce {
            taps = List.copyOf(taps);
        }

        /** Reads of a group's channels at one output position. */
        public int reads() {
            return tapOfColumn ? 1 : taps.size();
        }

        /** Positions of an output row. */
        public int columns(Geometry g) {
            return g.outputColumns() / pixels;
        }

        /** Channels of a position. */
        public int channels(Geometry g) {
            return g.outputChannels() * pixels;
        }

        /** Read steps of a firing with {@code rows} output rows of so many columns. */
        public int readsOf(int rows, int columns) {
            return positions(rows, columns) * channelGroups * reads();
        }

        /** Positions of {@code rows} output rows of so many columns. */
        public int positions(int rows, int columns) {
            return rows * (columns / pixels);
        }

        /**
         * The pixels that an engine of V lanes takes as one: the fewest with which hardly a lane is idle more than with others. Each has words of parameters of its
         * own, so that there are not many.
         */
        public static int pixels(Geometry g, int lanes) {
            if (!g.pixelsAdjoin()) {
                return 1;
            }
            int columns = g.outputColumns();
            int most = Math.ceilDiv(g.outputChannels(), lanes) + MORE_GROUPS;
            int best = columns * Math.ceilDiv(g.outputChannels(), lanes);
            for (int m = 2; m <= columns && Math.ceilDiv(m * g.outputChannels(), lanes) <= most; m++) {
                if (columns % m == 0) {
                    best = Math.min(best, columns / m * Math.ceilDiv(m * g.outputChannels(), lanes));
                }
            }
            int pixels = 1;
            while (columns % pixels != 0
                    || columns / pixels * Math.ceilDiv(pixels * g.outputChannels(), lanes) > best * NEARLY_BEST) {
                pixels++;
            }
            return pixels;
        }

        /**
         * What a layer does on an engine of V lanes.
         *
         * @param planes whether its rows are written channel by channel, so that pixels are taken one by one
         */
        public static Reduce of(QuantizedGraph graph, QNode node, Geometry g, int lanes, boolean planes) {
            int pixels = planes ? 1 : pixels(g, lanes);
            int groups = Math.ceilDiv(g.outputChannels() * pixels, lanes);
            var in = graph.node(node.inputs().getFirst()).type();
            return switch (node.op()) {
                case QOp.Gather gather ->
                    new Reduce(
                            groups,
                            pixels,
                            Moves.of(in, node.type(), gather)
                                    .map(Moves::taps)
                                    .orElseThrow(() ->
                                            new IllegalStateException("no engine makes the moves of " + node.name())),
                            true);
                case QOp.DepthToSpace op ->
                    new Reduce(groups, pixels, Moves.of(in, node.type(), op).taps(), true);
                case QOp.Mul _ -> {
                    int kept = keptFactor(g);
                    yield new Reduce(
                            groups, pixels, List.of(new Segment(0, 0, kept), new Segment(0, 0, 1 - kept)), false);
                }
                case QOp.Conv _, QOp.MaxPool _, QOp.SumPool _, QOp.Add _, QOp.Extreme _, QOp.ArgMax _ ->
                    new Reduce(groups, pixels, Reduction.taps(g), false);
                case QOp.Input _, QOp.View _, QOp.Concat _ ->
                    throw new IllegalStateException("no vector engine computes " + node.name());
            };
        }

        /** The operand of a product that is read first and kept: one that is a single pixel, else the second. */
        private static int keptFactor(Geometry g) {
            return g.single().get(0) && !g.single().get(1) ? 0 : 1;
        }
    }
}
