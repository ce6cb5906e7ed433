package io.millrace.scheduler;

import java.util.List;

/** What an actor does on its unit. */
public sealed interface Work {
    /** Receives tensor {@code input} of a frame, position in {@code QuantizedGraph.inputs()}. */
    record Receive(int input) implements Work {}

    /** Sends tensor {@code output} of a frame, position in {@code QuantizedGraph.outputs()}. */
    record Send(int output) implements Work {}

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
     * @param pixelStep distance in elements between neighbouring pixels' windows (column stride x channels)
     */
    record Multiply(
            TileOrder order,
            int outputTiles,
            List<Segment> segments,
            boolean ownSegments,
            int pixelsPerClock,
            int pixelStep)
            implements Work {
        public Multiply {
            segments = List.copyOf(segments);
            if (ownSegments && (order == TileOrder.OUTPUTS_INNER || segments.size() % outputTiles != 0)) {
                throw new IllegalArgumentException("own segments go with outputs outside, equally many for each tile");
            }
        }

        /** One list of segments for all output tiles. */
        public Multiply(TileOrder order, int outputTiles, List<Segment> segments, int pixelsPerClock, int pixelStep) {
            this(order, outputTiles, segments, false, pixelsPerClock, pixelStep);
        }

        /** Segments of one output tile. */
        public int segmentsPerTile() {
            return ownSegments ? segments.size() / outputTiles : segments.size();
        }

        /** The segments of an output tile. */
        public List<Segment> segmentsOf(int tile) {
            int n = segmentsPerTile();
            return ownSegments ? segments.subList(tile * n, (tile + 1) * n) : segments;
        }

        /** Tiles of a firing. */
        public int tiles() {
            return outputTiles * segmentsPerTile();
        }
    }

    /**
     * A pooling window, a depthwise convolution or an addition on a vector engine: channel groups outside, then rows, columns, taps.
     *
     * @param channelGroups channels / V, rounded up
     * @param taps one segment a tap, in order; of an addition one an operand
     */
    record Reduce(int channelGroups, List<Segment> taps) implements Work {
        public Reduce {
            taps = List.copyOf(taps);
        }
    }
}
