package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.UInt;
import java.util.ArrayList;
import java.util.List;

/**
 * Where each actor of a writing unit stands in the circular buffers that it fills, one in each memory that the unit writes: the addresses of
 * the row that is written.
 */
final class OutputPlace {
    /** Bits of an address in a buffer. */
    final int bits;
    /** By memory: address of the running row, from the buffer's base. */
    final List<UInt> rows = new ArrayList<>();

    private final Block block;
    private final List<UInt> first = new ArrayList<>();
    private final List<UInt> next = new ArrayList<>();
    private final ActorMemory memory;
    private final Bits seen;
    private final List<UInt> start = new ArrayList<>();

    /** @param descriptor of the running job */
    OutputPlace(Block block, Descriptor descriptor, int actors, int memories, boolean fixed) {
        this.block = block;
        bits = addressBits(descriptor, memories);
        memory = new ActorMemory(block, "places", actors, Math.max(1, memories) * bits, fixed);
        seen = block.state("seen", Block.bits(actors), 0);
        UInt pitch = descriptor.get("outPitch").resize(bits);
        for (int k = 0; k < memories; k++) {
            rows.add(block.register("row_place" + k, bits));
            first.add(block.register("first_place" + k, bits));
            next.add(block.wrapAdd(rows.get(k), pitch, descriptor.get("outSize" + k)));
        }
    }

    /** Bits of an address in the largest of the buffers that an actor may fill. */
    static int addressBits(Descriptor descriptor, int memories) {
        int widest = 1;
        for (int k = 0; k < memories; k++) {
            widest = Math.max(widest, descriptor.placeBits("outSize" + k));
        }
        return widest;
    }

    /** Looks up an actor's place, for {@link #begin} in a later cycle in which the actor is the same. */
    void fetch(UInt actor, Bit enable) {
        from(actor, memory.read(actor, enable));
    }

    /** Looks up an actor's place, for {@link #begin} in the same cycle. */
    void fetchNow(UInt actor) {
        from(actor, memory.readNow(actor));
    }

    private void from(UInt actor, UInt stored) {
        Bit known = seen.bit(actor.resize(Block.indexBits(seen.width())));
        for (int k = 0; k < rows.size(); k++) {
            start.add(block.named("start_place" + k, known.mux(stored.slice(k * bits, bits), UInt.of(0, bits))));
        }
    }

    /** To the first row of the firing, which the actor's place is at if the firing only begins. */
    void begin(Bit opensFiring) {
        for (int k = 0; k < rows.size(); k++) {
            UInt from = opensFiring.mux(start.get(k), first.get(k));
            rows.get(k).set(from);
            first.get(k).set(from);
        }
    }

    void firstRow() {
        for (int k = 0; k < rows.size(); k++) {
            rows.get(k).set(first.get(k));
        }
    }

    void nextRow() {
        for (int k = 0; k < rows.size(); k++) {
            rows.get(k).set(next.get(k));
        }
    }

    /** Keeps the place behind the running row for the actor's next firing. */
    void store(UInt actor, Bit enable) {
        var words = next.isEmpty()
                ? List.of(Bits.of(0, 1))
                : next.stream().map(UInt::asBits).toList();
        memory.write(actor, Block.join(words), enable);
        block.on(enable, () -> seen.set(seen.or(Bits.of(1, seen.width()).shiftLeft(actor))));
    }
}
