package io.millrace.simulator.internal;

import io.millrace.quantizer.QOp;
import io.millrace.scheduler.Geometry;
import java.util.List;

/** The product of two maps, one of which may be a single pixel. */
final class MulLayer implements Layer {
    private final Geometry g;
    private final QOp.Mul mul;
    private final OutputStage stage;

    MulLayer(Geometry geometry, QOp.Mul mul) {
        g = geometry;
        this.mul = mul;
        stage = new OutputStage(mul.requantizer(), mul.table());
    }

    @Override
    public Geometry geometry() {
        return g;
    }

    @Override
    public void rows(List<RowSource> in, int from, int to, short[] out, int at, Object scratch) {
        int elements = g.outputRowElements();
        int channels = g.outputChannels();
        for (int r = from; r < to; r++) {
            short[] a = in.getFirst().array(row(0, r));
            short[] b = in.getLast().array(row(1, r));
            int offsetA = in.getFirst().offset(row(0, r));
            int offsetB = in.getLast().offset(row(1, r));
            for (int i = 0; i < elements; i++) {
                long left = a[offsetA + element(0, i)] - mul.zeroPointA();
                long right = b[offsetB + element(1, i)] - mul.zeroPointB();
                out[at + (r - from) * elements + i] = stage.code(left * right + mul.rounding(), i % channels);
            }
        }
    }

    private int row(int input, int row) {
        return g.single().get(input) ? 0 : row;
    }

    private int element(int input, int element) {
        return g.single().get(input) ? element % g.outputChannels() : element;
    }
}
