package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.UInt;
import io.millrace.scheduler.ProgramLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * Where each actor of a reading unit stands in its inputs: for each the address of the window's top row in the circular buffer, and that row's
 * index in the frame, which is the same in all. Read when the next firing's actor is known, written back the cycle after a fire.
 */
final class InputPlace {
    /** The head's place in each input and its row index, once it is valid. */
    final List<UInt> headPlaces = new ArrayList<>();

    final UInt headTop;
    /** The running firing's. */
    final List<UInt> places = new ArrayList<>();

    final UInt top;

    /**
     * One input buffer.
     *
     * @param start place before the first firing, of the head
     * @param advance rows to go on by, of the running firing; so are the others
     */
    record Input(UInt start, UInt advance, UInt advanceLast, UInt size) {}

    /** What a firing does to its actor's row index; values of the running firing. */
    record Step(UInt topStart, UInt topStep, Bit endsFrame, UInt actor) {}

    /**
     * @param topStart row index before the first firing, of the head
     * @param fixed whether the machine's control is fixed
     */
    InputPlace(
            Block block,
            ListHead head,
            Bit fire,
            int actors,
            List<Input> inputs,
            UInt topStart,
            Step step,
            boolean fixed) {
        int a = inputs.getFirst().start.width();
        int rowBits = topStart.width();
        int placeBits = inputs.size() * a;
        var memory = new ActorMemory(block, "places", actors, placeBits + rowBits, fixed);
        Bits seen = block.state("seen", Block.bits(actors), 0);
        UInt stored = block.named("stored_place", memory.read(head.actor, head.stateRead));
        Bit known = seen.bit(head.actor.resize(Block.indexBits(actors)));
        for (int k = 0; k < inputs.size(); k++) {
            UInt at = known.mux(stored.slice(k * a, a), inputs.get(k).start);
            headPlaces.add(block.named(ProgramLayout.ofInput("head_place", k), at));
        }
        headTop = block.named("head_top", known.mux(stored.slice(placeBits, rowBits), topStart));
        for (int k = 0; k < inputs.size(); k++) {
            places.add(block.register(ProgramLayout.ofInput("place", k), a));
        }
        top = block.register("top", rowBits);
        block.on(fire, () -> {
            for (int k = 0; k < inputs.size(); k++) {
                places.get(k).set(headPlaces.get(k));
            }
            top.set(headTop);
            seen.set(seen.or(Bits.of(1, actors).shiftLeft(head.actor)));
        });
        // Where logic is not what lacks, what is added is in registers first.
        Bit fired = block.delayPulse("fired", fire, fixed ? 1 : 2);
        UInt nextTop = step.endsFrame.mux(step.topStart, top.plus(step.topStep));
        var word = new ArrayList<Bits>();
        for (int k = 0; k < inputs.size(); k++) {
            Input input = inputs.get(k);
            UInt advance = step.endsFrame.mux(input.advanceLast, input.advance);
            UInt at = places.get(k);
            word.add((fixed
                            ? block.wrapAdd(at, advance, input.size)
                            : Block.wrapAround(
                                    at,
                                    block.delay(ProgramLayout.ofInput("advance", k), advance, 1),
                                    block.delay(
                                            ProgramLayout.ofInput("around", k), Block.less(advance, input.size, a), 1)))
                    .asBits());
        }
        word.add(nextTop.asBits());
        memory.write(step.actor, Block.join(word), fired);
    }
}
