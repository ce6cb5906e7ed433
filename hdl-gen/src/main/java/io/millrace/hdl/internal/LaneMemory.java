package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.Ram;
import io.millrace.hdl.bridge.UInt;
import io.millrace.scheduler.RowMemory;
import java.util.ArrayList;

/**
 * A row memory: one RAM a granule (one for all where only whole words are read), each with its own word address, and a rotator on either side, so that a run of elements starts
 * at any granule.
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
        // From here on a granule is what an element would be: no place of a run lies within one.
        int granule = memory.granule();
        int inGranule = Integer.numberOfTrailingZeros(granule);
        int lanes = memory.lanes() / granule;
        int ramBits = granule * elementBits;
        int laneBits = indexBits(lanes);
        int placeBits = Math.max(1, addressBits - inGranule);
        UInt writePlace = writeAddress.slice(inGranule, placeBits);
        UInt readPlace = readAddress.slice(inGranule, placeBits);
        var enable = new ArrayList<Bits>();
        for (int i = 0; i < Math.min(lanes, Math.ceilDiv(writeElements, granule)); i++) {
            enable.add(writeCount
                    .gt(UInt.of(i * granule, writeCount.width()))
                    .and(writeValid)
                    .asBits());
        }
        UInt writeLane = lanes == 1 ? UInt.of(0, 1) : writePlace.slice(0, laneBits);
        UInt writeWord = lanes == 1 ? writePlace : writePlace.slice(laneBits, placeBits - laneBits);
        var rotatedData =
                split(rotate("write_data", writeData.resize(lanes * ramBits), writeLane, lanes, false), lanes);
        var rotatedEnable = split(rotate("write_enable", join(enable).resize(lanes), writeLane, lanes, false), lanes);
        UInt readLane = lanes == 1 ? UInt.of(0, 1) : readPlace.slice(0, laneBits);
        UInt readWord = lanes == 1 ? readPlace : readPlace.slice(laneBits, placeBits - laneBits);
        UInt writeNext = wire("write_next", writeWord.plus(1));
        UInt readNext = wire("read_next", readWord.plus(1));

        var read = new ArrayList<Bits>();
        for (int lane = 0; lane < lanes; lane++) {
            Ram ram = ram("lane" + lane, memory.words(), ramBits);
            Bit wrapsWrite = lane < lanes - 1 ? UInt.of(lane, laneBits).lt(writeLane) : Bit.of(false);
            Bit wrapsRead = lane < lanes - 1 ? UInt.of(lane, laneBits).lt(readLane) : Bit.of(false);
            ram.write(
                    regNext("write_word" + lane, wrapsWrite.mux(writeNext, writeWord))
                            .resize(wordBits),
                    regNext("write_element" + lane, rotatedData.get(lane)),
                    regNext("write_enable" + lane, rotatedEnable.get(lane).bit(0)));
            read.add(ram.read(wrapsRead.mux(readNext, readWord).resize(wordBits), Bit.of(true)));
        }
        Bits rotated = rotate("read_data", join(read), regNext("read_lane", readLane), lanes, true);
        readData.set(regNext("read_rotated", rotated.resize(readElements * elementBits)));
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

    /**
     * Rotates lanes, the first being the lowest, towards higher lanes by {@code places}, or towards lower ones. All lanes are one word: a mux a lane would be most of a
     * machine's Verilog.
     */
    private Bits rotate(String name, Bits word, UInt places, int lanes, boolean down) {
        int laneBits = word.width() / lanes;
        Bits at = word;
        for (int b = 0; (1 << b) < lanes; b++) {
            int low = (down ? 1 << b : lanes - (1 << b)) * laneBits;
            Bits by = Bits.concat(at.slice(0, low), at.slice(low, at.width() - low));
            at = wire(name + "_by" + (1 << b), places.bit(b).mux(by, at));
        }
        return at;
    }
}
