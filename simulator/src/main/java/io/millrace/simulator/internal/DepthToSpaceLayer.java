package io.millrace.simulator.internal;

import io.millrace.scheduler.Geometry;
import java.util.List;

/** Channels spread over a block of positions. */
final class DepthToSpaceLayer implements Layer {
    private final Geometry g;
    private final int block;

    DepthToSpaceLayer(Geometry geometry, int block) {
        g = geometry;
        this.block = block;
    }

    @Override
    public Geometry geometry() {
        return g;
    }

    @Override
    public void rows(List<RowSource> in, int from, int to, short[] out, int at, Object scratch) {
        int channels = g.outputChannels();
        for (int r = from; r < to; r++) {
            short[] row = in.getFirst().array(r / block);
            int offset = in.getFirst().offset(r / block);
            for (int x = 0; x < g.outputColumns(); x++) {
                int first = x / block * g.inputChannels() + (r % block * block + x % block) * channels;
                int target = at + (r - from) * g.outputRowElements() + x * channels;
                System.arraycopy(row, offset + first, out, target, channels);
            }
        }
    }
}
