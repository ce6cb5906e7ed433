package io.millrace.simulator.internal;

import io.millrace.scheduler.Geometry;

/** Computes output rows of a layer from input rows. Layers are shared by threads; what changes is in their scratch. */
interface Layer {
    Geometry geometry();

    /** Working memory of one thread. */
    Object scratch();

    /**
     * Computes rows {@code [from, to)} of the map.
     *
     * @param out receives them, the first at {@code at}
     */
    void rows(RowSource in, int from, int to, short[] out, int at, Object scratch);
}
