package io.millrace.simulator.internal;

import io.millrace.quantizer.QOp;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.Reduction;
import io.millrace.scheduler.Unit;
import io.millrace.scheduler.Work;
import java.util.BitSet;
import java.util.HashMap;
import java.util.OptionalInt;

/** Which of a window's elements the segments of a layer read. */
final class Coverage {
    private Coverage() {}

    /**
     * The same of a layer of single channels: first element that some output channel has a weight for, and for which there are not as many segments of its input channel as there are output channels on
     * one of P lanes that read the channel; none when there are.
     */
    static OptionalInt firstMissing(Geometry g, QOp.Conv conv, Work.Multiply work, Unit.Matrix m) {
        var tiles = new HashMap<Integer, Integer>();
        for (var s : work.segments()) {
            int end = Math.min(g.kernelColumns(), s.offset() + m.lanes());
            for (int column = s.offset(); column < end; column++) {
                int tap = s.row() / g.rowDilation() * g.kernelColumns() + column;
                tiles.merge(tap * g.inputChannels() + s.plane(), 1, Integer::sum);
            }
        }
        for (int tap = 0; tap < g.kernelRows() * g.kernelColumns(); tap++) {
            for (int channel = 0; channel < g.inputChannels(); channel++) {
                var onLane = new int[m.outputs()];
                int most = 0;
                for (int o = 0; o < g.outputChannels(); o++) {
                    if (conv.weight(o, tap, channel) != 0) {
                        most = Math.max(most, ++onLane[o % m.outputs()]);
                    }
                }
                int element = tap * g.inputChannels() + channel;
                if (tiles.getOrDefault(element, 0) < most) {
                    return OptionalInt.of(element);
                }
            }
        }
        return OptionalInt.empty();
    }

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
