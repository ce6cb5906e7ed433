package io.millrace.simulator.internal;

import io.millrace.scheduler.Geometry;
import java.util.List;

/** Computes output rows of a layer from input rows. Layers are shared by threads; what changes is in their scratch. */
interface Layer {
    Geometry geometry();

    /** Working memory of one thread; for a layer that needs none anything. */
    default Object scratch() {
        return this;
    }

    /**
     * Computes rows {@code [from, to)} of the map.
     *
     * @param in one source an input
     * @param out receives them, the first at {@code at}
     */
    void rows(List<RowSource> in, int from, int to, short[] out, int at, Object scratch);
}
