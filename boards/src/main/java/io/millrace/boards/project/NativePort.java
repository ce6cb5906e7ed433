package io.millrace.boards.project;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.Hardware;
import io.millrace.hdl.bridge.Ram;
import io.millrace.hdl.bridge.Type;
import io.millrace.hdl.bridge.UInt;
import java.util.ArrayList;
import java.util.List;

/**
 * An AXI4 slave on the user interface of Virtex-6's memory controller, which moves bursts of eight in two clocks, half a block in each. Its data come when they
 * come, so no more blocks are asked for than a buffer here holds. Writes and reads of one address keep the order that the AXI side sees: a write is answered when
 * the controller has it, which carries out requests in order.
 *
 * <p>Bursts are incrementing and of whole beats; one begins and ends at any beat. Beats are at most half a block wide.
 */
final class NativePort extends Hardware {
    static final String MODULE = "millrace_native_port";
    static final int COMMAND_BITS = 3;
    /** Transfers of a burst. */
    static final int BURST = 8;

    private static final int READ = 1;
    /** Blocks that may be on their way: twice a read's latency of some twenty clocks, at two clocks each. */
    private static final int BLOCKS = 16;

    private static final int LENGTH_BITS = 8;
    private static final int LEFT_BITS = LENGTH_BITS + 1;
    private static final int STATE_BITS = 3;
    private static final int IDLE = 0;
    private static final int FILL = 1;
    private static final int SEND = 2;
    private static final int COMMAND = 3;
    private static final int ANSWER = 4;

    /** The AXI side. */
    final UInt readAddress;

    final UInt readLength = in("s_arlen", Type.uint(LENGTH_BITS));
    final UInt readId;
    final Bit readAddressValid = in("s_arvalid", Type.bit());
    final Bit readAddressReady = out("s_arready", Type.bit());
    final Bits readData;
    final UInt readDataId;
    final Bit readValid = out("s_rvalid", Type.bit());
    final Bit readReady = in("s_rready", Type.bit());
    final UInt writeAddress;
    final UInt writeLength = in("s_awlen", Type.uint(LENGTH_BITS));
    final Bit writeAddressValid = in("s_awvalid", Type.bit());
    final Bit writeAddressReady = out("s_awready", Type.bit());
    final Bits writeData;
    final Bit writeValid = in("s_wvalid", Type.bit());
    final Bit writeReady = out("s_wready", Type.bit());
    final Bit answerValid = out("s_bvalid", Type.bit());
    final Bit answerReady = in("s_bready", Type.bit());

    /** The controller's side. */
    final Bits appAddress;

    final Bits appCommand = out("app_cmd", Type.bits(COMMAND_BITS));
    final Bit appEnable = out("app_en", Type.bit());
    final Bit appReady = in("app_rdy", Type.bit());
    final Bits appWriteData;
    final Bits appWriteMask;
    final Bit appWriteEnd = out("app_wdf_end", Type.bit());
    final Bit appWriteValid = out("app_wdf_wren", Type.bit());
    final Bit appWriteReady = in("app_wdf_rdy", Type.bit());
    final Bits appReadData;
    final Bit appReadValid = in("app_rd_data_valid", Type.bit());

    private final int beatBits;
    private final int halfBits;
    private final int beats;
    private final int positionBits;
    private final int blockShift;
    private final Type<UInt> position;
    private final Type<UInt> blockNumber;

    /**
     * @param addressBits of byte addresses of the whole memory
     * @param memoryBits width of the memory
     */
    NativePort(DramPins axi, int addressBits, int memoryBits) {
        super(MODULE);
        beatBits = axi.dataBits();
        halfBits = memoryBits * BURST / 2;
        beats = 2 * halfBits / beatBits;
        positionBits = Integer.numberOfTrailingZeros(beats);
        blockShift = Integer.numberOfTrailingZeros(memoryBits);
        position = Type.uint(positionBits);
        blockNumber = Type.uint(addressBits - blockShift);
        Type<UInt> address = Type.uint(addressBits);
        Type<UInt> id = Type.uint(axi.idBits());
        readAddress = in("s_araddr", address);
        readId = in("s_arid", id);
        readData = out("s_rdata", Type.bits(beatBits));
        readDataId = out("s_rid", id);
        writeAddress = in("s_awaddr", address);
        writeData = in("s_wdata", Type.bits(beatBits));
        appAddress = out("app_addr", Type.bits(appAddressBits(addressBits, memoryBits)));
        appWriteData = out("app_wdf_data", Type.bits(halfBits));
        appWriteMask = out("app_wdf_mask", Type.bits(halfBits / 8));
        appReadData = in("app_rd_data", Type.bits(halfBits));

        // A read that was shown and not taken stays; else writes go first.
        Bit held = reg("read_held", Type.bit()).init(0);
        Bit writeAsks = wire("write_asks", Type.bit());
        Bit writeGoes = wire("write_goes", writeAsks.and(held.not()));
        Bit readAsks = wire("read_asks", Type.bit());
        Bit readGoes = wire("read_goes", readAsks.and(writeGoes.not()));
        held.set(readGoes.and(appReady.not()));
        UInt writeBlock = writes(writeAsks, writeGoes.and(appReady));
        UInt readBlock = reads(readAsks, readGoes.and(appReady));
        appEnable.set(writeGoes.or(readGoes));
        appCommand.set(writeGoes.mux(Bits.of(0, COMMAND_BITS), Bits.of(READ, COMMAND_BITS)));
        UInt block = writeGoes.mux(writeBlock, readBlock);
        // The rank, of which there is one, and the column within a burst.
        appAddress.set(Bits.concat(Bits.of(0, 1), block.asBits(), Bits.of(0, Integer.numberOfTrailingZeros(BURST))));
    }

    /** Bits of the controller's addresses, which count words of the memory and have one more for its rank. */
    static int appAddressBits(int addressBits, int memoryBits) {
        return addressBits - Integer.numberOfTrailingZeros(memoryBits / 8) + 1;
    }

    private UInt blockOf(UInt address) {
        return address.slice(blockShift, blockNumber.width());
    }

    private UInt beatOf(UInt address) {
        return address.slice(blockShift - positionBits, positionBits);
    }

    /** Beats are gathered into a block; its halves are handed over before its command. */
    private UInt writes(Bit asks, Bit taken) {
        UInt state = reg("write_state", Type.uint(STATE_BITS)).init(IDLE);
        UInt block = reg("write_block", blockNumber);
        UInt at = reg("write_at", position);
        UInt left = reg("write_left", Type.uint(LEFT_BITS));
        Bit second = reg("write_second", Type.bit()).init(0);
        List<Bits> words = new ArrayList<>();
        List<Bit> kept = new ArrayList<>();
        for (int i = 0; i < beats; i++) {
            words.add(reg("write_word_" + i, Type.bits(beatBits)));
            kept.add(reg("write_kept_" + i, Type.bit()));
        }
        writeAddressReady.set(state.eq(IDLE));
        writeReady.set(state.eq(FILL));
        asks.set(state.eq(COMMAND));
        answerValid.set(state.eq(ANSWER));
        appWriteValid.set(state.eq(SEND));
        appWriteEnd.set(second);
        appWriteData.set(second.mux(halfOf(words, 1), halfOf(words, 0)));
        List<Bits> masks = kept.stream().map(this::maskOf).toList();
        appWriteMask.set(second.mux(halfOf(masks, 1), halfOf(masks, 0)));
        select(state)
                .is(IDLE, () -> {
                    block.set(blockOf(writeAddress));
                    at.set(beatOf(writeAddress));
                    left.set(writeLength.resize(LEFT_BITS).plus(1));
                    kept.forEach(it -> it.set(true));
                    when(writeAddressValid, () -> state.set(UInt.of(FILL, STATE_BITS)));
                })
                .is(
                        FILL,
                        () -> when(writeValid, () -> {
                            for (int i = 0; i < beats; i++) {
                                int slot = i;
                                when(at.eq(i), () -> {
                                    words.get(slot).set(writeData);
                                    kept.get(slot).set(false);
                                });
                            }
                            at.set(at.plus(1));
                            left.set(left.minus(1));
                            when(at.eq(beats - 1L).or(left.eq(1)), () -> state.set(UInt.of(SEND, STATE_BITS)));
                        }))
                .is(
                        SEND,
                        () -> when(appWriteReady, () -> {
                            second.set(second.not());
                            when(second, () -> state.set(UInt.of(COMMAND, STATE_BITS)));
                        }))
                .is(
                        COMMAND,
                        () -> when(taken, () -> {
                            block.set(block.plus(1));
                            kept.forEach(it -> it.set(true));
                            state.set(left.eq(0).mux(UInt.of(ANSWER, STATE_BITS), UInt.of(FILL, STATE_BITS)));
                        }))
                .otherwise(() -> when(answerReady, () -> state.set(UInt.of(IDLE, STATE_BITS))));
        return block;
    }

    private Bits maskOf(Bit kept) {
        int bytes = beatBits / 8;
        return kept.mux(Bits.of(0, bytes).not(), Bits.of(0, bytes));
    }

    /** The words of one half, the last above. */
    private Bits halfOf(List<Bits> words, int half) {
        return Bits.concat(
                words.subList(half * beats / 2, (half + 1) * beats / 2).reversed());
    }

    /** One side cuts bursts into blocks and notes which beats of each are wanted; the other hands these out of the buffer. */
    private UInt reads(Bit asks, Bit taken) {
        int countBits = Integer.numberOfTrailingZeros(BLOCKS);
        Type<UInt> pointer = Type.uint(countBits + 1);
        UInt noted = reg("blocks_noted", pointer).init(0);
        UInt retired = reg("blocks_retired", pointer).init(0);
        Ram notes = ram("notes", BLOCKS, 2 * positionBits + readId.width());
        notes.attribute("ram_style", "distributed");

        Bit busy = reg("read_busy", Type.bit()).init(0);
        UInt block = reg("read_block", blockNumber);
        UInt from = reg("read_from", position);
        UInt left = reg("read_left", Type.uint(LEFT_BITS));
        UInt id = reg("read_id", Type.uint(readId.width()));
        UInt here = wire("read_here", UInt.of(beats, LEFT_BITS).minus(from));
        Bit ends = wire("read_ends", left.le(here));
        UInt last = ends.mux(from.plus(left).minus(1).resize(positionBits), UInt.of(beats - 1L, positionBits));
        Bit full = noted.eq(retired.xor(UInt.of(BLOCKS, countBits + 1)));
        asks.set(busy.and(full.not()));
        readAddressReady.set(busy.not());
        notes.write(noted.resize(countBits), Bits.concat(id.asBits(), last.asBits(), from.asBits()), taken);
        when(taken, () -> {
            noted.set(noted.plus(1));
            block.set(block.plus(1));
            from.set(UInt.of(0, positionBits));
            left.set(left.minus(here));
            when(ends, () -> busy.set(false));
        });
        when(busy.not(), () -> {
            busy.set(readAddressValid);
            block.set(blockOf(readAddress));
            from.set(beatOf(readAddress));
            left.set(readLength.resize(LEFT_BITS).plus(1));
            id.set(readId);
        });
        handOut(notes.readNow(retired.resize(countBits)), noted.ne(retired), retired);
        return block;
    }

    private void handOut(Bits note, Bit known, UInt retired) {
        int countBits = Integer.numberOfTrailingZeros(2 * BLOCKS);
        Type<UInt> pointer = Type.uint(countBits + 1);
        UInt come = reg("halves_come", pointer).init(0);
        UInt gone = reg("halves_gone", pointer).init(0);
        Ram buffer = ram("buffer", 2 * BLOCKS, halfBits);
        buffer.attribute("ram_style", "distributed");
        buffer.write(come.resize(countBits), appReadData, appReadValid);
        when(appReadValid, () -> come.set(come.plus(1)));

        UInt first = note.slice(0, positionBits).asUInt();
        UInt last = note.slice(positionBits, positionBits).asUInt();
        Bit started = reg("handing_out", Type.bit()).init(0);
        Bit done = reg("handed_out", Type.bit()).init(0);
        UInt next = reg("next_beat", position);
        UInt at = wire("beat", started.mux(next, first));
        Bit second = wire("second_half", gone.bit(0));
        Bit there = wire("half_there", known.and(come.ne(gone)));
        Bit wanted = wire("half_wanted", done.not().and(at.bit(positionBits - 1).eq(second)));
        Bit given = wire("given", there.and(wanted).and(readReady));
        Bit isLast = at.eq(last);
        Bit endsHalf = beats == 2
                ? Bit.of(true)
                : at.slice(0, positionBits - 1).asBits().andReduce();
        Bit drop = wire("drop_half", there.and(wanted.not()).or(given.and(isLast.or(endsHalf))));
        Bit retire = wire("retire_block", drop.and(second));
        Bits half = buffer.readNow(gone.resize(countBits));
        List<Bits> choices = new ArrayList<>();
        for (int i = 0; i < beats / 2; i++) {
            choices.add(half.slice(i * beatBits, beatBits));
        }
        readValid.set(there.and(wanted));
        readData.set(beats == 2 ? choices.getFirst() : pick(at.slice(0, positionBits - 1), choices));
        readDataId.set(note.slice(2 * positionBits, readId.width()).asUInt());
        when(given, () -> {
            next.set(at.plus(1));
            started.set(true);
            done.set(isLast);
        });
        when(drop, () -> gone.set(gone.plus(1)));
        when(retire, () -> {
            retired.set(retired.plus(1));
            started.set(false);
            done.set(false);
        });
    }

    /** For the parent: joins the memory's side of the queues. */
    void join(AxiCrossing crossing) {
        readAddress.set(crossing.readAddress.resize(readAddress.width()));
        readLength.set(crossing.readLength);
        readId.set(crossing.readId);
        readAddressValid.set(crossing.readAddressValid);
        crossing.readAddressReady.set(readAddressReady);
        crossing.readData.set(readData);
        crossing.readDataId.set(readDataId);
        crossing.readValid.set(readValid);
        readReady.set(crossing.readReady);
        writeAddress.set(crossing.writeAddress.resize(writeAddress.width()));
        writeLength.set(crossing.writeLength);
        writeAddressValid.set(crossing.writeAddressValid);
        crossing.writeAddressReady.set(writeAddressReady);
        writeData.set(crossing.writeData);
        writeValid.set(crossing.writeValid);
        crossing.writeReady.set(writeReady);
        crossing.answerValid.set(answerValid);
        answerReady.set(crossing.answerReady);
    }

    /** For the parent: joins the controller. */
    void join(Mig6Controller controller) {
        controller.address.set(appAddress);
        controller.command.set(appCommand);
        controller.enable.set(appEnable);
        appReady.set(controller.ready);
        controller.writeData.set(appWriteData);
        controller.writeMask.set(appWriteMask);
        controller.writeEnd.set(appWriteEnd);
        controller.writeValid.set(appWriteValid);
        appWriteReady.set(controller.writeReady);
        appReadData.set(controller.readData);
        appReadValid.set(controller.readValid);
    }
}
