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
            Block block,
            Descriptor descriptor,
            int actors,
            int memories,
            boolean inBlock,
            boolean small,
            boolean again) {
        var sizes = IntStream.range(0, memories).mapToObj(k -> "outSize" + k).toList();
        return new OutputPlace(block, "", descriptor, actors, sizes, "outPitch", inBlock, small, again);
    }

    /**
     * @param prefix of names in the RTL
     * @param descriptor of the running job
     * @param sizes fields of the buffers' sizes, by memory
     * @param pitch field of the distance of rows
     * @param inBlock whether the places of more than two actors lie in a block RAM
     * @param small whether logic is what lacks
     * @param again whether the rows of a firing are gone over several times
     */
    OutputPlace(
            Block block,
            String prefix,
            Descriptor descriptor,
            int actors,
            List<String> sizes,
            String pitch,
            boolean inBlock,
            boolean small,
            boolean again) {
        this.block = block;
        this.prefix = prefix;
        this.small = small;
        bits = sizes.stream().mapToInt(descriptor::placeBits).reduce(1, Math::max);
        seen = block.state(prefix + "seen", Block.bits(actors), 0);
        int together = 0;
        if (descriptor.alikeOrZero(sizes)) {
            // One place for all: sizes of buffers that an actor does not fill are 0.
            UInt size = sizes.stream()
                    .map(descriptor::get)
                    .reduce((a, b) -> a.asBits().or(b.asBits()).asUInt())
                    .orElse(UInt.of(1, 1));
            UInt around =
                    small || sizes.isEmpty() ? UInt.of(0, bits + 2) : around(descriptor, pitch, sizes.getFirst(), bits);
            add("", bits, descriptor.get(pitch), size, around, again);
            together = bits;
            for (int k = 1; k < sizes.size(); k++) {
                rows.add(rows.getFirst());
            }
        } else {
            for (String size : sizes) {
                int wide = descriptor.placeBits(size);
                UInt around = small ? UInt.of(0, 1) : around(descriptor, pitch, size, wide);
                add(String.valueOf(rows.size()), wide, descriptor.get(pitch), descriptor.get(size), around, again);
                together += wide;
            }
        }
        memory = new ActorMemory(block, prefix + "places", actors, together, inBlock);
    }

    /** The distance of rows less the size, in the first cycle after the descriptor's in which a row is left. */
    private UInt around(Descriptor descriptor, String pitch, String size, int wide) {
        return block instanceof FiringUnit unit
                ? unit.around(pitch, size, wide)
                : block.delay("around_" + size, Block.less(descriptor.get(pitch), descriptor.get(size), wide), 1);
    }

    private void add(String number, int wide, UInt pitch, UInt size, UInt around, boolean again) {
        UInt row = block.register(prefix + "row_place" + number, wide);
        rows.add(row);
        if (again) {
            first.add(block.register(prefix + "first_place" + number, wide));
        }
        next.add(
                small
                        ? block.wrapAdd(row, pitch.resize(wide), size)
                        : Block.wrapAround(row, pitch.resize(wide), around));
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
