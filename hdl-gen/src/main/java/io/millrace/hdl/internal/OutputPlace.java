package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.UInt;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Where each actor of a writing unit stands in the circular buffers that it fills, one in each memory that the unit writes: the addresses of
 * the row that is written.
 */
final class OutputPlace {
    /** Bits of an address in the largest of the buffers. */
    final int bits;
    /** By memory: address of the running row, from the buffer's base; of the row after it; and of the first that the actor looked up writes. */
    final List<UInt> rows = new ArrayList<>();

    final List<UInt> next = new ArrayList<>();
    final List<UInt> start = new ArrayList<>();

    private final Block block;
    private final String prefix;
    /** Of a unit that goes over the rows of a firing several times. */
    private final List<UInt> first = new ArrayList<>();

    private final boolean small;
    private final ActorMemory memory;
    private final Bits seen;

    /** A place in each of some row memories; see {@link #OutputPlace}. */
    static OutputPlace inMemories(
            Block block, Descriptor descriptor, int actors, int memories, boolean fixed, boolean again) {
        var sizes = IntStream.range(0, memories).mapToObj(k -> "outSize" + k).toList();
        return new OutputPlace(block, "", descriptor, actors, sizes, "outPitch", fixed, again);
    }

    /**
     * @param prefix of names in the RTL
     * @param descriptor of the running job
     * @param sizes fields of the buffers' sizes, by memory
     * @param pitch field of the distance of rows
     * @param again whether the rows of a firing are gone over several times
     */
    OutputPlace(
            Block block,
            String prefix,
            Descriptor descriptor,
            int actors,
            List<String> sizes,
            String pitch,
            boolean fixed,
            boolean again) {
        this.block = block;
        this.prefix = prefix;
        small = fixed;
        bits = sizes.stream().mapToInt(descriptor::placeBits).reduce(1, Math::max);
        seen = block.state(prefix + "seen", Block.bits(actors), 0);
        int together = 0;
        if (descriptor.alikeOrZero(sizes)) {
            // One place for all: sizes of buffers that an actor does not fill are 0.
            UInt size = sizes.stream()
                    .map(descriptor::get)
                    .reduce((a, b) -> a.asBits().or(b.asBits()).asUInt())
                    .orElse(UInt.of(1, 1));
            add("", bits, descriptor.get(pitch), size, again);
            together = bits;
            for (int k = 1; k < sizes.size(); k++) {
                rows.add(rows.getFirst());
            }
        } else {
            for (String size : sizes) {
                int wide = descriptor.placeBits(size);
                add(String.valueOf(rows.size()), wide, descriptor.get(pitch), descriptor.get(size), again);
                together += wide;
            }
        }
        memory = new ActorMemory(block, prefix + "places", actors, together, fixed);
    }

    private void add(String number, int wide, UInt pitch, UInt size, boolean again) {
        UInt row = block.register(prefix + "row_place" + number, wide);
        rows.add(row);
        if (again) {
            first.add(block.register(prefix + "first_place" + number, wide));
        }
        next.add(block.wrapAdd(row, pitch.resize(wide), size, small));
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
        for (int k = 0; k < next.size(); k++) {
            int wide = rows.get(k).width();
            start.add(block.named(prefix + "start_place" + k, known.mux(stored.slice(at, wide), UInt.of(0, wide))));
            at += wide;
        }
    }

    /** To the first row of the firing. */
    void begin() {
        for (int k = 0; k < start.size(); k++) {
            rows.get(k).set(start.get(k));
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
        for (int k = 0; k < next.size(); k++) {
            rows.get(k).set(next.get(k));
        }
    }

    /** Keeps the place behind the running row for the actor's next firing. */
    void store(UInt actor, Bit enable) {
        memory.write(actor, Block.join(next.stream().map(UInt::asBits).toList()), enable);
        block.on(enable, () -> seen.set(seen.or(Bits.of(1, seen.width()).shiftLeft(actor))));
    }
}
