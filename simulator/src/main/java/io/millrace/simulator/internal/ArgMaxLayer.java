package io.millrace.simulator.internal;

import io.millrace.scheduler.Geometry;
import java.util.List;

/** Number of the largest channel; the operand's channels are the columns of a window. */
final class ArgMaxLayer implements Layer {
    private final Geometry g;

    ArgMaxLayer(Geometry geometry) {
        g = geometry;
    }

    @Override
    public Geometry geometry() {
        return g;
    }

    @Override
    public Object scratch() {
        return new Object();
    }

    @Override
    public void rows(List<RowSource> in, int from, int to, short[] out, int at, Object scratch) {
        int channels = g.kernelColumns();
        int next = at;
        for (int r = from; r < to; r++) {
            short[] row = in.getFirst().array(r);
            int end = in.getFirst().offset(r) + g.outputColumns() * channels;
            for (int first = in.getFirst().offset(r); first < end; first += channels) {
                int largest = first + channels - 1;
                for (int i = largest - 1; i >= first; i--) {
                    largest = row[i] >= row[largest] ? i : largest;
                }
                out[next++] = (short) (largest - first);
            }
        }
    }
}
