package io.millrace.runtime;

import java.util.ArrayList;
import java.util.List;

/** Cuts a frame's stream into the data of packets: each of one tensor, in whole beats, as large as may be. */
final class StreamCutter {
    /** Bytes of one packet. */
    record Piece(int tensor, int offset, int length, boolean last) {}

    private StreamCutter() {}

    static List<Piece> pieces(FrameLayout layout, int dataBytesMax) {
        int most = dataBytesMax / layout.beatBytes() * layout.beatBytes();
        var pieces = new ArrayList<Piece>();
        int frameBytes = layout.frameBytes();
        int offset = 0;
        for (var stretch : stretches(layout)) {
            int end = offset + stretch.length;
            while (offset < end) {
                int length = Math.min(most, end - offset);
                pieces.add(new Piece(stretch.tensor, offset, length, offset + length == frameBytes));
                offset += length;
            }
        }
        return List.copyOf(pieces);
    }

    /** Consecutive runs of one tensor as one. */
    static List<Piece> stretches(FrameLayout layout) {
        var stretches = new ArrayList<Piece>();
        int offset = 0;
        for (FrameLayout.Run run : layout.runs()) {
            int length = layout.runBytes(run);
            if (!stretches.isEmpty() && stretches.getLast().tensor == run.tensor()) {
                var before = stretches.removeLast();
                stretches.add(new Piece(run.tensor(), before.offset, before.length + length, false));
            } else {
                stretches.add(new Piece(run.tensor(), offset, length, false));
            }
            offset += length;
        }
        return stretches;
    }
}
