package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.Ram;
import io.millrace.hdl.bridge.UInt;
import io.millrace.scheduler.Machine;
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

    HostOutUnit(String name, Machine machine, Unit.HostOut unit, ProgramSource source) {
        super(name);
        var limits = machine.limits();
        int elementBits = machine.precision().bits();
        ports = new UnitPorts(this, machine, unit, source);
        ready = in("stream_ready", bit());

        ListHead head = inst("list_head", () -> new ListHead(name + "_list_head", machine, unit, source));
        head.run.set(ports.run);
        ports.program.drive(head.program);
        Bit fire = wire("fire", bit());
        head.fire.set(fire);
        Descriptor following = head.descriptor(this, machine, unit, source);
        UInt actor = reg("actor", uint(head.actor.width())).initial(0);
        Descriptor active = following.held("active", fire);
        int placeBits = following.placeBits("inSize");
        Bit endsFrame = reg("ends_frame", bit()).initial(0);
        UInt free = reg("free_rows", uint(head.freeBits)).initial(0);
        UInt zeroRow = UInt.of(0, limits.rows());
        var place = new InputPlace(
                this,
                head,
                fire,
                unit.capacity().actors(),
                List.of(new InputPlace.Input(
                        following.get("inStart").resize(placeBits),
                        active.get("inAdvance").resize(placeBits),
                        active.get("inAdvanceLast").resize(placeBits),
                        active.get("inSize"))),
                zeroRow,
                new InputPlace.Step(zeroRow, zeroRow, endsFrame, actor),
                source.fixed());

        Bit running = state("running", bit(), 0);
        UInt row = reg("row", uint(active.bits("rows", "rowsLast"))).initial(0);
        UInt beat = reg("beat", uint(active.bits("rowBeats"))).initial(0);
        UInt rowPlace = reg("row_place", uint(placeBits)).initial(0);
        UInt position = reg("position", uint(limits.positions())).initial(0);
        UInt outstanding = state("outstanding", uint(indexBits(Timing.HOST_OUT_BEATS + 1)), 0);
        UInt rows = endsFrame.mux(active.get("rowsLast"), active.get("rows"));
        UInt edgeIn = following.get("edgeIn");

        UInt rowNext = wire("row_next", row.plus(1));
        UInt beatNext = wire("beat_next", beat.plus(1));
        Bit step = wire("step", running.and(outstanding.ne(Timing.HOST_OUT_BEATS)));
        Bit lastBeat = wire("last_beat", beatNext.eq(active.get("rowBeats").resize(beat.width())));
        Bit lastRow = wire("last_row", rowNext.eq(rows.resize(row.width())));
        Bit done = wire("done", step.and(lastBeat).and(lastRow));
        fire.set(running.not().or(done).and(head.valid).and(ports.hasRows(edgeIn, head.need)));
        when(step, () -> {
            beat.set(beatNext);
            position.set(position.plus(wrapping(unit.lanes(), position.width())));
            when(lastBeat, () -> {
                beat.set(0);
                position.set(0);
                row.set(rowNext);
                rowPlace.set(wrapAdd(rowPlace, active.get("inRowStep").resize(placeBits), active.get("inSize")));
            });
        });
        when(done, () -> running.set(0));
        when(fire, () -> {
            running.set(1);
            actor.set(head.actor);
            endsFrame.set(head.endsFrame);
            free.set(head.free.resize(head.freeBits));
            row.set(0);
            beat.set(0);
            position.set(0);
            rowPlace.set(place.headPlaces.getFirst());
        });

        ports.onInputs(ports.claimed, fire, List.of(edgeIn), List.of(head.free));
        ports.onInputs(
                ports.released,
                delayPulse("release", done, Timing.FREE - 1),
                List.of(active.ago("release", Timing.FREE - 1).get("edgeIn")),
                List.of(delay("release_rows", free, Timing.FREE - 1)));
        ports.traceStart.set(delayPulse("trace_fired", fire, 1));
        ports.traceReadEnd.set(done);
        ports.traceCommit.set(done);

        var memoriesIn = machine.memoriesInto(unit.id());
        Reader reader =
                inst("reader", () -> new Reader(name + "_reader", machine, memoriesIn, unit.lanes(), placeBits));
        reader.size1.set(active.ago("step_1", 1).get("inSize"));
        Descriptor active2 = active.ago("step_2", 2);
        reader.base2.set(active2.get("inBase"));
        reader.inputRows2.set(1);
        reader.rowElements2.set(active2.get("rowElements"));
        reader.memory5.set(active2.ago("step_5", 3).get("memoryIn"));
        reader.padValue5.set(0);
        reader.row.set(regNext("row_place_1", rowPlace));
        reader.position.set(regNext("position_1", position));
        reader.rowIndex.set(zeroRow);
        reader.segmentRow.set(zeroRow);
        reader.segmentRowAddress.set(0);
        reader.segmentPosition.set(0);
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
