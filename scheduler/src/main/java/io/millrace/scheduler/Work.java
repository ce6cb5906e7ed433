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
     * @param segments the reduction, in order
     * @param pixelsPerClock 1, or the engine's X
     * @param pixelStep distance in elements between neighbouring pixels' windows (column stride x channels)
     */
    record Multiply(TileOrder order, int outputTiles, List<Segment> segments, int pixelsPerClock, int pixelStep)
            implements Work {
        public Multiply {
            segments = List.copyOf(segments);
        }
    }

    /**
     * A pooling window on a vector engine: channel groups outside, then rows, columns, taps.
     *
     * @param channelGroups channels / V, rounded up
     * @param taps one segment a tap, in order
     */
    record Reduce(int channelGroups, List<Segment> taps) implements Work {
        public Reduce {
            taps = List.copyOf(taps);
        }
    }
}
