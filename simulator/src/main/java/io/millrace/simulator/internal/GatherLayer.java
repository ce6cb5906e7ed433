package io.millrace.simulator.internal;

import io.millrace.quantizer.QOp;
import io.millrace.scheduler.Geometry;
import java.util.List;

/** Codes of a map at other places. */
final class GatherLayer implements Layer {
    private final Geometry g;
    private final QOp.Gather gather;

    GatherLayer(Geometry geometry, QOp.Gather gather) {
        g = geometry;
        this.gather = gather;
    }

    @Override
    public Geometry geometry() {
        return g;
    }

    @Override
    public void rows(List<RowSource> in, int from, int to, short[] out, int at, Object scratch) {
        int axes = gather.indices().size();
        var channels = gather.indices().getLast();
        int to0 = at;
        for (int r = from; r < to; r++) {
            int row = axes > 2 ? gather.indices().getFirst().get(r) : 0;
            for (int x = 0; x < g.outputColumns(); x++) {
                int column = axes > 1 ? gather.indices().get(axes - 2).get(x) : 0;
                for (int c : channels) {
                    boolean filled = row < 0 || column < 0 || c < 0;
                    out[to0++] = filled
                            ? (short) gather.fill()
                            : in.getFirst().array(row)[in.getFirst().offset(row) + column * g.inputChannels() + c];
                }
            }
        }
    }
}
