package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.Ram;
import io.millrace.hdl.bridge.UInt;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.ProgramLayout;
import io.millrace.scheduler.ProgramLayout.Kind;
import io.millrace.scheduler.RowMemory;
import io.millrace.scheduler.Timing;
import io.millrace.scheduler.Unit;
import java.util.ArrayList;
import java.util.List;

/**
 * What matrix and vector engines share: the head of the list, the running firing's fields, its place in the input, the reader, the two
 * accumulator halves and the drain. A subclass walks.
 */
abstract class Engine extends Block {
    final UnitPorts ports;
    final List<UInt> readAddresses = new ArrayList<>();
    final List<Bits> readData = new ArrayList<>();

    final String name;
    final Machine machine;
    final Unit unit;
    final ProgramLayout layout;
    final ProgramLayout.Fields fields;
    final ListHead head;
    /** 1 in the cycle in which the head's firing is decided; to be driven by the subclass. */
    final Bit fire;
    /** Descriptor of the running firing. */
    final Bits active;

    final UInt actor;
    final Bit endsFrame;
    /** Output rows of the running firing. */
    final UInt rows;
    /** Output rows of the head's firing. */
    final UInt headRows;

    final UInt free;
    final InputPlace place;
    /** The half that the next group to start will use. */
    final Bit half;
    /** Whether that half is free. */
    final Bit halfFree;

    private final List<Bit> halfBusy;

    Engine(String name, Machine machine, Unit unit, ProgramBus.Shape shape) {
        super(name);
        this.name = name;
        this.machine = machine;
        this.unit = unit;
        layout = ProgramLayout.of(machine);
        fields = layout.sequence(unit);
        ports = new UnitPorts(this, machine, unit, shape);
        head = inst("list_head", () -> new ListHead(name + "_list_head", machine, unit, shape));
        head.run.set(ports.run);
        ports.program.drive(head.program);
        fire = wire("fire", bit());
        head.fire.set(fire);
        active = reg("active", bits(head.descriptor.width())).initial(0);
        actor = reg("actor", uint(head.actor.width())).initial(0);
        endsFrame = reg("ends_frame", bit()).initial(0);
        free = reg("free_rows", uint(machine.limits().rows())).initial(0);
        when(fire, () -> {
            active.set(head.descriptor);
            actor.set(head.actor);
            endsFrame.set(head.endsFrame);
            free.set(head.free);
        });
        place = new InputPlace(
                this,
                head,
                fire,
                unit.capacity().actors(),
                next("inStart"),
                next("topStart"),
                new InputPlace.Step(
                        now("inAdvance"),
                        now("inAdvanceLast"),
                        now("inSize"),
                        now("topStart"),
                        now("topStep"),
                        endsFrame,
                        actor));
        rows = wire("rows", endsFrame.mux(now("rowsLast"), now("rows")));
        headRows = wire("head_rows", head.endsFrame.mux(next("rowsLast"), next("rows")));
        half = state("half", bit(), 0);
        halfBusy = List.of(state("half_busy0", bit(), 0), state("half_busy1", bit(), 0));
        halfFree = wire("half_free", half.mux(halfBusy.get(1), halfBusy.get(0)).not());
    }

    /** A field of the running firing's descriptor. */
    final UInt now(String field) {
        return field(active, fields, field);
    }

    /** A field of the head's descriptor. */
    final UInt next(String field) {
        return field(head.descriptor, fields, field);
    }

    /** Whether tokens, space and an accumulator half are there for the head's firing. */
    final Bit headMayFire() {
        return head.valid
                .and(halfFree)
                .and(ports.hasRows(next("edgeIn"), head.need))
                .and(ports.hasSpace(next("edgesOut").asBits(), headRows));
    }

    /** Token events at the start of a firing and at the end of its reads. */
    final void countTokens(Bit firingEnd) {
        ports.onInput(ports.claimed, fire, next("edgeIn"), head.free);
        ports.onOutputs(ports.reserved, fire, next("edgesOut").asBits(), headRows);
        ports.onInput(
                ports.released,
                delayPulse("release", firingEnd, Timing.FREE - 1),
                delay("release_edge", now("edgeIn"), Timing.FREE - 1),
                delay("release_rows", free, Timing.FREE - 1));
        ports.traceStart.set(delayPulse("trace_fired", fire, 1));
        ports.traceReadEnd.set(firingEnd);
    }

    /**
     * Makes the reader of the running firing; its elements are there five cycles after a step.
     *
     * @param segment entry of the segment memory, in the step
     */
    final Reader connectReader(int readElements, UInt segment, UInt rowPlace, UInt position, UInt rowIndex) {
        Ram segments =
                ram("segments", unit.capacity().segments(), layout.segment(unit).bits());
        ports.program.fill(segments, ProgramLayout.memoryId(unit, Kind.SEGMENTS));
        Bits segment1 = wire("segment_1", segments.read(segment.resize(segments.addressBits()), Bit.of(true)));
        var segmentFields = layout.segment(unit);
        List<RowMemory> memoriesIn = machine.memoriesInto(unit.id());
        Reader reader = inst("reader", () -> new Reader(name + "_reader", machine, memoriesIn, readElements));
        reader.memory.set(regNext("memory_1", now("memoryIn")));
        reader.base.set(regNext("base_1", now("inBase")));
        reader.size.set(regNext("size_1", now("inSize")));
        reader.row.set(regNext("row_place_1", rowPlace));
        reader.position.set(regNext("position_1", position));
        reader.rowIndex.set(regNext("row_index_1", rowIndex));
        reader.segmentRow.set(field(segment1, segmentFields, "row"));
        reader.segmentRowAddress.set(field(segment1, segmentFields, "rowAddress"));
        reader.segmentPosition.set(field(segment1, segmentFields, "position"));
        reader.inputRows.set(regNext("input_rows_1", now("inputRows")));
        reader.rowElements.set(regNext("row_elements_1", now("rowElements")));
        reader.padValue.set(regNext("pad_1", now("padValue").asBits()));
        for (int k = 0; k < memoriesIn.size(); k++) {
            readAddresses.add(out("read_address" + k, reader.addresses.get(k)));
            Bits data =
                    in("read_data" + k, bits(readElements * machine.precision().bits()));
            readData.add(data);
            reader.data.get(k).set(data);
        }
        return reader;
    }

    /** One job for the drain in the last cycle of a group. */
    record Job(Bit valid, Bit opensFiring, Bit closesFiring, Bit inner) {}

    /** Accumulator words of the two halves, as they come from their memories. */
    record Halves(Bits half0, Bits half1) {}

    /** Connects job and token events of the drain, and the flags of the halves. */
    final void connectDrain(Drain drain, Job job, Bit groupStarts, Halves halves) {
        drain.run.set(ports.run);
        ports.program.drive(drain.program);
        drain.jobValid.set(job.valid);
        drain.jobActor.set(actor);
        drain.jobEndsFrame.set(endsFrame);
        drain.jobOpensFiring.set(job.opensFiring);
        drain.jobClosesFiring.set(job.closesFiring);
        drain.jobInner.set(job.inner);
        Bit drainHalf = regNext("drain_half", drain.half);
        drain.accumulators.set(drainHalf.mux(halves.half1, halves.half0));
        for (int k = 0; k < 2; k++) {
            Bit busy = halfBusy.get(k);
            when(drain.halfDone.and(drain.half.eq(k == 1 ? 1 : 0)), () -> busy.set(0));
            when(groupStarts.and(half.eq(k)), () -> busy.set(1));
        }
        when(groupStarts, () -> half.set(half.not()));
        ports.onOutputs(ports.committed, drain.commit, drain.commitEdges, drain.commitRows);
        ports.traceCommit.set(drain.commit);
    }

    final WritePorts connectWrites(Drain drain) {
        return WritePorts.ports(
                this, drain.writeValid, drain.writeMemories, drain.writeAddresses, drain.writeCount, drain.writeData);
    }
}
