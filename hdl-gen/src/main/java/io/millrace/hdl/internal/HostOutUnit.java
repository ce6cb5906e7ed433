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
import java.util.List;

/** Reads rows from row memories and offers them to the host's stream through a small queue. */
final class HostOutUnit extends Block {
    final UnitPorts ports;
    final List<UInt> readAddresses = new ArrayList<>();
    final List<Bits> readData = new ArrayList<>();
    final Bit valid;
    final Bits data;
    /** 1 with the last beat of a tensor of a frame. */
    final Bit last;
    /** The tensor that the beat belongs to: number of the actor on this unit. */
    final UInt tensor;

    final Bit ready;

    HostOutUnit(String name, Machine machine, Unit.HostOut unit, ProgramBus.Shape shape) {
        super(name);
        var layout = ProgramLayout.of(machine);
        var limits = machine.limits();
        var fields = layout.sequence(unit);
        int a = machine.addressBits();
        int elementBits = machine.precision().bits();
        ports = new UnitPorts(this, machine, unit, shape);
        ready = in("stream_ready", bit());

        ListHead head = inst("list_head", () -> new ListHead(name + "_list_head", machine, unit, shape));
        head.run.set(ports.run);
        ports.program.drive(head.program);
        Bit fire = wire("fire", bit());
        head.fire.set(fire);
        Bits h = head.descriptor;
        Bits active = reg("active", bits(h.width())).initial(0);
        UInt actor = reg("actor", uint(head.actor.width())).initial(0);
        Bit endsFrame = reg("ends_frame", bit()).initial(0);
        UInt free = reg("free_rows", uint(limits.rows())).initial(0);
        UInt zeroRow = UInt.of(0, limits.rows());
        var place = new InputPlace(
                this,
                head,
                fire,
                unit.capacity().actors(),
                field(h, fields, "inStart"),
                zeroRow,
                new InputPlace.Step(
                        field(active, fields, "inAdvance"),
                        field(active, fields, "inAdvanceLast"),
                        field(active, fields, "inSize"),
                        zeroRow,
                        zeroRow,
                        endsFrame,
                        actor));

        Bit running = state("running", bit(), 0);
        UInt row = reg("row", uint(limits.rows())).initial(0);
        UInt beat = reg("beat", uint(limits.positions())).initial(0);
        UInt rowPlace = reg("row_place", uint(a)).initial(0);
        UInt position = reg("position", uint(limits.positions())).initial(0);
        UInt outstanding = state("outstanding", uint(indexBits(Timing.HOST_OUT_BEATS + 1)), 0);
        UInt rows = endsFrame.mux(field(active, fields, "rowsLast"), field(active, fields, "rows"));
        UInt edgeIn = field(h, fields, "edgeIn");

        Bit step = wire("step", running.and(outstanding.ne(Timing.HOST_OUT_BEATS)));
        Bit lastBeat =
                wire("last_beat", beat.eq(field(active, fields, "rowBeats").minus(1)));
        Bit lastRow = wire("last_row", row.eq(rows.minus(1)));
        Bit done = wire("done", step.and(lastBeat).and(lastRow));
        fire.set(running.not().or(done).and(head.valid).and(ports.hasRows(edgeIn, head.need)));
        when(step, () -> {
            beat.set(beat.plus(1));
            position.set(position.plus(wrapping(unit.lanes(), position.width())));
            when(lastBeat, () -> {
                beat.set(0);
                position.set(0);
                row.set(row.plus(1));
                rowPlace.set(wrapAdd(rowPlace, field(active, fields, "inRowStep"), field(active, fields, "inSize")));
            });
        });
        when(done, () -> running.set(0));
        when(fire, () -> {
            running.set(1);
            active.set(h);
            actor.set(head.actor);
            endsFrame.set(head.endsFrame);
            free.set(head.free);
            row.set(0);
            beat.set(0);
            position.set(0);
            rowPlace.set(place.headPlace);
        });

        ports.onInput(ports.claimed, fire, edgeIn, head.free);
        ports.onInput(
                ports.released,
                delayPulse("release", done, Timing.FREE - 1),
                delay("release_edge", field(active, fields, "edgeIn"), Timing.FREE - 1),
                delay("release_rows", free, Timing.FREE - 1));
        ports.traceStart.set(delayPulse("trace_fired", fire, 1));
        ports.traceReadEnd.set(done);
        ports.traceCommit.set(done);

        var memoriesIn = machine.memoriesInto(unit.id());
        Reader reader = inst("reader", () -> new Reader(name + "_reader", machine, memoriesIn, unit.lanes()));
        reader.memory.set(regNext("memory_1", field(active, fields, "memoryIn")));
        reader.base.set(regNext("base_1", field(active, fields, "inBase")));
        reader.size.set(regNext("size_1", field(active, fields, "inSize")));
        reader.row.set(regNext("row_place_1", rowPlace));
        reader.position.set(regNext("position_1", position));
        reader.rowIndex.set(zeroRow);
        reader.segmentRow.set(zeroRow);
        reader.segmentRowAddress.set(0);
        reader.segmentPosition.set(0);
        reader.inputRows.set(1);
        reader.rowElements.set(regNext("row_elements_1", field(active, fields, "rowElements")));
        reader.padValue.set(0);
        for (int k = 0; k < memoriesIn.size(); k++) {
            readAddresses.add(out("read_address" + k, reader.addresses.get(k)));
            Bits read = in("read_data" + k, bits(unit.lanes() * elementBits));
            readData.add(read);
            reader.data.get(k).set(read);
        }

        // The queue: pushed five cycles after a step, so that a beat can leave six after it.
        int beatBits = unit.lanes() * elementBits;
        int tensorBits = actor.width();
        Ram queue = ram("queue", Timing.HOST_OUT_BEATS, beatBits + 1 + tensorBits);
        UInt put = state("put", uint(queue.addressBits()), 0);
        UInt take = state("take", uint(queue.addressBits()), 0);
        UInt count = state("count", uint(queue.addressBits() + 1), 0);
        Bit push = delayPulse("push", step, 5);
        Bit offered = wire("offered", count.ne(0));
        Bit pop = wire("pop", offered.and(ready));
        Bit frameDone = delay("frame_done", done.and(endsFrame), 5);
        Bits tensorNow = delay("beat_tensor", actor.asBits(), 5);
        queue.write(put, Bits.concat(tensorNow, frameDone.asBits(), reader.elements), push);
        when(push, () -> put.set(put.plus(1)));
        when(pop, () -> take.set(take.plus(1)));
        count.set(count.plus(push.asUInt().resize(count.width()))
                .minus(pop.asUInt().resize(count.width())));
        outstanding.set(outstanding
                .plus(step.asUInt().resize(outstanding.width()))
                .minus(pop.asUInt().resize(outstanding.width())));
        Bits front = queue.readNow(take);
        valid = out("stream_valid", offered);
        data = out("stream_data", front.slice(0, beatBits));
        last = out("stream_last", front.bit(beatBits));
        tensor = out("stream_tensor", front.slice(beatBits + 1, tensorBits).asUInt());
        clearUnless(ports.run);
    }
}
