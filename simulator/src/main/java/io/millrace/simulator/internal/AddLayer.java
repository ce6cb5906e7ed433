package io.millrace.simulator.internal;

import io.millrace.quantizer.QOp;
import io.millrace.scheduler.Geometry;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The sum of maps, each term rounded by itself. */
final class AddLayer implements Layer {
    private final Geometry g;
    private final QOp.Add add;
    private final OutputStage.@Nullable Lookup table;

    AddLayer(Geometry geometry, QOp.Add add) {
        g = geometry;
        this.add = add;
        table = add.table().map(OutputStage::lookup).orElse(null);
    }

    @Override
    public Geometry geometry() {
        return g;
    }

    @Override
    public Object scratch() {
        return new long[g.outputRowElements()];
    }

    @Override
    public void rows(List<RowSource> in, int from, int to, short[] out, int at, Object scratch) {
        long[] sums = (long[]) scratch;
        for (int r = from; r < to; r++) {
            java.util.Arrays.fill(sums, add.zeroPoint());
            for (int k = 0; k < in.size(); k++) {
                addTerm(add.terms().get(k), in.get(k).array(r), in.get(k).offset(r), sums);
            }
            int first = at + (r - from) * sums.length;
            for (int i = 0; i < sums.length; i++) {
                int y = Math.clamp(sums[i], add.low(), add.high());
                out[first + i] = (short) (table == null ? y : table.code(y));
            }
        }
    }

    private static void addTerm(QOp.Add.Term term, short[] row, int offset, long[] sums) {
        long round = 1L << (term.shift() - 1);
        for (int i = 0; i < sums.length; i++) {
            long product = (long) (row[offset + i] - term.zeroPoint()) * term.multiplier();
            sums[i] += (product + round) >> term.shift();
        }
    }
}
