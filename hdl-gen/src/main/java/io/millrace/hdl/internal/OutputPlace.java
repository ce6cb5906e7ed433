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
    /** Bits of an address in the largest of the buffers. */
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
        var sizes = new ArrayList<String>();
        for (int k = 0; k < memories; k++) {
            sizes.add("outSize" + k);
        }
        int widest = sizes.stream().mapToInt(descriptor::placeBits).reduce(1, Math::max);
        bits = widest;
        seen = block.state("seen", Block.bits(actors), 0);
        if (descriptor.alikeOrZero(sizes)) {
            // One place for all: sizes of buffers that an actor does not fill are 0.
            UInt size = sizes.stream()
                    .map(descriptor::get)
                    .reduce((a, b) -> a.asBits().or(b.asBits()).asUInt())
                    .orElse(UInt.of(1, 1));
            add(descriptor, "", widest, size);
            memory = new ActorMemory(block, "places", actors, widest, fixed);
            for (int k = 1; k < memories; k++) {
                rows.add(rows.getFirst());
            }
            return;
        }
        int together = 0;
        for (String size : sizes) {
            int wide = descriptor.placeBits(size);
            add(descriptor, String.valueOf(rows.size()), wide, descriptor.get(size));
            together += wide;
        }
        memory = new ActorMemory(block, "places", actors, together, fixed);
    }

    private void add(Descriptor descriptor, String number, int wide, UInt size) {
        UInt row = block.register("row_place" + number, wide);
        rows.add(row);
        first.add(block.register("first_place" + number, wide));
        next.add(block.wrapAdd(row, descriptor.get("outPitch").resize(wide), size));
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
        int at = 0;
        for (int k = 0; k < first.size(); k++) {
            int wide = rows.get(k).width();
            start.add(block.named("start_place" + k, known.mux(stored.slice(at, wide), UInt.of(0, wide))));
            at += wide;
        }
    }

    /** To the first row of the firing, which the actor's place is at if the firing only begins. */
    void begin(Bit opensFiring) {
        for (int k = 0; k < first.size(); k++) {
            UInt from = opensFiring.mux(start.get(k), first.get(k));
            rows.get(k).set(from);
            first.get(k).set(from);
        }
    }

    void firstRow() {
        for (int k = 0; k < first.size(); k++) {
            rows.get(k).set(first.get(k));
        }
    }

    void nextRow() {
        for (int k = 0; k < first.size(); k++) {
            rows.get(k).set(next.get(k));
        }
    }

    /** Keeps the place behind the running row for the actor's next firing. */
    void store(UInt actor, Bit enable) {
        memory.write(actor, Block.join(next.stream().map(UInt::asBits).toList()), enable);
        block.on(enable, () -> seen.set(seen.or(Bits.of(1, seen.width()).shiftLeft(actor))));
    }
}
