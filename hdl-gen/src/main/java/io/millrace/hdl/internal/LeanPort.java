package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.Ram;
import io.millrace.hdl.bridge.UInt;
import io.millrace.hdl.internal.LeanAssembler.Condition;
import io.millrace.hdl.internal.LeanAssembler.Function;
import io.millrace.hdl.internal.LeanAssembler.InPort;
import io.millrace.hdl.internal.LeanAssembler.Operand;
import io.millrace.hdl.internal.LeanAssembler.Strobe;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/**
 * The board's side of {@code docs/protocol.md} on a serial line, for the smallest parts: a sequencer of one accumulator that walks a fixed program,
 * {@link LeanProgram}, three threads of it in turn. Packets, counters and all that the protocol remembers lie in one block RAM; the CRCs are
 * worked out where the bits come and go. An instruction takes two clocks: its operand is read in the first.
 */
final class LeanPort extends Block {
    private static final int RAM_BYTES = 512;
    private static final int PROGRAM_WORDS = 512;

    final Bit uartRx;
    final Bit uartTx;

    final Bit run;
    final Bit setMemory;
    final Bit setAddress;
    final Bit shift;
    final Bit write;
    final Bits loadData;
    final Bit inValid;
    final Bits inData;
    final Bit inReady;
    final Bit outValid;
    final Bits outData;
    final Bit outLast;
    final Bit outReady;

    LeanPort(PacketFormat format, int wordBytes, int clocksPerBit) {
        super("lean_port");
        var program = new LeanProgram(format, wordBytes);
        uartRx = in("uart_rx", bit());
        inReady = in("in_ready", bit());
        outValid = in("out_valid", bit());
        outData = in("out_data", bits(8));
        outLast = in("out_last", bit());
        SerialReceiver receiver = inst("receiver", () -> new SerialReceiver(clocksPerBit));
        SerialSender sender = inst("sender", () -> new SerialSender(clocksPerBit));
        receiver.line.set(uartRx);
        uartTx = out("uart_tx", sender.line);

        int a = LeanAssembler.ADDRESS_BITS;
        Bit executes = reg("executes", bit()).init(0);
        Bit begun = reg("begun", bit()).init(0);
        Bits accumulator = reg("accumulator", bits(8)).initial(0);
        Bits index = reg("index", bits(a)).initial(0);
        Bit zero = reg("zero", bit()).initial(0);
        Bit carry = reg("carry", bit()).initial(0);
        Bit runs = reg("runs", bit()).init(0);
        List<UInt> at = new ArrayList<>();
        for (int thread = 0; thread < LeanProgram.THREADS; thread++) {
            at.add(reg("at" + thread, uint(a)).init(program.entry(thread)));
        }
        executes.set(executes.not());

        // The instruction, and what it reads.
        UInt next = wire("next", uint(a));
        Ram code = ram("code", PROGRAM_WORDS, 16);
        code.init(program.words().stream().map(BigInteger::valueOf).toList());
        code.attribute("ram_style", "block");
        Bits instruction = code.read(next, executes.or(begun.not()));
        Bits kind = instruction.slice(14, 2);
        Bit computes = wire("computes", kind.eq(0));
        Bit stores = wire("stores", kind.eq(1));
        Bit jumps = wire("jumps", kind.eq(2));
        Bit strobes = wire("strobes", kind.eq(3).and(executes));
        Bits operandKind = instruction.slice(10, 2);
        Bit indexed = operandKind.eq(Operand.INDEXED.ordinal());
        Bits literal = instruction.slice(0, 8);
        UInt address = wire(
                "address",
                indexed.mux(index, Bits.concat(Bits.of(1, 1), literal)).asUInt());
        Ram bytes = ram("bytes", RAM_BYTES, 8);
        bytes.init(program.memory().stream().map(BigInteger::valueOf).toList());
        Bits read = bytes.read(address, executes.not());
        Bits stored = instruction
                .bit(13)
                .mux(Bits.concat(Bits.of(0, 7), instruction.bit(12).asBits()), accumulator);
        bytes.write(address, stored, stores.and(executes));

        // Functions.
        Bit fromCore = instruction.bit(0);
        Bits port = fromCore.mux(outData, receiver.data);
        Bits other = instruction.bit(11).mux(port, literal);
        Bits operand = wire("operand", operandKind.eq(0).or(indexed).mux(read, other));
        UInt sum = wire("sum", accumulator.asUInt().plusCarry(operand.asUInt()));
        Bits function = instruction.slice(12, 2);
        Bits result = wire("result", bits(8));
        select(function.asUInt())
                .is(Function.LOAD.ordinal(), () -> result.set(operand))
                .is(Function.ADD.ordinal(), () -> result.set(sum.slice(0, 8).asBits()))
                .is(Function.XOR.ordinal(), () -> result.set(accumulator.xor(operand)))
                .otherwise(() -> result.set(accumulator.and(operand)));
        when(computes.and(executes), () -> {
            accumulator.set(result);
            when(
                    instruction.bit(9),
                    () -> index.set(Bits.concat(instruction.bit(8).asBits(), result)));
            when(instruction.bit(11).not(), () -> {
                zero.set(result.orReduce().not());
                when(function.eq(Function.ADD.ordinal()), () -> carry.set(sum.bit(8)));
            });
        });

        // Where it goes on.
        var conditions = new ArrayList<Bit>();
        for (Condition condition : Condition.values()) {
            conditions.add(
                    switch (condition) {
                        case ALWAYS -> Bit.of(true);
                        case ZERO -> zero;
                        case CARRY -> carry;
                        case LINK_HAS_BYTE -> receiver.full;
                        case LINK_TAKES_BYTE -> sender.ready;
                        case CORE_TAKES_BYTE -> inReady;
                        case CORE_HAS_BYTE -> outValid;
                        case CORE_BYTE_IS_LAST -> outLast;
                        case CORE_RUNS -> runs;
                        case GOOD -> receiver.good;
                    });
        }
        Bit condition = wire(
                "condition", joinBits(conditions).bit(instruction.slice(10, 4).asUInt()));
        Bit jump = wire("jump", jumps.and(condition.xor(instruction.bit(9))));
        UInt here = at.getFirst();
        UInt after = wire("after", jump.mux(instruction.slice(0, a).asUInt(), here.plus(1)));
        Bit yields = wire("yields", kind.eq(3).and(instruction.bit(Strobe.YIELD.bit)));
        next.set(begun.mux(yields.mux(at.get(1), after), here));
        when(executes.and(begun), () -> {
            here.set(next);
            when(yields, () -> {
                for (int thread = 1; thread < LeanProgram.THREADS; thread++) {
                    UInt from = thread + 1 < LeanProgram.THREADS ? at.get(thread + 1) : after;
                    at.get(thread).set(from);
                }
            });
        });
        // The first instruction is read before it is executed.
        when(begun.not(), () -> {
            begun.set(1);
            executes.set(0);
        });

        // What it does.
        Bit takes = computes.and(executes).and(operandKind.eq(Operand.PORT.ordinal()));
        receiver.take.set(takes.and(fromCore.eq(InPort.CORE.ordinal()).not()));
        receiver.hunt.set(strobe(strobes, instruction, Strobe.HUNT));
        receiver.clearGood.set(strobe(strobes, instruction, Strobe.CLEAR_GOOD));
        sender.begin.set(strobe(strobes, instruction, Strobe.BEGIN));
        sender.send.set(strobe(strobes, instruction, Strobe.SEND));
        sender.checks.set(instruction.bit(Strobe.CHECKS.bit));
        sender.data.set(accumulator);
        when(strobe(strobes, instruction, Strobe.RUN), () -> runs.set(1));
        when(strobe(strobes, instruction, Strobe.RESTART), () -> {
            runs.set(0);
            for (int thread = 1; thread < LeanProgram.THREADS; thread++) {
                at.get(thread).set(program.entry(thread));
            }
        });
        run = out("run", runs);
        setMemory = out("load_set_memory", strobe(strobes, instruction, Strobe.SET_MEMORY));
        setAddress = out("load_set_address", strobe(strobes, instruction, Strobe.SET_ADDRESS));
        shift = out("load_shift", strobe(strobes, instruction, Strobe.SHIFT));
        write = out("load_write", strobe(strobes, instruction, Strobe.WRITE));
        loadData = out("load_data", accumulator);
        inValid = out("in_valid", strobe(strobes, instruction, Strobe.INPUT));
        inData = out("in_data", accumulator);
        outReady = out("out_ready", takes.and(fromCore));
    }

    private static Bit strobe(Bit strobes, Bits instruction, Strobe which) {
        return strobes.and(instruction.bit(which.bit));
    }
}
