package io.millrace.hdl.internal;

import io.millrace.hdl.internal.LeanAssembler.Condition;
import io.millrace.hdl.internal.LeanAssembler.Function;
import io.millrace.hdl.internal.LeanAssembler.InPort;
import io.millrace.hdl.internal.LeanAssembler.Strobe;
import java.util.ArrayList;
import java.util.List;

/**
 * The program of a {@link LeanPort}: section 8 of {@code docs/protocol.md} for a serial line, one slot each way. Three threads take turns where they yield, and
 * keep nothing in accumulator and index meanwhile: one receives packets and decides on them, one executes what is in the slot, one collects results and
 * sends. A loop that moves bytes takes about 20 clocks a byte, so that bytes of the line are taken in time while all three are at it.
 *
 * <p>The line keeps the order of what it carries, so numbers are told apart by their lowest bytes.
 */
final class LeanProgram {
    static final int THREADS = 3;

    /** Most data bytes of a packet from the host: with prefix, a length of one byte and a multiple of 4. */
    static final int DATA_BYTES_MAX = 236;

    private static final int LENGTH_MAX = DATA_BYTES_MAX + PacketFormat.PREFIX_BYTES;
    private static final int RESULT_BYTES_MAX = 32;
    private static final int PAGE = 256;
    private static final int HEADER_BYTES = 16;
    private static final int INFO_BYTES = 48;
    private static final int COUNTERS_BYTES = 24;
    private static final int ERROR_BYTES = 8;
    private static final int PREFIX = PacketFormat.PREFIX_BYTES;
    private static final int SECTION_BYTES = 16;

    private final LeanAssembler asm = new LeanAssembler();
    private final List<Integer> memory = new ArrayList<>();
    private final int wordBytes;

    // Page 0 is the slot. Page 1, what keeps its value from power-up first:
    private final int sent; // header of the packet being sent
    private final int info;
    private final int programId; // in INFO
    private final int session; // in the header of what is sent
    private final int clearAt; // pointer while the rest is cleared
    private final int complete; // whether the program named in INFO is there; if not, its last byte is wrong
    private final int lastOfId;
    private final int refusal; // ERROR of a refusal
    private final int acknowledged; // payload of ACK: whether the slot is full
    private final int full;
    private final int counters;
    private final int result; // prefix and data of the result
    private final int frame;
    private final int offset;
    private final int got; // header and short payload of the packet being received
    private final int base;
    private final int oldest;
    private final int receiveAt;
    private final int receiveEnd;
    private final int skipped;
    private final int other; // 0 if the packet is of the session
    private final int refused;
    private final int loading; // a program has begun in this session
    private final int dueInfo;
    private final int dueRefusal;
    private final int dueAck;
    private final int dueCounters;
    private final int dueResult;
    private final int waits; // a result packet is kept
    private final int wasSent;
    private final int collected;
    private final int sendAt;
    private final int sendEnd;
    private final int nextAt;
    private final int nextEnd;
    private final int countAt; // of a number that is counted on, for each thread
    private final int slotAt;
    private final int slotEnd;
    private final int slotType;
    private final int slotLength;
    private final int pointer; // of the executor
    private final int kept;
    private final int sectionAt;
    private final int section;
    private final int wordLength;
    private final int bytesLeft;
    private final List<Integer> words;

    LeanProgram(PacketFormat format, int wordBytes) {
        if (format.inBytes() != 1 || format.outBytes() != 1 || format.outputs() != 1 || wordBytes > 8) {
            throw new IllegalArgumentException("no lean port for beats of " + format.inBytes() + " and "
                    + format.outBytes() + " bytes, " + format.outputs() + " outputs, words of " + wordBytes + " bytes");
        }
        this.wordBytes = wordBytes;
        for (int i = 0; i < PAGE; i++) {
            memory.add(0);
        }
        sent = take(HEADER_BYTES);
        memory.set(sent, 0xA5);
        memory.set(sent + 1, 0x5A);
        memory.set(sent + 7, 0xFF);
        info = take(INFO_BYTES);
        fillInfo(format);
        programId = info + 20;
        session = sent + 8;
        dueInfo = take(1);
        clearAt = take(1);
        complete = take(1);
        lastOfId = take(1);
        refusal = take(ERROR_BYTES);
        acknowledged = take(8);
        full = acknowledged;
        counters = take(COUNTERS_BYTES);
        result = take(PREFIX + RESULT_BYTES_MAX);
        frame = result;
        offset = result + 12;
        got = take(HEADER_BYTES + 8);
        base = take(5); // with a byte for a carry that nobody reads
        oldest = take(5);
        receiveAt = take(1);
        receiveEnd = take(1);
        skipped = take(1);
        other = take(1);
        refused = take(1);
        loading = take(1);
        dueRefusal = take(1);
        dueAck = take(1);
        dueCounters = take(1);
        dueResult = take(1);
        waits = take(1);
        wasSent = take(1);
        collected = take(1);
        sendAt = take(1);
        sendEnd = take(1);
        nextAt = take(1);
        nextEnd = take(1);
        countAt = take(1);
        slotAt = take(1);
        slotEnd = take(1);
        slotType = take(1);
        slotLength = take(1);
        pointer = take(1);
        kept = take(1);
        sectionAt = take(1);
        section = take(SECTION_BYTES);
        wordLength = take(1);
        bytesLeft = take(1);
        if (memory.size() > 2 * PAGE) {
            throw new IllegalStateException(memory.size() + " bytes of RAM");
        }
        receive();
        decide();
        execute();
        load();
        send();
        collect();
        words = asm.program();
    }

    private int take(int bytes) {
        int at = memory.size();
        for (int i = 0; i < bytes; i++) {
            memory.add(0);
        }
        return at;
    }

    private void fillInfo(PacketFormat format) {
        memory.set(info, PacketFormat.VERSION);
        byte[] design = format.design().toBytes();
        for (int i = 0; i < design.length; i++) {
            memory.set(info + 4 + i, design[i] & 0xff);
        }
        memory.set(info + 36, DATA_BYTES_MAX);
        memory.set(info + 38, 1);
        memory.set(info + 39, 1);
        memory.set(info + 40, format.inBytes());
        memory.set(info + 42, format.codeBytes());
        memory.set(info + 43, format.frames());
        for (int i = 0; i < 4; i++) {
            memory.set(info + 44 + i, format.clockKhz() >>> 8 * i & 0xff);
        }
    }

    /** The RAM at power-up. */
    List<Integer> memory() {
        return List.copyOf(memory);
    }

    List<Integer> words() {
        return words;
    }

    /** Where a thread begins. */
    int entry(int thread) {
        return asm.address(
                switch (thread) {
                    case 0 -> "receive";
                    case 1 -> "execute";
                    default -> "send";
                });
    }

    // Receiver: section 8.3.

    private void receive() {
        asm.label("receive");
        for (int i = 0; i < 4; i++) {
            clear(session + i);
        }
        // Also what a new session forgets.
        asm.label("forget");
        asm.constantToX(Function.LOAD, refusal, 1);
        asm.label("clear");
        asm.store(clearAt);
        asm.storeZeroIndexed();
        load(clearAt);
        asm.constantToX(Function.ADD, 1, 1);
        asm.goUnless(Condition.ZERO, "clear");

        awaitLink("mark");
        asm.loadPort(InPort.LINK);
        xor(0xA5);
        asm.goUnless(Condition.ZERO, "mark");
        constant(got + 1);
        asm.store(receiveAt);
        constant(got + HEADER_BYTES);
        asm.label("got.bytes");
        asm.store(receiveEnd);
        receiveTo(1, receiveEnd);
        load(receiveAt);
        xor(got + HEADER_BYTES);
        asm.goUnless(Condition.ZERO, "padding");

        // What the header says; what is no header is dropped, at the latest by its CRC.
        load(got + 5);
        asm.goUnless(Condition.ZERO, "drop");
        load(got + 4);
        add(PAGE - 1 - LENGTH_MAX);
        asm.goIf(Condition.CARRY, "drop");
        clear(skipped);
        // The receiver's pointer and end count what is left unread.
        load(got + 4);
        asm.goIf(Condition.ZERO, "unread");
        load(got + 2);
        and(0x10);
        asm.goUnless(Condition.ZERO, "numbered");
        load(got + 4);
        add(PAGE - 9);
        asm.goIf(Condition.CARRY, "skip");
        constant(got + HEADER_BYTES);
        asm.direct(Function.ADD, got + 4);
        asm.go("got.bytes");
        asm.label("numbered");
        load(full);
        asm.goUnless(Condition.ZERO, "skip");
        asm.store(receiveAt);
        receiveTo(0, got + 4);
        asm.label("padding");
        load(got + 4);
        xor(0xFF);
        add(1);
        and(3);
        asm.go("unread");
        asm.label("skip");
        asm.store(skipped); // not zero
        load(got + 4);
        add(3);
        and(0xFC);

        // So many bytes and the CRC are left; meanwhile, whose packet it is.
        asm.label("unread");
        add(4);
        asm.store(receiveAt);
        for (int i = 0; i < 4; i++) {
            load(got + 8 + i);
            asm.direct(Function.XOR, session + i);
            if (i < 3) {
                asm.goUnless(Condition.ZERO, "compared");
            }
        }
        asm.label("compared");
        asm.store(other);
        awaitLink("unread.next");
        asm.loadPort(InPort.LINK);
        load(receiveAt);
        add(0xFF);
        asm.store(receiveAt);
        asm.goUnless(Condition.ZERO, "unread.next");
        asm.goIf(Condition.GOOD, "good");
        asm.label("drop");
        asm.strobe(Strobe.HUNT);
        asm.go("mark");
    }

    /** What an undamaged packet does. */
    private void decide() {
        asm.label("good");
        asm.strobe(Strobe.CLEAR_GOOD);
        load(got + 2);
        xor(PacketFormat.HELLO);
        asm.goIf(Condition.ZERO, "hello");
        load(other);
        asm.goUnless(Condition.ZERO, "mark");
        load(refused);
        asm.goIf(Condition.ZERO, "live");
        asm.store(dueRefusal);
        asm.go("mark");
        asm.label("live");
        load(got + 2);
        and(0x10);
        asm.goIf(Condition.ZERO, "unnumbered");
        asm.store(dueAck);
        load(skipped);
        asm.goUnless(Condition.ZERO, "mark");
        load(got + 12);
        asm.direct(Function.XOR, base);
        asm.goUnless(Condition.ZERO, "mark");
        load(got + 2);
        asm.store(slotType);
        load(got + 4);
        asm.store(slotLength);
        owe(full);
        asm.go("mark");

        asm.label("unnumbered");
        load(got + 2);
        xor(PacketFormat.STATUS);
        asm.goUnless(Condition.ZERO, "maybe.ack");
        owe(dueCounters);
        asm.go("mark");
        asm.label("maybe.ack");
        xor(PacketFormat.STATUS ^ PacketFormat.ACK);
        asm.goUnless(Condition.ZERO, "mark");
        load(got + 3);
        and(1);
        asm.goIf(Condition.ZERO, "acknowledges");
        asm.store(dueAck);
        asm.label("acknowledges");
        load(waits);
        asm.goIf(Condition.ZERO, "mark");
        load(got + 12);
        asm.direct(Function.XOR, oldest);
        asm.goIf(Condition.ZERO, "resend");
        // The host has the only result that is kept, if it lacks the next.
        load(oldest);
        add(1);
        asm.direct(Function.XOR, got + 12);
        asm.goUnless(Condition.ZERO, "mark");
        asm.store(waits);
        asm.go("mark");
        asm.label("resend");
        load(got + 20);
        and(1);
        asm.goIf(Condition.ZERO, "mark");
        asm.store(dueResult);
        asm.go("mark");

        asm.label("hello");
        owe(dueInfo);
        load(other);
        asm.goIf(Condition.ZERO, "mark");
        for (int i = 0; i < 4; i++) {
            load(got + 8 + i);
            asm.store(session + i);
        }
        asm.strobe(Strobe.RESTART);
        asm.go("forget");
    }

    /** Bytes of the line to where {@code receiveAt} points in a page, until it points where {@code end} says. */
    private void receiveTo(int page, int end) {
        String loop = asm.fresh("bytes");
        awaitLink(loop);
        follow(receiveAt, page);
        asm.direct(Function.XOR, end);
        asm.loadPort(InPort.LINK);
        asm.storeIndexed();
        asm.goUnless(Condition.ZERO, loop);
    }

    /** Where the receiver goes for another byte: it yields only while there is none, so that it catches up with the line. */
    private void awaitLink(String label) {
        String none = asm.fresh("none");
        asm.label(none);
        asm.strobe(Strobe.YIELD);
        asm.label(label);
        asm.goUnless(Condition.LINK_HAS_BYTE, none);
    }

    // Executor: section 8.4.

    private void execute() {
        asm.label("execute");
        asm.strobe(Strobe.YIELD);
        clear(slotAt);
        load(full);
        asm.goIf(Condition.ZERO, "execute");
        load(slotLength);
        asm.store(slotEnd);
        load(slotType);
        xor(0x10 | PacketFormat.DATA);
        asm.goIf(Condition.ZERO, "data");
        asm.goIf(Condition.CORE_RUNS, "format");
        load(slotType);
        xor(0x10 | PacketFormat.LOAD);
        asm.goIf(Condition.ZERO, "load");
        xor(PacketFormat.LOAD ^ PacketFormat.START);
        asm.goIf(Condition.ZERO, "start");

        // PROGRAM: identity of the design, that of the program, words.
        constant(info + 4);
        asm.store(pointer);
        asm.label("design");
        nextOfSlot();
        asm.store(kept);
        follow(pointer, 1);
        asm.loadIndexed();
        asm.direct(Function.XOR, kept);
        asm.goUnless(Condition.ZERO, "wrong.design");
        pause();
        load(pointer);
        xor(programId);
        asm.goUnless(Condition.ZERO, "design");
        clear(complete);
        owe(loading);
        constant(section);
        asm.store(sectionAt);
        // Its identity; the number of its words is that of the LOADs before START.
        constant(32);
        asm.store(slotEnd);
        constant(programId);
        asm.go("copy");

        asm.label("start");
        constant(PacketFormat.NO_PROGRAM);
        asm.store(refusal);
        load(loading);
        asm.goIf(Condition.ZERO, "start.again");
        // All that was numbered before START has been executed: the program is complete.
        clear(loading);
        owe(complete);
        load(lastOfId);
        asm.store(programId + 15);
        asm.label("start.again");
        load(complete);
        asm.goIf(Condition.ZERO, "refuse");
        constant(frame);

        // What is left of the slot to a place in page 1.
        asm.label("copy");
        asm.store(pointer);
        asm.label("copy.next");
        nextOfSlot();
        asm.store(kept);
        follow(pointer, 1);
        load(kept);
        asm.storeIndexed();
        pause();
        load(slotAt);
        asm.direct(Function.XOR, slotEnd);
        asm.goUnless(Condition.ZERO, "copy.next");
        load(slotEnd);
        xor(32);
        asm.goUnless(Condition.ZERO, "started");
        load(programId + 15);
        asm.store(lastOfId);
        xor(0xFF);
        asm.store(programId + 15);
        asm.go("done");
        asm.label("started");
        asm.strobe(Strobe.RUN);
        asm.go("done");

        asm.label("data");
        asm.goUnless(Condition.CORE_RUNS, "format");
        constant(PREFIX);
        asm.store(slotAt);
        asm.label("data.byte");
        pause();
        asm.goUnless(Condition.CORE_TAKES_BYTE, "data.byte");
        follow(slotAt, 0);
        asm.direct(Function.XOR, slotEnd);
        asm.loadIndexed();
        asm.strobe(Strobe.INPUT);
        asm.goUnless(Condition.ZERO, "data.byte");

        asm.label("done");
        clear(full);
        owe(dueAck);
        asm.constantToX(Function.LOAD, base, 1);
        count("execute");

        asm.label("wrong.design");
        constant(PacketFormat.WRONG_DESIGN);
        asm.store(refusal);
        asm.label("refuse");
        zero();
        asm.go("refuse.detail");
        asm.label("format");
        constant(PacketFormat.FORMAT);
        asm.store(refusal);
        load(slotType);
        asm.label("refuse.detail");
        asm.store(refusal + 4);
        clear(full);
        owe(dueRefusal);
        owe(refused);
        asm.go("execute");
    }

    /** The slot's next byte to the accumulator. */
    private void nextOfSlot() {
        follow(slotAt, 0);
        asm.loadIndexed();
    }

    /** Lets the others go on; a new session begins the executor anew meanwhile. */
    private void pause() {
        asm.strobe(Strobe.YIELD);
    }

    /**
     * LOAD. A section's header is four words: memory, first word, bits of a word, words; {@code sectionAt} is where its next byte goes, its end while
     * the words come. A word has four or eight bytes, and goes to the loader as it comes.
     */
    private void load() {
        asm.label("load");
        load(loading);
        asm.goIf(Condition.ZERO, "format");
        asm.label("load.byte");
        pause();
        load(sectionAt);
        xor(section + SECTION_BYTES);
        asm.goIf(Condition.ZERO, "load.data");
        nextOfSlot();
        asm.store(kept);
        follow(sectionAt, 1);
        load(kept);
        asm.storeIndexed();
        load(sectionAt);
        xor(section + SECTION_BYTES);
        asm.goUnless(Condition.ZERO, "load.next");
        pause();
        load(section);
        asm.strobe(Strobe.SET_MEMORY);
        load(section + 4);
        asm.strobe(Strobe.SET_ADDRESS);
        load(section + 5);
        asm.strobe(Strobe.SET_ADDRESS);
        // More than 32 bits: two parts.
        load(section + 8);
        add(PAGE - 33);
        constant(4);
        asm.goUnless(Condition.CARRY, "load.narrow");
        constant(8);
        asm.label("load.narrow");
        asm.store(wordLength);
        asm.store(bytesLeft);
        asm.go("load.check");

        asm.label("load.data");
        nextOfSlot();
        asm.strobe(Strobe.SHIFT);
        load(bytesLeft);
        add(0xFF);
        asm.store(bytesLeft);
        asm.goUnless(Condition.ZERO, "load.next");
        pause();
        load(wordLength);
        asm.store(bytesLeft);
        if (wordBytes == 8) {
            // The word's bytes move down to their places.
            xor(4);
            asm.goUnless(Condition.ZERO, "load.write");
            asm.strobe(Strobe.SHIFT);
            asm.strobe(Strobe.SHIFT);
            asm.strobe(Strobe.SHIFT);
            asm.strobe(Strobe.SHIFT);
            asm.label("load.write");
        }
        asm.strobe(Strobe.WRITE);
        pause();
        decrement(section + 12);
        asm.label("load.check");
        load(section + 12);
        asm.goUnless(Condition.ZERO, "load.next");
        load(section + 13);
        asm.goUnless(Condition.ZERO, "load.next");
        constant(section);
        asm.store(sectionAt);

        asm.label("load.next");
        pause();
        load(slotAt);
        asm.direct(Function.XOR, slotEnd);
        asm.goUnless(Condition.ZERO, "load.byte");
        asm.go("done");
    }

    // Sender: section 8.6.

    private void send() {
        asm.label("send");
        asm.strobe(Strobe.YIELD);
        load(dueInfo);
        asm.goUnless(Condition.ZERO, "send.info");
        load(dueRefusal);
        asm.goUnless(Condition.ZERO, "send.refusal");
        load(dueAck);
        asm.goUnless(Condition.ZERO, "send.ack");
        asm.strobe(Strobe.YIELD);
        load(dueCounters);
        asm.goUnless(Condition.ZERO, "send.counters");
        load(waits);
        asm.goIf(Condition.ZERO, "collect");
        load(dueResult);
        asm.goIf(Condition.ZERO, "send");

        clear(dueResult);
        number(oldest);
        owe(wasSent);
        constant(result);
        asm.store(nextAt);
        constant(PacketFormat.RESULT);
        asm.store(sent + 2);
        asm.strobe(Strobe.YIELD);
        load(collected);
        add(PREFIX);
        asm.go("send.length");

        asm.label("send.info");
        clear(dueInfo);
        packet(info, INFO_BYTES, PacketFormat.INFO);
        asm.label("send.refusal");
        clear(dueRefusal);
        constant(PacketFormat.ERROR);
        asm.store(sent + 2);
        constant(refusal);
        asm.go("send.eight");
        asm.label("send.counters");
        clear(dueCounters);
        packet(counters, COUNTERS_BYTES, PacketFormat.COUNTERS);
        asm.label("send.ack");
        clear(dueAck);
        number(base);
        constant(PacketFormat.ACK);
        asm.store(sent + 2);
        asm.strobe(Strobe.YIELD);
        constant(acknowledged);
        asm.label("send.eight");
        asm.store(nextAt);
        constant(ERROR_BYTES);

        asm.label("send.length");
        asm.store(sent + 4);
        add(3);
        and(0xFC);
        asm.direct(Function.ADD, nextAt);
        asm.store(nextEnd);
        asm.strobe(Strobe.YIELD);
        load(sent + 4);
        xor(0xFF);
        asm.store(sent + 6);
        constant(sent + HEADER_BYTES);
        asm.store(sendEnd);
        constant(sent);
        asm.store(sendAt);
        // Not before the last bit of the packet before.
        asm.label("send.begins");
        asm.strobe(Strobe.YIELD);
        asm.goUnless(Condition.LINK_TAKES_BYTE, "send.begins");
        asm.strobe(Strobe.BEGIN);
        asm.label("send.bytes");
        asm.strobe(Strobe.YIELD);
        asm.goUnless(Condition.LINK_TAKES_BYTE, "send.bytes");
        follow(sendAt, 1);
        asm.direct(Function.XOR, sendEnd);
        asm.loadIndexed();
        asm.strobe(Strobe.SEND);
        asm.goUnless(Condition.ZERO, "send.bytes");
        load(nextAt);
        asm.store(sendAt);
        load(nextEnd);
        asm.store(sendEnd);
        clear(nextEnd);
        load(sendEnd);
        asm.goUnless(Condition.ZERO, "send.bytes");
        constant(4);
        asm.label("send.crc");
        asm.store(sendAt);
        asm.label("send.crc.wait");
        asm.strobe(Strobe.YIELD);
        asm.goUnless(Condition.LINK_TAKES_BYTE, "send.crc.wait");
        constant(0xFF);
        asm.strobe(Strobe.SEND, Strobe.CHECKS);
        load(sendAt);
        add(0xFF);
        asm.goUnless(Condition.ZERO, "send.crc");
        asm.go("send");
    }

    /** The header's number; in packets without one it is the last that was sent, where nobody reads it. */
    private void number(int from) {
        for (int i = 0; i < 4; i++) {
            load(from + i);
            asm.store(sent + 12 + i);
        }
    }

    private void packet(int payload, int length, int type) {
        constant(type);
        asm.store(sent + 2);
        constant(payload);
        asm.store(nextAt);
        constant(length);
        asm.go("send.length");
    }

    /** Takes a byte of a result, if there is one and no packet of results is kept: section 8.5. */
    private void collect() {
        asm.label("collect");
        asm.goUnless(Condition.CORE_RUNS, "send");
        load(collected);
        asm.goIf(Condition.ZERO, "collects");
        load(wasSent);
        asm.goUnless(Condition.ZERO, "advance");
        asm.label("collects");
        asm.goUnless(Condition.CORE_HAS_BYTE, "send");
        clear(wasSent);
        zero();
        asm.goUnless(Condition.CORE_BYTE_IS_LAST, "not.last");
        constant(1);
        asm.label("not.last");
        asm.store(result + 10);
        load(collected);
        asm.constantToX(Function.ADD, result + PREFIX, 1);
        asm.loadPort(InPort.CORE);
        asm.storeIndexed();
        load(collected);
        add(1);
        asm.store(collected);
        load(result + 10);
        asm.goUnless(Condition.ZERO, "frame.ends");
        load(collected);
        xor(RESULT_BYTES_MAX);
        asm.goUnless(Condition.ZERO, "send");
        owe(waits);
        owe(dueResult);
        asm.go("send");
        asm.label("frame.ends");
        owe(waits);
        owe(dueResult);
        asm.constantToX(Function.LOAD, counters, 1);
        asm.go("send.count");

        // The host has the packet: the next begins where it ended.
        asm.label("advance");
        asm.constantToX(Function.LOAD, oldest, 1);
        count("advanced");
        asm.label("advanced");
        load(result + 10);
        asm.goIf(Condition.ZERO, "same.frame");
        clear(offset);
        clear(offset + 1);
        clear(collected);
        asm.constantToX(Function.LOAD, frame, 1);
        asm.go("send.count");
        asm.label("same.frame");
        load(collected);
        asm.direct(Function.ADD, offset);
        asm.store(offset);
        clear(collected);
        asm.goUnless(Condition.CARRY, "send");
        asm.constantToX(Function.LOAD, offset + 1, 1);
        asm.label("send.count");
        count("send");
    }

    // Small things.

    private void load(int address) {
        asm.direct(Function.LOAD, address);
    }

    private void constant(int value) {
        asm.constant(Function.LOAD, value);
    }

    private void zero() {
        constant(0);
    }

    private void add(int value) {
        asm.constant(Function.ADD, value);
    }

    private void xor(int value) {
        asm.constant(Function.XOR, value);
    }

    private void and(int value) {
        asm.constant(Function.AND, value);
    }

    private void owe(int due) {
        asm.storeBit(due, 1);
    }

    private void clear(int at) {
        asm.storeBit(at, 0);
    }

    /** X at where a pointer points, the pointer one on. */
    private void follow(int pointerAt, int page) {
        asm.directToX(Function.LOAD, pointerAt, page);
        add(1);
        asm.store(pointerAt);
    }

    /** Adds one to the number of some bytes that accumulator and index point at, then goes on at a label. */
    private void count(String then) {
        String loop = asm.fresh("count");
        asm.label(loop);
        asm.store(countAt);
        asm.loadIndexed();
        add(1);
        asm.storeIndexed();
        asm.goUnless(Condition.ZERO, then);
        load(countAt);
        asm.constantToX(Function.ADD, 1, 1);
        asm.go(loop);
    }

    /** Takes one from a number of two bytes that is not zero. */
    private void decrement(int at) {
        String enough = asm.fresh("enough");
        load(at);
        add(0xFF);
        asm.store(at);
        asm.goIf(Condition.CARRY, enough);
        load(at + 1);
        add(0xFF);
        asm.store(at + 1);
        asm.label(enough);
    }
}
