package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.UInt;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.ProgramLayout;
import io.millrace.scheduler.Timing;
import java.util.ArrayList;
import java.util.List;

/**
 * The read port to DRAM, an AXI4 master: chooses among the fetchers in turn, one burst at a time, and gives each beat to the fetcher that asked. Beats are
 * always taken. When the machine is stopped, a burst that waits is still asked for and what is under way still comes, and is dropped; the machine may
 * be started again when {@link #idle} is 1.
 */
final class DramReader extends Block {
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

    DramReader(Machine machine) {
        super("millrace_dram_reader");
        var layout = ProgramLayout.of(machine);
        var clients = machine.streamed();
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
        Bit accepted = wire("accepted", waits.and(addressReady));
        when(accepted, () -> waits.set(0));
        when(chooses, () -> {
            waits.set(1);
            client.set(chosen);
            turn.set(chosen);
            burst.set(picked(chosen, bursts));
            count.set(picked(chosen, beats));
        });

        int underWayBits =
                indexBits(clients.stream().mapToInt(c -> c.fifoWords()).sum()) + 1;
        UInt underWay = reg("beats_under_way", uint(underWayBits)).init(0);
        underWay.set(underWay.plus(accepted.mux(count.resize(underWayBits), UInt.of(0, underWayBits)))
                .minus(dataValid.asUInt().resize(underWayBits)));
        idle = out("idle", waits.not().and(underWay.eq(0)));

        for (int k = 0; k < clients.size(); k++) {
            granted.add(out("granted" + k, accepted.and(client.eq(k))));
            arrives.add(out("arrives" + k, delayPulse("arrives" + k, dataValid.and(dataId.eq(k)), 1)));
        }
        data = out("data", regNext("data_1", dataIn));
        addressValid = out("ar_valid", waits);
        int low = layout.dramAddressBits() - ProgramLayout.BURST_BITS;
        address = out(
                "ar_address",
                low == 0 ? burst : Bits.concat(burst.asBits(), Bits.of(0, low)).asUInt());
        length = out("ar_length", count.minus(1).resize(8));
        addressId = out("ar_id", client);
        clearUnless(run);
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
