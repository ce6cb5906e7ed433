package io.millrace.boards.project;

import io.millrace.hdl.bridge.AsyncFifo;
import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.ClockDomain;
import io.millrace.hdl.bridge.Hardware;
import io.millrace.hdl.bridge.Type;
import io.millrace.hdl.bridge.UInt;
import java.util.stream.IntStream;

/**
 * An AXI4 master of the core's clock in the clock of a memory controller: a queue for each channel. Each channel keeps its order, which is all that AXI4 asks for.
 * Bursts are incrementing and of whole beats. A core's beat may be several of the memory's, lowest bytes first: a memory controller moves no more in one of its clocks, of which there may be more.
 */
final class AxiCrossing extends Hardware {
    static final String MODULE = "millrace_axi_crossing";
    private static final int SHALLOW = 4;
    private static final int DEEP = 64;
    private static final int LENGTH_BITS = 8;

    /** Towards the core: what it drives, and what it reads. */
    final UInt coreReadAddress;

    final UInt coreReadLength;
    final UInt coreReadId;
    final Bit coreReadAddressValid;
    final Bit coreReadAddressReady;
    final Bit coreReadValid;
    final Bits coreReadData;
    final UInt coreReadDataId;
    final UInt coreWriteAddress;
    final UInt coreWriteLength;
    final Bit coreWriteAddressValid;
    final Bit coreWriteAddressReady;
    final Bits coreWriteData;
    final Bit coreWriteLast;
    final Bit coreWriteValid;
    final Bit coreWriteReady;
    final Bit coreAnswered;

    /** Towards the memory. */
    final UInt readAddress;

    final UInt readLength;
    final UInt readId;
    final Bit readAddressValid;
    final Bit readAddressReady = in("m_arready", Type.bit());
    final Bit readValid = in("m_rvalid", Type.bit());
    final Bits readData;
    final UInt readDataId;
    final Bit readReady;
    final UInt writeAddress;
    final UInt writeLength;
    final Bit writeAddressValid;
    final Bit writeAddressReady = in("m_awready", Type.bit());
    final Bits writeData;
    final Bit writeLast;
    final Bit writeValid;
    final Bit writeReady = in("m_wready", Type.bit());
    final Bit answerValid = in("m_bvalid", Type.bit());
    final Bit answerReady;
    final Bit memoryClock;
    final Bit memoryReset;

    /** @param memoryBits of a beat on the memory's side: as many as the core's has, or a part of them */
    AxiCrossing(DramPins pins, int memoryBits) {
        super(MODULE);
        ClockDomain core = currentDomain();
        memoryClock = in("m_clk", Type.bit());
        memoryReset = in("m_reset", Type.bit());
        ClockDomain memory = clockDomain("memory", memoryClock, memoryReset);
        Type<UInt> address = Type.uint(pins.addressBits());
        Type<UInt> length = Type.uint(LENGTH_BITS);
        Type<UInt> id = Type.uint(pins.idBits());
        int parts = pins.dataBits() / memoryBits;

        coreReadAddress = in("c_araddr", address);
        coreReadLength = in("c_arlen", length);
        coreReadId = in("c_arid", id);
        coreReadAddressValid = in("c_arvalid", Type.bit());
        AsyncFifo reads = queue(
                "reads",
                SHALLOW,
                core,
                memory,
                Bits.concat(coreReadId.asBits(), coreReadLength.asBits(), coreReadAddress.asBits()),
                coreReadAddressValid);
        coreReadAddressReady = out("c_arready", reads.writeReady);
        readAddress =
                out("m_araddr", reads.readData.slice(0, pins.addressBits()).asUInt());
        readLength = out(
                "m_arlen",
                memoryLength(
                        reads.readData.slice(pins.addressBits(), LENGTH_BITS).asUInt(), parts));
        readId = out(
                "m_arid",
                reads.readData
                        .slice(pins.addressBits() + LENGTH_BITS, pins.idBits())
                        .asUInt());
        readAddressValid = out("m_arvalid", reads.readValid);
        reads.readReady.set(readAddressReady);

        readData = in("m_rdata", Type.bits(memoryBits));
        readDataId = in("m_rid", id);
        AsyncFifo beats = inst("beats", () -> new AsyncFifo(pins.idBits() + pins.dataBits(), DEEP, memory, core));
        Parts read = inDomain(memory, () -> joined(parts, beats.writeReady));
        beats.writeData.set(Bits.concat(readDataId.asBits(), read.data));
        beats.writeValid.set(readValid.and(read.last));
        readReady = out("m_rready", beats.writeReady.or(read.last.not()));
        coreReadData = out("c_rdata", beats.readData.slice(0, pins.dataBits()));
        coreReadDataId = out(
                "c_rid", beats.readData.slice(pins.dataBits(), pins.idBits()).asUInt());
        coreReadValid = out("c_rvalid", beats.readValid);
        // The core takes every beat when it comes.
        beats.readReady.set(true);

        coreWriteAddress = in("c_awaddr", address);
        coreWriteLength = in("c_awlen", length);
        coreWriteAddressValid = in("c_awvalid", Type.bit());
        AsyncFifo writes = queue(
                "writes",
                SHALLOW,
                core,
                memory,
                Bits.concat(coreWriteLength.asBits(), coreWriteAddress.asBits()),
                coreWriteAddressValid);
        coreWriteAddressReady = out("c_awready", writes.writeReady);
        writeAddress =
                out("m_awaddr", writes.readData.slice(0, pins.addressBits()).asUInt());
        writeLength = out(
                "m_awlen",
                memoryLength(
                        writes.readData.slice(pins.addressBits(), LENGTH_BITS).asUInt(), parts));
        writeAddressValid = out("m_awvalid", writes.readValid);
        writes.readReady.set(writeAddressReady);

        coreWriteData = in("c_wdata", Type.bits(pins.dataBits()));
        coreWriteLast = in("c_wlast", Type.bit());
        coreWriteValid = in("c_wvalid", Type.bit());
        AsyncFifo words =
                queue("words", DEEP, core, memory, Bits.concat(coreWriteLast.asBits(), coreWriteData), coreWriteValid);
        coreWriteReady = out("c_wready", words.writeReady);
        Parts written = inDomain(
                memory, () -> part(words.readData.slice(0, pins.dataBits()), parts, words.readValid.and(writeReady)));
        writeData = out("m_wdata", written.data);
        writeLast = out("m_wlast", words.readData.bit(pins.dataBits()).and(written.last));
        writeValid = out("m_wvalid", words.readValid);
        words.readReady.set(writeReady.and(written.last));

        AsyncFifo answers = queue("answers", SHALLOW, memory, core, Bits.of(1, 1), answerValid);
        answerReady = out("m_bready", answers.writeReady);
        coreAnswered = out("c_bvalid", answers.readValid.and(answers.readData.bit(0)));
        answers.readReady.set(true);
    }

    /** The length of a burst, which is its beats less one, in beats of the memory. */
    private static UInt memoryLength(UInt length, int parts) {
        int bits = Integer.numberOfTrailingZeros(parts);
        return bits == 0
                ? length
                : Bits.concat(length.slice(0, LENGTH_BITS - bits).asBits(), Bits.of(parts - 1, bits))
                        .asUInt();
    }

    /**
     * A beat, or a part of one.
     *
     * @param last whether the last part is there
     */
    private record Parts(Bits data, Bit last) {}

    /**
     * The core's beat of the parts that are read.
     *
     * @param ready whether there is room for a beat
     */
    private Parts joined(int parts, Bit ready) {
        if (parts == 1) {
            return new Parts(readData, Bit.of(true));
        }
        int bits = readData.width();
        UInt number = number("part_read", parts);
        Bit last = number.eq(parts - 1);
        Bits before = reg("parts_read", Type.bits((parts - 1) * bits));
        when(readValid.and(ready.or(last.not())), () -> {
            number.set(number.plus(1));
            before.set(parts == 2 ? readData : Bits.concat(readData, before.slice(bits, (parts - 2) * bits)));
        });
        return new Parts(Bits.concat(readData, before), last);
    }

    /** The part of the core's beat that is written next. */
    private Parts part(Bits beat, int parts, Bit moves) {
        if (parts == 1) {
            return new Parts(beat, Bit.of(true));
        }
        int bits = beat.width() / parts;
        UInt number = number("part_written", parts);
        when(moves, () -> number.set(number.plus(1)));
        var all = IntStream.range(0, parts)
                .mapToObj(i -> beat.slice(i * bits, bits))
                .toList();
        return new Parts(pick(number, all), number.eq(parts - 1));
    }

    /** The number of the part that moves next. */
    private UInt number(String name, int parts) {
        return reg(name, Type.uint(Integer.numberOfTrailingZeros(parts))).init(0);
    }

    private AsyncFifo queue(String name, int depth, ClockDomain from, ClockDomain to, Bits word, Bit valid) {
        AsyncFifo queue = inst(name, () -> new AsyncFifo(word.width(), depth, from, to));
        queue.writeData.set(word);
        queue.writeValid.set(valid);
        return queue;
    }
}
