package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.UInt;

/**
 * The token counters of one edge: rows available to the reader and slots free for the writer. All changes of a cycle count.
 */
final class Edge extends Block {
    final Bit run;
    final Bit loadSlots;
    final UInt slots;
    final UInt committed;
    final UInt claimed;
    final UInt reserved;
    final UInt released;
    final UInt available;
    final UInt space;

    /** Each of the four inputs is a number of rows, 0 in a cycle without the event. */
    Edge(int rowBits) {
        super("token_edge");
        run = in("run", bit());
        loadSlots = in("load_slots", bit());
        slots = in("slots", uint(rowBits));
        committed = in("committed", uint(rowBits));
        claimed = in("claimed", uint(rowBits));
        reserved = in("reserved", uint(rowBits));
        released = in("released", uint(rowBits));

        UInt capacity = reg("capacity", uint(rowBits)).init(0);
        when(loadSlots, () -> capacity.set(slots));
        UInt availableNow = state("rows_available", uint(rowBits), 0);
        availableNow.set(availableNow.plus(committed).minus(claimed));
        UInt spaceNow = reg("slots_free", uint(rowBits)).init(0);
        spaceNow.set(spaceNow.plus(released).minus(reserved));
        clearUnless(run);
        when(run.not(), () -> spaceNow.set(capacity));
        available = out("available", availableNow);
        space = out("space", spaceNow);
    }
}
