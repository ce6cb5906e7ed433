package io.millrace.simulator.internal;

import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.Reduction;
import io.millrace.scheduler.Unit;
import io.millrace.scheduler.Work;
import java.util.BitSet;
import java.util.OptionalInt;

/** Which of a window's elements the segments of a layer read. */
final class Coverage {
    private Coverage() {}

    /**
     * First element (kernel row, kernel column, channel, row-major) that an output channel has a weight for, and that no lane of any
     * segment of its tile stands for; none when all are read.
     */
    static OptionalInt firstMissing(Geometry g, Work.Multiply work, Unit.Matrix m) {
        for (int tile = 0; tile < (work.ownSegments() ? work.outputTiles() : 1); tile++) {
            var seen = new BitSet();
            for (int i = 0; i < work.segmentsPerTile(); i++) {
                for (int element : Reduction.elements(g, work, m.outputs(), m.lanes(), tile, i)) {
                    seen.set(element);
                }
            }
            int end = Math.min(g.outputChannels(), (tile + 1) * m.outputs());
            int from = work.ownSegments() ? g.firstChannelOf(tile * m.outputs()) : 0;
            int to = work.ownSegments() ? g.endChannelOf(end - 1) : g.inputChannels();
            for (int tap = 0; tap < g.kernelRows() * g.kernelColumns(); tap++) {
                int missing = seen.nextClearBit(tap * g.inputChannels() + from);
                if (missing < tap * g.inputChannels() + to) {
                    return OptionalInt.of(missing);
                }
            }
        }
        return OptionalInt.empty();
    }
}
