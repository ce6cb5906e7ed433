package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.Ram;
import io.millrace.hdl.bridge.UInt;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.ProgramLayout;
import io.millrace.scheduler.Timing;
import io.millrace.scheduler.Unit;
import java.util.ArrayList;

/** Takes rows from the host's stream, a beat in each cycle in which valid and ready are 1, and writes them to row memories. */
final class HostInUnit extends Block {
    final UnitPorts ports;
    final Bit valid;
    final Bits data;
    final Bit ready;
    final WritePorts writes;

    HostInUnit(String name, Machine machine, Unit.HostIn unit, ProgramBus.Shape shape) {
        super(name);
        var layout = ProgramLayout.of(machine);
        var limits = machine.limits();
        var fields = layout.sequence(unit);
        int a = machine.addressBits();
        ports = new UnitPorts(this, machine, unit, shape);
        valid = in("stream_valid", bit());
        data = in("stream_data", bits(unit.lanes() * machine.precision().bits()));

        ListHead head = inst("list_head", () -> new ListHead(name + "_list_head", machine, unit, shape));
        head.run.set(ports.run);
        ports.program.drive(head.program);
        Bit fire = wire("fire", bit());
        head.fire.set(fire);
        Bits h = head.descriptor;
        Bits active = reg("active", bits(h.width())).initial(0);
        UInt actor = reg("actor", uint(head.actor.width())).initial(0);
        Bit endsFrame = reg("ends_frame", bit()).initial(0);

        // Where each actor's next row goes.
        int actors = unit.capacity().actors();
        Ram places = ram("places", actors, a);
        Bits seen = state("seen", bits(actors), 0);
        // Read when it is needed: the previous firing, perhaps the same actor's, moves it in its last cycle.
        UInt stored = places.readNow(head.actor.resize(places.addressBits())).asUInt();
        UInt headPlace = seen.bit(head.actor.resize(indexBits(actors))).mux(stored, UInt.of(0, a));

        UInt headRows = head.endsFrame.mux(field(h, fields, "outRowsLast"), field(h, fields, "outRows"));
        Bits edgesOut = field(h, fields, "edgesOut").asBits();
        Bit running = state("running", bit(), 0);
        UInt row = reg("row", uint(limits.rows())).initial(0);
        UInt beat = reg("beat", uint(limits.positions())).initial(0);
        UInt place = reg("place", uint(a)).initial(0);
        UInt element = reg("element", uint(a)).initial(0);
        UInt rows = endsFrame.mux(field(active, fields, "outRowsLast"), field(active, fields, "outRows"));
        UInt nextPlace = wrapAdd(place, field(active, fields, "outPitch"), field(active, fields, "outSize"));

        fire.set(running.not().and(head.valid).and(ports.hasSpace(edgesOut, headRows)));
        Bit accepted = wire("accepted", running.and(valid));
        Bit lastBeat =
                wire("last_beat", beat.eq(field(active, fields, "rowBeats").minus(1)));
        Bit lastRow = wire("last_row", row.eq(rows.minus(1)));
        Bit done = wire("done", accepted.and(lastBeat).and(lastRow));
        when(accepted, () -> {
            beat.set(beat.plus(1));
            element.set(element.plus(UInt.of(unit.lanes(), a)));
            when(lastBeat, () -> {
                beat.set(0);
                element.set(0);
                row.set(row.plus(1));
                place.set(nextPlace);
            });
        });
        when(done, () -> running.set(0));
        places.write(actor.resize(places.addressBits()), nextPlace.asBits(), done);
        when(fire, () -> {
            running.set(1);
            active.set(h);
            actor.set(head.actor);
            endsFrame.set(head.endsFrame);
            place.set(headPlace);
            row.set(0);
            beat.set(0);
            element.set(0);
            seen.set(seen.or(Bits.of(1, actors).shiftLeft(head.actor)));
        });
        ready = out("stream_ready", running);

        ports.onOutputs(ports.reserved, fire, edgesOut, headRows);
        ports.onOutputs(
                ports.committed,
                delayPulse("commit", done, Timing.HOST_COMMIT - 1),
                delay("commit_edges", field(active, fields, "edgesOut").asBits(), Timing.HOST_COMMIT - 1),
                delay("commit_rows", rows, Timing.HOST_COMMIT - 1));
        ports.traceStart.set(delayPulse("trace_fired", fire, 1));
        ports.traceReadEnd.set(done);
        ports.traceCommit.set(delayPulse("trace_committed", done, Timing.HOST_COMMIT - 1));

        // The beat's address is known one cycle after it, its place in each memory one later.
        UInt at1 = regNext("at_1", place.plus(element));
        Bits active1 = regNext("active_1", active);
        var addresses = new ArrayList<UInt>();
        for (int k = 0; k < machine.memoriesFrom(unit.id()).size(); k++) {
            addresses.add(regNext("address_2_" + k, at1.plus(field(active1, fields, "outBase" + k))));
        }
        UInt lastElements = field(active, fields, "lastBeatElements");
        UInt count = lastBeat.mux(lastElements, UInt.of(unit.lanes(), lastElements.width()));
        writes = WritePorts.ports(
                this,
                delayPulse("write", accepted, 2),
                delay("memories", field(active, fields, "memoriesOut").asBits(), 2),
                addresses,
                delay("count", count, 2),
                delay("beat_data", data, 2));
        clearUnless(ports.run);
    }
}
