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

    /**
     * Each of the four inputs is a number of rows, 0 in a cycle without the event.
     *
     * @param rowBits of those
     * @param countBits of the counters: enough for the slots, and for the rows any firing needs
     * @param fixed whether {@link #slots} is a constant, and not a value to be kept when {@link #loadSlots} is 1
     */
    Edge(int rowBits, int countBits, boolean fixed) {
        super("token_edge");
        run = in("run", bit());
        loadSlots = in("load_slots", bit());
        slots = in("slots", uint(rowBits));
        committed = in("committed", uint(rowBits));
        claimed = in("claimed", uint(rowBits));
        reserved = in("reserved", uint(rowBits));
        released = in("released", uint(rowBits));

        UInt capacity = slots.resize(countBits);
        if (!fixed) {
            UInt loaded = reg("capacity", uint(countBits)).init(0);
            when(loadSlots, () -> loaded.set(slots.resize(countBits)));
            capacity = loaded;
        }
        UInt free = capacity;
        UInt availableNow = state("rows_available", uint(countBits), 0);
        availableNow.set(availableNow.plus(committed.resize(countBits)).minus(claimed.resize(countBits)));
        UInt spaceNow = reg("slots_free", uint(countBits)).init(0);
        spaceNow.set(spaceNow.plus(released.resize(countBits)).minus(reserved.resize(countBits)));
        clearUnless(run);
        when(run.not(), () -> spaceNow.set(free));
        available = out("available", availableNow.resize(rowBits));
        space = out("space", spaceNow.resize(rowBits));
    }
}
