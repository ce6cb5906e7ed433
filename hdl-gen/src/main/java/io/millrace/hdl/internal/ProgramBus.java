package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.Ram;
import io.millrace.hdl.bridge.Type;
import io.millrace.hdl.bridge.UInt;

/**
 * The broadcast bus on which the loader writes program memories: one word in a cycle in which {@code write} is 1.
 */
record ProgramBus(Bit write, UInt memory, UInt address, Bits data) {
    /** Widths of the bus. */
    record Shape(int memoryBits, int addressBits, int dataBits) {}

    /** Input ports for a bus on a block. */
    static ProgramBus ports(Block block, Shape shape) {
        return new ProgramBus(
                block.port("program_write", Type.bit()),
                block.port("program_memory", Type.uint(shape.memoryBits())),
                block.port("program_address", Type.uint(shape.addressBits())),
                block.port("program_data", Type.bits(shape.dataBits())));
    }

    Shape shape() {
        return new Shape(memory.width(), address.width(), data.width());
    }

    /** Drives the ports of a child from this bus. */
    void drive(ProgramBus child) {
        child.write.set(write);
        child.memory.set(memory);
        child.address.set(address);
        child.data.set(data);
    }

    /** Whether a word of the memory is being written. */
    Bit writes(int memoryId) {
        return write.and(memory.eq(memoryId));
    }

    /** Connects a memory to the bus. */
    void fill(Ram ram, int memoryId) {
        ram.write(address.resize(ram.addressBits()), data.resize(ram.wordBits()), writes(memoryId));
    }
}
