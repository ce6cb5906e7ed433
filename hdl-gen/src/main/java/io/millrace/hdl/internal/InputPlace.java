package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.UInt;

/**
 * Where each actor of a reading unit stands in its input: the address of the window's top row in the circular buffer, and that row's
 * index in the frame. Read when the next firing's actor is known, written back the cycle after a fire.
 */
final class InputPlace {
    /** The head's place and row index, once it is valid. */
    final UInt headPlace;

    final UInt headTop;
    /** The running firing's. */
    final UInt place;

    final UInt top;

    /** What a firing does to its actor's place; values of the running firing. */
    record Step(UInt advance, UInt advanceLast, UInt size, UInt topStart, UInt topStep, Bit endsFrame, UInt actor) {}

    /**
     * @param start place before the first firing, of the head
     * @param topStart row index before the first firing, of the head
     * @param fixed whether the machine's control is fixed
     */
    InputPlace(Block block, ListHead head, Bit fire, int actors, UInt start, UInt topStart, Step step, boolean fixed) {
        int a = start.width();
        int rowBits = topStart.width();
        var places = new ActorMemory(block, "places", actors, a + rowBits, fixed);
        Bits seen = block.state("seen", Block.bits(actors), 0);
        UInt stored = block.named("stored_place", places.read(head.actor, head.stateRead));
        Bit known = seen.bit(head.actor.resize(Block.indexBits(actors)));
        headPlace = block.named("head_place", known.mux(stored.slice(0, a), start));
        headTop = block.named("head_top", known.mux(stored.slice(a, rowBits), topStart));
        place = block.register("place", a);
        top = block.register("top", rowBits);
        block.on(fire, () -> {
            place.set(headPlace);
            top.set(headTop);
            seen.set(seen.or(Bits.of(1, actors).shiftLeft(head.actor)));
        });
        Bit fired = block.delayPulse("fired", fire, 1);
        UInt nextPlace = block.wrapAdd(place, step.endsFrame.mux(step.advanceLast, step.advance), step.size);
        UInt nextTop = step.endsFrame.mux(step.topStart, top.plus(step.topStep));
        places.write(step.actor, Bits.concat(nextTop.asBits(), nextPlace.asBits()), fired);
    }
}
