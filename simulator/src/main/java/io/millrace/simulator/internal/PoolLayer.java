package io.millrace.simulator.internal;

import io.millrace.quantizer.ActivationTable;
import io.millrace.quantizer.QOp;
import io.millrace.scheduler.Geometry;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Pooling by maximum or by sum, one output row at a time. */
final class PoolLayer implements Layer {
    private final Geometry g;
    private final boolean sum;
    private final long[] bias;
    private final @Nullable OutputStage stage;
    private final OutputStage.@Nullable Lookup table;

    PoolLayer(Geometry geometry, QOp.SumPool pool) {
        g = geometry;
        sum = true;
        bias = pool.bias().stream().mapToLong(Long::longValue).toArray();
        stage = new OutputStage(pool.requantizer(), pool.table());
        table = null;
    }

    PoolLayer(Geometry geometry, Optional<ActivationTable> activation) {
        g = geometry;
        sum = false;
        bias = new long[0];
        stage = null;
        table = activation.map(OutputStage::lookup).orElse(null);
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
    public void rows(List<RowSource> inputs, int from, int to, short[] out, int at, Object scratch) {
        RowSource in = inputs.getFirst();
        int[] window = (int[]) scratch;
        for (int r = from; r < to; r++) {
            Arrays.fill(window, sum ? 0 : Integer.MIN_VALUE);
            for (int kh = 0; kh < g.kernelRows(); kh++) {
                int y = r * g.rowStride() - g.padTop() + kh * g.rowDilation();
                for (int kw = 0; kw < g.kernelColumns(); kw++) {
                    tap(in, y, kw * g.columnDilation() - g.padLeft(), window);
                }
            }
            finish(window, out, at + (r - from) * g.outputRowElements());
        }
    }

    /** Takes in the tap that lies {@code left} columns from an output's first column. */
    private void tap(RowSource in, int y, int left, int[] window) {
        int channels = g.inputChannels();
        boolean inside = y >= 0 && y < g.inputRows();
        short[] row = inside ? in.array(y) : new short[0];
        int offset = inside ? in.offset(y) : 0;
        for (int i = 0; i < g.outputColumns(); i++) {
            int x = i * g.columnStride() + left;
            boolean reads = inside && x >= 0 && x < g.inputColumns();
            int source = offset + x * channels;
            for (int c = 0; c < channels; c++) {
                int code = reads ? row[source + c] : g.padValue();
                int w = i * channels + c;
                window[w] = sum ? window[w] + code : Math.max(window[w], code);
            }
        }
    }

    private void finish(int[] window, short[] out, int at) {
        int channels = g.inputChannels();
        for (int i = 0; i < window.length; i++) {
            int c = i % channels;
            if (stage != null) {
                out[at + i] = stage.code(bias[c] + window[i], c);
            } else {
                out[at + i] = (short) (table == null ? window[i] : table.code(window[i]));
            }
        }
    }
}
