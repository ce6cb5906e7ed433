package io.millrace.simulator.internal;

import io.millrace.quantizer.QOp;
import io.millrace.scheduler.Geometry;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The largest or smallest code of several maps. */
final class ExtremeLayer implements Layer {
    private final Geometry g;
    /** Turns the order of codes around where the smallest is wanted: {@code x ^ -1 = -1 - x}. */
    private final int complement;

    private final OutputStage.@Nullable Lookup table;

    ExtremeLayer(Geometry geometry, QOp.Extreme extreme) {
        g = geometry;
        complement = extreme.least() ? -1 : 0;
        table = extreme.table().map(OutputStage::lookup).orElse(null);
    }

    @Override
    public Geometry geometry() {
        return g;
    }

    @Override
    public Object scratch() {
        return new int[g.outputRowElements()];
    }

    @Override
    public void rows(List<RowSource> in, int from, int to, short[] out, int at, Object scratch) {
        int[] largest = (int[]) scratch;
        for (int r = from; r < to; r++) {
            java.util.Arrays.fill(largest, Integer.MIN_VALUE);
            for (RowSource source : in) {
                short[] row = source.array(r);
                int offset = source.offset(r);
                for (int i = 0; i < largest.length; i++) {
                    largest[i] = Math.max(largest[i], row[offset + i] ^ complement);
                }
            }
            int first = at + (r - from) * largest.length;
            for (int i = 0; i < largest.length; i++) {
                int y = largest[i] ^ complement;
                out[first + i] = (short) (table == null ? y : table.code(y));
            }
        }
    }
}
