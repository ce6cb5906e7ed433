package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.UInt;
import io.millrace.scheduler.ProgramLayout;
import io.millrace.scheduler.Timing;

/**
 * The bursts of a firing that moves rows to or from DRAM: row after row, each from a burst on, around in the actor's buffer. It remembers for each actor
 * where its next row lies.
 */
final class BurstWalk {
    /** What the walk is told of the firing that begins, and of the one under way. */
    record Firing(ListHead head, Bit fire, Descriptor following, Descriptor active, UInt actor, UInt rows) {}

    /** Whether bursts are left. */
    final Bit left;
    /** The next one. */
    final UInt burst;

    final UInt beats;
    /** The firing's last burst is accepted. */
    final Bit ends;

    BurstWalk(Block block, Firing firing, int actors, int burstBeats, Bit granted) {
        var active = firing.active();
        var following = firing.following();
        UInt actor = firing.actor();
        int placeBits = following.placeBits("burstSize");
        int beatBits = Timing.log2Of(burstBeats) + 1;
        var places = new ActorMemory(block, "dram_places", actors, placeBits, false);
        var seen = block.state("dram_seen", Block.bits(actors), 0);
        UInt stored = places.readNow(firing.head().actor);
        UInt headPlace =
                seen.bit(firing.head().actor.resize(Block.indexBits(actors))).mux(stored, UInt.of(0, placeBits));

        UInt place = block.register("dram_place", placeBits);
        UInt at = block.register("dram_at", placeBits);
        UInt beatsLeft = block.register("dram_beats_left", active.bits("rowBeats"));
        UInt row = block.register("dram_row", firing.rows().width());
        left = block.state("dram_left", Block.bit(), 0);
        UInt full = UInt.of(burstBeats, beatBits);
        int wide = Math.max(beatBits, beatsLeft.width());
        Bit more = beatsLeft.resize(wide).ge(full.resize(wide));
        beats = block.named("dram_beats", more.mux(full, beatsLeft.resize(beatBits)));
        Bit lastOfRow = block.named("dram_last_of_row", beatsLeft.resize(wide).eq(beats.resize(wide)));
        UInt nextPlace = block.wrapAdd(place, active.get("rowBursts").resize(placeBits), active.get("burstSize"));
        UInt rowNext = block.named("dram_row_next", row.plus(1));
        Bit lastRow = rowNext.eq(firing.rows());
        ends = block.named("dram_ends", granted.and(lastOfRow).and(lastRow));
        block.on(granted, () -> {
            at.set(at.plus(1));
            beatsLeft.set(beatsLeft.minus(beats.resize(beatsLeft.width())));
            block.on(lastOfRow, () -> {
                at.set(nextPlace);
                place.set(nextPlace);
                beatsLeft.set(active.get("rowBeats").resize(beatsLeft.width()));
                row.set(rowNext);
            });
        });
        block.on(ends, () -> left.set(0));
        places.write(actor, nextPlace.asBits(), ends);
        block.on(firing.fire(), () -> {
            left.set(1);
            place.set(headPlace);
            at.set(headPlace);
            beatsLeft.set(following.get("rowBeats").resize(beatsLeft.width()));
            row.set(0);
            seen.set(seen.or(Bits.of(1, actors).shiftLeft(firing.head().actor)));
        });
        burst = active.get("burstBase").plus(at.resize(ProgramLayout.BURST_BITS));
    }
}
