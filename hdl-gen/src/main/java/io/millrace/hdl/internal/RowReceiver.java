package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.UInt;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.Timing;
import io.millrace.scheduler.Unit;
import java.util.ArrayList;

/** A unit that takes rows a beat at a time from outside the machine, and writes them to row memories. */
abstract class RowReceiver extends FiringUnit {
    /** Rows of the firing under way, and of the head. */
    final UInt rows;

    final UInt headRows;
    final Bit running;
    private final int lanes;
    private final boolean fixed;

    /** The last beat of a firing comes; the writes. */
    record Rows(Bit done, WritePorts writes) {}

    RowReceiver(String name, Machine machine, Unit unit, int lanes, ProgramSource source) {
        super(name, machine, unit, source);
        this.lanes = lanes;
        fixed = source.fixed();
        rows = endsFrame.mux(active.get("outRowsLast"), active.get("outRows"));
        headRows = head.endsFrame.mux(following.get("outRowsLast"), following.get("outRows"));
        running = state("running", bit(), 0);
    }

    /** Takes a beat in every cycle of a firing in which one is there. */
    final Rows receive(Bit valid, Bits data) {
        int a = machine.addressBits();
        // Where each actor's next row goes.
        int memories = machine.memoriesFrom(unit.id()).size();
        var place = OutputPlace.inMemories(this, active, unit.capacity().actors(), memories, false, fixed, false);
        // Read when it is needed: the previous firing, perhaps the same actor's, moves it in its last cycle.
        place.fetchNow(head.actor);

        var row = new StepCounter(this, "row", active.bits("outRows", "outRowsLast"), rows, fixed);
        var beat = new StepCounter(this, "beat", active.bits("rowBeats"), active.get("rowBeats"), fixed);
        UInt element = reg("element", uint(place.bits)).initial(0);

        Bit accepted = wire("accepted", running.and(valid));
        Bit lastBeat = beat.last;
        Bit done = wire("done", accepted.and(lastBeat).and(row.last));
        when(accepted, () -> {
            beat.next();
            element.set(element.plus(wrapping(lanes, place.bits)));
            when(lastBeat, () -> {
                beat.begin(active.get("rowBeats"));
                element.set(0);
                row.next();
                place.nextRow();
            });
        });
        when(done, () -> running.set(0));
        place.store(actor, done);
        when(fire, () -> {
            running.set(1);
            place.begin();
            row.begin(headRows);
            beat.begin(following.get("rowBeats"));
            element.set(0);
        });

        ports.commits(
                delayPulse("commit", done, Timing.HOST_COMMIT - Timing.TOKENS),
                active.ago("commit", Timing.HOST_COMMIT - Timing.TOKENS)
                        .get("edgesOut")
                        .asBits(),
                delay("commit_rows", rows, Timing.HOST_COMMIT - Timing.TOKENS));
        ports.traceStart.set(delayPulse("trace_fired", fire, 1));
        ports.traceReadEnd.set(done);
        ports.traceCommit.set(delayPulse("trace_committed", done, Timing.HOST_COMMIT - 1));

        // The beat's address is known one cycle after it, its place in each memory one later.
        Descriptor active1 = active.ago("beat_1", 1);
        var addresses = new ArrayList<UInt>();
        for (int k = 0; k < memories; k++) {
            UInt rowPlace = place.rows.get(k);
            UInt at1 = regNext(
                    "at" + k + "_1",
                    rowPlace.plus(element.resize(rowPlace.width())).resize(a));
            addresses.add(regNext("address_2_" + k, at1.plus(active1.get("outBase" + k))));
        }
        UInt lastElements = active.get("lastBeatElements");
        UInt count = lastBeat.mux(lastElements, UInt.of(lanes, lastElements.width()));
        var writes = WritePorts.ports(
                this,
                delayPulse("write", accepted, 2),
                active.ago("beat_2", 2).get("memoriesOut").asBits(),
                addresses,
                delay("count", count, 2),
                delay("beat_data", data, 2));
        return new Rows(done, writes);
    }
}
