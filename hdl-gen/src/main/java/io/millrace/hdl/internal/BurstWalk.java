package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.UInt;
import io.millrace.scheduler.ProgramLayout;
import io.millrace.scheduler.Timing;
import java.util.List;

/**
 * The bursts of a firing that moves rows to or from DRAM: row after row, each from a burst on, around in the actor's buffer. It remembers for each actor
 * where its next row lies.
 */
final class BurstWalk {
    /** Whether bursts are left. */
    final Bit left;
    /** The next one. */
    final UInt burst;

    final UInt beats;
    /** The firing's last burst is accepted. */
    final Bit ends;

    /**
     * @param block unit that moves the rows
     * @param rows of the firing under way
     * @param granted the next burst is accepted
     */
    BurstWalk(FiringUnit block, UInt rows, int burstBeats, Bit granted) {
        var active = block.active;
        int beatBits = Timing.log2Of(burstBeats) + 1;
        int actors = block.unit.capacity().actors();
        var place =
                new OutputPlace(block, "dram_", active, actors, List.of("burstSize"), "rowBursts", false, false, false);
        int placeBits = place.bits;
        place.fetchNow(block.head.actor);
        UInt start = place.start.getFirst();
        UInt nextPlace = place.next.getFirst();

        UInt at = block.register("dram_at", placeBits);
        UInt beatsLeft = block.register("dram_beats_left", active.bits("rowBeats"));
        UInt row = block.register("dram_row", rows.width());
        left = block.state("dram_left", Block.bit(), 0);
        UInt full = UInt.of(burstBeats, beatBits);
        int wide = Math.max(beatBits, beatsLeft.width());
        Bit more = beatsLeft.resize(wide).ge(full.resize(wide));
        beats = block.named("dram_beats", more.mux(full, beatsLeft.resize(beatBits)));
        Bit lastOfRow = block.named("dram_last_of_row", beatsLeft.resize(wide).eq(beats.resize(wide)));
        UInt rowNext = block.named("dram_row_next", row.plus(1));
        Bit lastRow = rowNext.eq(rows);
        ends = block.named("dram_ends", granted.and(lastOfRow).and(lastRow));
        block.on(granted, () -> {
            at.set(at.plus(1));
            beatsLeft.set(beatsLeft.minus(beats.resize(beatsLeft.width())));
            block.on(lastOfRow, () -> {
                at.set(nextPlace);
                place.nextRow();
                beatsLeft.set(active.get("rowBeats").resize(beatsLeft.width()));
                row.set(rowNext);
            });
        });
        block.on(ends, () -> left.set(0));
        place.store(block.actor, ends);
        block.on(block.fire, () -> {
            left.set(1);
            place.begin();
            at.set(start);
            beatsLeft.set(block.following.get("rowBeats").resize(beatsLeft.width()));
            row.set(0);
        });
        burst = active.get("burstBase").plus(at.resize(ProgramLayout.BURST_BITS));
    }
}
