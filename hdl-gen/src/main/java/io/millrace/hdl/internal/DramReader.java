package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.Ram;
import io.millrace.hdl.bridge.UInt;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.ProgramLayout;
import io.millrace.scheduler.RowMemory;
import io.millrace.scheduler.Timing;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The port to DRAM, an AXI4 master: chooses among its clients in turn, one burst at a time, gives each beat that is read to the client that asked, and
 * takes the beats that store units write. Beats that are read are always taken. When the machine is stopped, a burst that waits is still asked for and what is under way still moves,
 * and is dropped; the machine may be started again when {@link #idle} is 1.
 */
final class DramReader extends Block {
    /** Of the number of bursts that are written and not answered: more than any memory takes at once. */
    private static final int UNANSWERED_BITS = 16;

    final Bit run;
    final List<Bit> requests = new ArrayList<>();
    final List<UInt> bursts = new ArrayList<>();
    final List<UInt> beats = new ArrayList<>();
    final List<Bit> granted = new ArrayList<>();
    final List<Bit> arrives = new ArrayList<>();
    /** The word that arrives. */
    final Bits data;

    final Bit addressReady;
    final Bit addressValid;
    final UInt address;
    /** Beats less one. */
    final UInt length;

    final UInt addressId;
    final Bit dataValid;
    final Bits dataIn;
    final UInt dataId;
    final Bit idle;
    /** Bursts of several store units that are written and not answered, as many as are known by whom; the next one waits. */
    private static final int WRITERS_KNOWN = 128;

    /** Of a machine that spills maps. */
    private @Nullable Writing writing;

    /**
     * The write side.
     *
     * @param addressValid a burst waits to be accepted; its address and beats are those of the read side
     * @param dataValid a beat waits to be taken, {@code last} the last one of its burst
     * @param answer a burst is answered
     * @param writer number among the clients of the store unit whose beat it is
     * @param moves the beat is taken
     * @param stores what each store unit is told, in their order
     * @param beat its number in DRAM
     * @param idle nothing is being written
     */
    record Writing(
            Bit addressReady,
            Bit addressValid,
            Bit dataReady,
            Bit dataValid,
            Bit last,
            Bit answer,
            UInt writer,
            Bit moves,
            List<ToStore> stores,
            UInt beat,
            Bit idle) {}

    /**
     * What a store unit is told.
     *
     * @param moves a beat is taken, {@code written} the last one of a burst
     * @param answered a burst is answered
     */
    record ToStore(Bit moves, Bit written, Bit answered) {}

    DramReader(Machine machine) {
        super("millrace_dram_reader");
        var layout = ProgramLayout.of(machine);
        var clients = machine.dramClients();
        var port = machine.dram();
        int idBits = indexBits(clients.size());
        int beatBits = Timing.log2Of(port.burstBeats()) + 1;
        run = in("run", bit());
        addressReady = in("ar_ready", bit());
        dataValid = in("r_valid", bit());
        dataIn = in("r_data", bits(port.dataBytes() * 8));
        dataId = in("r_id", uint(idBits));
        for (int k = 0; k < clients.size(); k++) {
            requests.add(in("request" + k, bit()));
            bursts.add(in("burst" + k, uint(ProgramLayout.BURST_BITS)));
            beats.add(in("beats" + k, uint(beatBits)));
        }

        Bit waits = reg("burst_waits", bit()).init(0);
        UInt burst = reg("burst", uint(ProgramLayout.BURST_BITS)).initial(0);
        UInt count = reg("burst_beats", uint(beatBits)).initial(0);
        UInt client = reg("client", uint(idBits)).initial(0);
        UInt turn = state("turn", uint(idBits), clients.size() - 1);
        UInt chosen = wire("chosen", choice(turn, idBits));
        Bit chooses = wire("chooses", run.and(waits.not()).and(any(requests)));
        Bit accepted = wire("accepted", bit());
        Bit reads = wire("reads", bit());
        when(accepted, () -> waits.set(0));
        when(chooses, () -> {
            waits.set(1);
            client.set(chosen);
            turn.set(chosen);
            burst.set(picked(chosen, bursts));
            count.set(picked(chosen, beats));
        });

        int underWayBits = underWayBits(machine);
        UInt underWay = reg("beats_under_way", uint(underWayBits)).init(0);
        underWay.set(underWay.plus(accepted.and(reads).mux(count.resize(underWayBits), UInt.of(0, underWayBits)))
                .minus(dataValid.asUInt().resize(underWayBits)));
        var stores = machine.stores().stream().map(clients::indexOf).toList();
        if (stores.isEmpty()) {
            reads.set(1);
            accepted.set(waits.and(addressReady));
            idle = out("idle", waits.not().and(underWay.eq(0)));
        } else {
            Bit writes = wire("writes", any(stores.stream().map(client::eq).toList()));
            reads.set(writes.not());
            Writing w = writing(stores, waits.and(writes), client, burst, count);
            writing = w;
            accepted.set(waits.and(writes.mux(w.addressReady, addressReady)));
            idle = out("idle", waits.not().and(underWay.eq(0)).and(w.idle));
        }

        for (int k = 0; k < clients.size(); k++) {
            granted.add(out("granted" + k, accepted.and(client.eq(k))));
            Bit arrivesHere = dataValid.and(dataId.eq(k));
            arrives.add(
                    stores.contains(k) ? Bit.of(false) : out("arrives" + k, delayPulse("arrives" + k, arrivesHere, 1)));
        }
        data = out("data", regNext("data_1", dataIn));
        addressValid = out("ar_valid", waits.and(reads));
        int low = layout.dramAddressBits() - ProgramLayout.BURST_BITS;
        address = out(
                "ar_address",
                low == 0 ? burst : Bits.concat(burst.asBits(), Bits.of(0, low)).asUInt());
        length = out("ar_length", count.minus(1).resize(8));
        addressId = out("ar_id", client);
        clearUnless(run);
    }

    /** Bits of the number of beats that can be under way: what FIFOs hold, and a firing of a load unit. */
    private static int underWayBits(Machine machine) {
        int fifos = machine.streamed().stream().mapToInt(c -> c.fifoWords()).sum();
        int firing = machine.stores().isEmpty()
                ? 0
                : machine.memories().stream()
                        .filter(machine::inDram)
                        .mapToInt(RowMemory::words)
                        .sum();
        return indexBits(fifos + firing) + 1;
    }

    /** The write side of a machine that spills maps. */
    Writing writing() {
        if (writing == null) {
            throw new IllegalStateException("a port that nothing is written through");
        }
        return writing;
    }

    /**
     * @param stores numbers among the clients
     * @param wanted a burst of the client waits to be accepted
     */
    private Writing writing(List<Integer> stores, Bit wanted, UInt client, UInt burst, UInt count) {
        Bit addressReady = in("aw_ready", bit());
        Bit dataReady = in("w_ready", bit());
        Bit answer = in("b_valid", bit());
        boolean several = stores.size() > 1;
        int beatBits = count.width();
        int inBurst = beatBits - 1;
        UInt left = reg("write_beats_left", uint(beatBits)).init(0);
        UInt beat = reg("beat_now", uint(ProgramLayout.BURST_BITS + inBurst)).initial(0);
        UInt unanswered = reg("unanswered", uint(UNANSWERED_BITS)).init(0);
        UInt writer = reg("writer", uint(client.width())).initial(stores.getFirst());
        Bit asks = several ? wire("write_asks", wanted.and(unanswered.lt(WRITERS_KNOWN))) : wanted;
        Bit accepted = wire("write_accepted", asks.and(addressReady));
        Bit valid = reg("write_valid", bit()).init(0);
        Bit last = wire("write_last", left.eq(1));
        Bit moves = wire("write_moves", valid.and(dataReady));
        // While a program is loaded, answers are to its writer.
        Bit mine = wire("write_answered", answer.and(unanswered.ne(0)));
        when(moves, () -> {
            valid.set(last.not());
            left.set(left.minus(1));
            beat.set(beat.plus(1));
        });
        when(accepted, () -> {
            left.set(count);
            valid.set(1);
            writer.set(client);
            beat.set(
                    inBurst == 0
                            ? burst
                            : Bits.concat(burst.asBits(), Bits.of(0, inBurst)).asUInt());
        });
        unanswered.set(unanswered
                .plus(accepted.asUInt().resize(UNANSWERED_BITS))
                .minus(mine.asUInt().resize(UNANSWERED_BITS)));
        UInt answersTo = several ? answersTo(accepted, client, mine) : writer;
        var told = new ArrayList<ToStore>();
        for (int k : stores) {
            Bit its = several ? writer.eq(k) : Bit.of(true);
            Bit toIt = several ? mine.and(answersTo.eq(k)) : mine;
            told.add(new ToStore(
                    out("moves" + k, moves.and(its)),
                    out("written" + k, moves.and(last).and(its)),
                    out("answered" + k, delayPulse("answered" + k, toIt, 1))));
        }
        return new Writing(
                addressReady,
                out("aw_valid", asks),
                dataReady,
                out("w_valid", valid),
                out("w_last", last),
                answer,
                out("writer_now", writer),
                out("moves", moves),
                List.copyOf(told),
                out("write_beat", beat),
                out("writes_idle", left.eq(0).and(unanswered.eq(0)).and(wanted.not())));
    }

    /** The client whose burst is answered next: answers come in the order of the bursts. */
    private UInt answersTo(Bit accepted, UInt client, Bit answered) {
        Ram writers = ram("writers", WRITERS_KNOWN, client.width());
        UInt put = reg("writers_put", uint(writers.addressBits())).init(0);
        UInt take = reg("writers_take", uint(writers.addressBits())).init(0);
        writers.write(put, client.asBits(), accepted);
        when(accepted, () -> put.set(put.plus(1)));
        when(answered, () -> take.set(take.plus(1)));
        return writers.readNow(take).asUInt();
    }

    /** The first request behind the one chosen last, around in a circle. */
    private UInt choice(UInt turn, int idBits) {
        UInt first = UInt.of(0, idBits);
        UInt behind = UInt.of(0, idBits);
        Bit anyBehind = Bit.of(false);
        for (int k = requests.size() - 1; k >= 0; k--) {
            UInt id = UInt.of(k, idBits);
            Bit later = k == 0 ? Bit.of(false) : requests.get(k).and(turn.lt(k));
            first = requests.get(k).mux(id, first);
            behind = later.mux(id, behind);
            anyBehind = anyBehind.or(later);
        }
        return anyBehind.mux(behind, first);
    }

    private static UInt picked(UInt index, List<UInt> choices) {
        UInt value = choices.getLast();
        for (int k = choices.size() - 2; k >= 0; k--) {
            value = index.eq(k).mux(choices.get(k), value);
        }
        return value;
    }
}
