package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.Ram;
import io.millrace.hdl.bridge.UInt;
import io.millrace.scheduler.RowMemory;
import java.util.ArrayList;
import java.util.List;

/**
 * A row memory: one RAM a lane (one for all where only whole words are read), each with its own word address, and a rotator on either side, so that a run of elements starts
 * at any element address.
 *
 * <p>Write: address, count and data are given in one cycle, the RAMs are written in the next. Read: the address is given in one
 * cycle, the RAMs' data appear in the next, the rotated elements one later.
 */
final class LaneMemory extends Block {
    final Bit writeValid;
    final UInt writeAddress;
    final UInt writeCount;
    final Bits writeData;
    final UInt readAddress;
    final Bits readData;

    /**
     * @param writeElements most elements of one write
     * @param readElements elements of a read
     */
    LaneMemory(String name, RowMemory memory, int elementBits, int writeElements, int readElements) {
        super(name);
        int lanes = memory.lanes();
        int laneBits = indexBits(lanes);
        int wordBits = indexBits(memory.words());
        int addressBits = indexBits(memory.elements());
        writeValid = in("write_valid", bit());
        writeAddress = in("write_address", uint(addressBits));
        writeCount = in("write_count", uint(indexBits(writeElements + 1)));
        writeData = in("write_data", bits(writeElements * elementBits));
        readAddress = in("read_address", uint(addressBits));
        readData = out("read_data", bits(readElements * elementBits));

        if (memory.whole()) {
            wholeWords(memory, elementBits, writeElements, readElements);
            return;
        }
        var data = new ArrayList<>(split(writeData, writeElements));
        var enable = new ArrayList<Bit>();
        for (int i = 0; i < lanes; i++) {
            enable.add(
                    i < writeElements
                            ? writeCount.gt(UInt.of(i, writeCount.width())).and(writeValid)
                            : Bit.of(false));
            if (i >= writeElements) {
                data.add(Bits.of(0, elementBits));
            }
        }
        UInt writeLane = lanes == 1 ? UInt.of(0, 1) : writeAddress.slice(0, laneBits);
        UInt writeWord = lanes == 1 ? writeAddress : writeAddress.slice(laneBits, addressBits - laneBits);
        var rotatedData = rotate(data, writeLane, false);
        var rotatedEnable = rotate(enable.stream().map(Bit::asBits).toList(), writeLane, false);
        UInt readLane = lanes == 1 ? UInt.of(0, 1) : readAddress.slice(0, laneBits);
        UInt readWord = lanes == 1 ? readAddress : readAddress.slice(laneBits, addressBits - laneBits);
        UInt writeNext = wire("write_next", writeWord.plus(1));
        UInt readNext = wire("read_next", readWord.plus(1));

        var read = new ArrayList<Bits>();
        for (int lane = 0; lane < lanes; lane++) {
            Ram ram = ram("lane" + lane, memory.words(), elementBits);
            Bit wrapsWrite = lane < lanes - 1 ? UInt.of(lane, laneBits).lt(writeLane) : Bit.of(false);
            Bit wrapsRead = lane < lanes - 1 ? UInt.of(lane, laneBits).lt(readLane) : Bit.of(false);
            ram.write(
                    regNext("write_word" + lane, wrapsWrite.mux(writeNext, writeWord))
                            .resize(wordBits),
                    regNext("write_element" + lane, rotatedData.get(lane)),
                    regNext("write_enable" + lane, rotatedEnable.get(lane).bit(0)));
            read.add(ram.read(wrapsRead.mux(readNext, readWord).resize(wordBits), Bit.of(true)));
        }
        var rotated = rotate(read, regNext("read_lane", readLane), true);
        readData.set(regNext("read_rotated", join(rotated.subList(0, readElements))));
    }

    /** One RAM: the word is collected from its first element on, and written with each of them. */
    private void wholeWords(RowMemory memory, int elementBits, int writeElements, int readElements) {
        int lanes = memory.lanes();
        int laneBits = indexBits(lanes);
        int wordBits = indexBits(memory.words());
        int addressBits = indexBits(memory.elements());
        if (writeElements != 1 || readElements != lanes) {
            throw new IllegalArgumentException(
                    "a memory of whole words is written by the element and read by the word");
        }
        Bit writes = wire("writes", writeValid.and(writeCount.ne(0)));
        var collected = new ArrayList<Bits>();
        for (int lane = 0; lane < lanes; lane++) {
            Bits element = reg("element" + lane, bits(elementBits)).initial(0);
            when(writes.and(writeAddress.slice(0, laneBits).eq(lane)), () -> element.set(writeData));
            collected.add(element);
        }
        UInt writeWord = writeAddress.slice(laneBits, addressBits - laneBits).resize(wordBits);
        UInt readWord = readAddress.slice(laneBits, addressBits - laneBits).resize(wordBits);
        Ram ram = ram("words", memory.words(), lanes * elementBits);
        ram.write(regNext("write_word", writeWord), join(collected), regNext("write_enable", writes));
        readData.set(regNext("read_word", ram.read(readWord, Bit.of(true))));
    }

    /** Rotates towards higher lanes by {@code places}, or towards lower ones. */
    private static List<Bits> rotate(List<Bits> lanes, UInt places, boolean down) {
        int n = lanes.size();
        List<Bits> at = List.copyOf(lanes);
        for (int b = 0; (1 << b) < n; b++) {
            int by = down ? 1 << b : n - (1 << b);
            var next = new ArrayList<Bits>();
            for (int i = 0; i < n; i++) {
                next.add(places.bit(b).mux(at.get((i + by) % n), at.get(i)));
            }
            at = next;
        }
        return at;
    }
}
