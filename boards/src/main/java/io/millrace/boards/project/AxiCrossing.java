package io.millrace.boards.project;

import io.millrace.hdl.bridge.AsyncFifo;
import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.ClockDomain;
import io.millrace.hdl.bridge.Hardware;
import io.millrace.hdl.bridge.Type;
import io.millrace.hdl.bridge.UInt;

/**
 * An AXI4 master of the core's clock in the clock of a memory controller: a queue for each channel. Each channel keeps its order, which is all that AXI4 asks for.
 * Bursts are incrementing and of whole beats.
 */
final class AxiCrossing extends Hardware {
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

    AxiCrossing(DramPins pins) {
        super("millrace_axi_crossing");
        ClockDomain core = currentDomain();
        memoryClock = in("m_clk", Type.bit());
        memoryReset = in("m_reset", Type.bit());
        ClockDomain memory = clockDomain("memory", memoryClock, memoryReset);
        Type<UInt> address = Type.uint(pins.addressBits());
        Type<UInt> length = Type.uint(LENGTH_BITS);
        Type<UInt> id = Type.uint(pins.idBits());

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
                "m_arlen", reads.readData.slice(pins.addressBits(), LENGTH_BITS).asUInt());
        readId = out(
                "m_arid",
                reads.readData
                        .slice(pins.addressBits() + LENGTH_BITS, pins.idBits())
                        .asUInt());
        readAddressValid = out("m_arvalid", reads.readValid);
        reads.readReady.set(readAddressReady);

        readData = in("m_rdata", Type.bits(pins.dataBits()));
        readDataId = in("m_rid", id);
        AsyncFifo beats = queue("beats", DEEP, memory, core, Bits.concat(readDataId.asBits(), readData), readValid);
        readReady = out("m_rready", beats.writeReady);
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
                writes.readData.slice(pins.addressBits(), LENGTH_BITS).asUInt());
        writeAddressValid = out("m_awvalid", writes.readValid);
        writes.readReady.set(writeAddressReady);

        coreWriteData = in("c_wdata", Type.bits(pins.dataBits()));
        coreWriteLast = in("c_wlast", Type.bit());
        coreWriteValid = in("c_wvalid", Type.bit());
        AsyncFifo words =
                queue("words", DEEP, core, memory, Bits.concat(coreWriteLast.asBits(), coreWriteData), coreWriteValid);
        coreWriteReady = out("c_wready", words.writeReady);
        writeData = out("m_wdata", words.readData.slice(0, pins.dataBits()));
        writeLast = out("m_wlast", words.readData.bit(pins.dataBits()));
        writeValid = out("m_wvalid", words.readValid);
        words.readReady.set(writeReady);

        AsyncFifo answers = queue("answers", SHALLOW, memory, core, Bits.of(1, 1), answerValid);
        answerReady = out("m_bready", answers.writeReady);
        coreAnswered = out("c_bvalid", answers.readValid.and(answers.readData.bit(0)));
        answers.readReady.set(true);
    }

    private AsyncFifo queue(String name, int depth, ClockDomain from, ClockDomain to, Bits word, Bit valid) {
        AsyncFifo queue = inst(name, () -> new AsyncFifo(word.width(), depth, from, to));
        queue.writeData.set(word);
        queue.writeValid.set(valid);
        return queue;
    }
}
