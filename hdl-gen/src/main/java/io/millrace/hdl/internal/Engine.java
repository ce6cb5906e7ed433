package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.Ram;
import io.millrace.hdl.bridge.UInt;
import io.millrace.hdl.bridge.Value;
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
abstract class Engine extends FiringUnit {
    final List<UInt> readAddresses = new ArrayList<>();
    final List<Bits> readData = new ArrayList<>();

    final String name;
    final ProgramLayout layout;
    final ProgramLayout.Fields fields;
    /** Where the program is found. */
    final ProgramSource source;
    /** Bits of an address in an input buffer. */
    final int placeBits;
    /** Most buffers that a firing reads. */
    final int inputs;

    /** Output rows of the running firing. */
    final UInt rows;
    /** Output rows of the head's firing. */
    final UInt headRows;

    private final UInt free;
    final InputPlace place;
    /** The half that the next group to start will use. */
    final Bit half;
    /** Whether that half is free. */
    final Bit halfFree;

    private final List<Bit> halfBusy;

    Engine(String name, Machine machine, Unit unit, ProgramSource source) {
        super(name, machine, unit, source);
        this.name = name;
        this.source = source;
        layout = ProgramLayout.of(machine);
        fields = layout.sequence(unit);
        free = freedRows();
        inputs = unit.capacity().inputs();
        int widest = 1;
        for (int k = 0; k < inputs; k++) {
            widest = Math.max(widest, following.placeBits(ofInput("inSize", k)));
        }
        placeBits = widest;
        var buffers = new ArrayList<InputPlace.Input>();
        for (int k = 0; k < inputs; k++) {
            buffers.add(new InputPlace.Input(
                    next(ofInput("inStart", k)).resize(placeBits),
                    now(ofInput("inAdvance", k)).resize(placeBits),
                    now(ofInput("inAdvanceLast", k)).resize(placeBits),
                    now(ofInput("inSize", k))));
        }
        place = new InputPlace(
                this,
                head,
                fire,
                unit.capacity().actors(),
                buffers,
                next("topStart"),
                new InputPlace.Step(now("topStart"), now("topStep"), endsFrame, actor),
                source.fixed());
        rows = wire("rows", endsFrame.mux(now("rowsLast"), now("rows")));
        headRows = wire("head_rows", head.endsFrame.mux(next("rowsLast"), next("rows")));
        half = state("half", bit(), 0);
        halfBusy = List.of(state("half_busy0", bit(), 0), state("half_busy1", bit(), 0));
        halfFree = wire("half_free", half.mux(halfBusy.get(1), halfBusy.get(0)).not());
    }

    /** A field of the running firing's descriptor. */
    final UInt now(String field) {
        return active.get(field);
    }

    /** Bits that a count takes which no actor brings above these fields. */
    final int bitsOf(String... names) {
        return active.bits(names);
    }

    /** A field of the head's descriptor. */
    final UInt next(String field) {
        return following.get(field);
    }

    /** Whether tokens, space and an accumulator half are there for the head's firing. */
    final Bit headMayFire() {
        var need = ofInputs(following, head.need, UInt.of(1, 1));
        var claimed = ofInputs(following, head.free, completes(head.endsFrame, head.free));
        var edges = edgesIn(following);
        var asked = new ArrayList<UnitPorts.Asked>();
        for (int k = 0; k < inputs; k++) {
            asked.add(new UnitPorts.Asked(edges.get(k), need.get(k), claimed.get(k)));
        }
        return head.valid.and(halfFree).and(ports.asksRows(asked, fire)).and(hasSpace(headRows));
    }

    /** A firing's rows are freed after the end of its reads. */
    final void freeRowsRead(Bit firingEnd) {
        var rows = ofInputs(active, free, completes(endsFrame, free));
        var edges = edgesIn(active.ago("release", Timing.FREE - Timing.TOKENS));
        var released = new ArrayList<UnitPorts.Released>();
        for (int k = 0; k < inputs; k++) {
            released.add(new UnitPorts.Released(
                    edges.get(k), delay(ofInput("release_rows", k), rows.get(k), Timing.FREE - Timing.TOKENS)));
        }
        ports.releases(delayPulse("release", firingEnd, Timing.FREE - Timing.TOKENS), released);
        ports.traceStart.set(delayPulse("trace_fired", fire, 1));
        ports.traceReadEnd.set(firingEnd);
    }

    /** By input: these rows, or of an input of a single pixel that stands for all of a frame those. */
    private List<UInt> ofInputs(Descriptor descriptor, UInt rows, UInt ofSingle) {
        var all = new ArrayList<UInt>();
        for (int k = 0; k < inputs; k++) {
            all.add(
                    layout.hasSingles(unit)
                            ? descriptor.flag(ofInput("single", k)).mux(ofSingle.resize(rows.width()), rows)
                            : rows);
        }
        return all;
    }

    /** 1 for the firing that completes a frame: the one of its last rows that frees rows, of which others have ranges of columns. */
    private static UInt completes(Bit endsFrame, UInt free) {
        return endsFrame.and(free.ne(0)).asUInt();
    }

    private List<UInt> edgesIn(Descriptor descriptor) {
        var edges = new ArrayList<UInt>();
        for (int k = 0; k < inputs; k++) {
            edges.add(descriptor.get(ofInput("edgeIn", k)));
        }
        return edges;
    }

    /**
     * Makes the reader of the running firing; its elements are there five cycles after a step.
     *
     * @param segment1 entry of the segment memory, in the cycle after the step
     */
    final Reader connectReader(int readElements, Descriptor segment1, InputWalk walk) {
        List<RowMemory> memoriesIn = machine.memoriesInto(unit.id());
        Reader reader = inst(
                "reader",
                () -> new Reader(name + "_reader", machine, memoriesIn, readElements, placeBits, source.fixed()));
        Descriptor active1 = active.ago("step_1", 1);
        Descriptor active2 = active1.ago("step_2", 1);
        Descriptor active5 = active2.ago("step_5", 3);
        UInt input1 = inputs > 1 ? segment1.get("input") : UInt.of(0, 1);
        UInt input2 = inputs > 1 ? delay("input", input1, 1) : input1;
        UInt input5 = inputs > 1 ? delay("input_2", input2, 3) : input1;
        reader.around1.set(
                (source.fixed() ? ofInput(input1, active1, "inSize") : afterStep("around_1", around(walk), input1))
                        .resize(reader.around1.width()));
        reader.base2.set(ofInput(input2, active2, "inBase"));
        reader.inputRows2.set(active2.get("inputRows"));
        reader.rowElements2.set(ofInput(input2, active2, "rowElements"));
        reader.memory5.set(ofInput(input5, active5, "memoryIn"));
        reader.padValue5.set(active5.get("padValue").asBits());
        reader.row.set(afterStep("row_place_1", walk.rowPlaces, input1));
        reader.position.set(afterStep("position_1", walk.positions, input1));
        reader.rowIndex.set(regNext("row_index_1", walk.rowIndex));
        reader.segmentRow.set(segment1.get("row"));
        reader.segmentRowAddress.set(segment1.get("rowAddress").resize(placeBits));
        reader.segmentPosition.set(segment1.get("position"));
        for (int k = 0; k < memoriesIn.size(); k++) {
            readAddresses.add(out("read_address" + k, reader.addresses.get(k)));
            Bits data =
                    in("read_data" + k, bits(readElements * machine.precision().bits()));
            readData.add(data);
            reader.data.get(k).set(data);
        }
        return reader;
    }

    /** By input, the address of the window's top row less the size of its buffer. */
    private List<UInt> around(InputWalk walk) {
        var all = new ArrayList<UInt>();
        for (int k = 0; k < inputs; k++) {
            all.add(less(walk.rowPlaces.get(k), now(ofInput("inSize", k)), placeBits));
        }
        return all;
    }

    /** A field of the input with this number. */
    private UInt ofInput(UInt input, Descriptor descriptor, String field) {
        var choices = new ArrayList<UInt>();
        for (int k = 0; k < inputs; k++) {
            choices.add(descriptor.get(ofInput(field, k)));
        }
        return choices.size() == 1 ? choices.getFirst() : Value.pick(input, choices);
    }

    /** The value of the input with this number, in the cycle after. */
    private UInt afterStep(String name, List<UInt> values, UInt input1) {
        var choices = new ArrayList<UInt>();
        for (int k = 0; k < inputs; k++) {
            choices.add(regNext(ofInput(name, k), values.get(k)));
        }
        return choices.size() == 1 ? choices.getFirst() : Value.pick(input1, choices);
    }

    static String ofInput(String field, int input) {
        return ProgramLayout.ofInput(field, input);
    }

    /** The entry of the segment memory, in the cycle after the step that names it. */
    final Descriptor segmentAfterStep(UInt segment) {
        int memory = ProgramLayout.memoryId(unit, Kind.SEGMENTS);
        var segmentFields = layout.segment(unit);
        if (source.fixed(memory)) {
            return Descriptor.fixed(this, regNext("segment_number_1", segment), segmentFields, source.words(memory));
        }
        Ram segments = ram("segments", unit.capacity().segments(), segmentFields.bits());
        ports.program.fill(segments, memory);
        return Descriptor.loaded(
                this,
                wire("segment_1", segments.read(segment.resize(segments.addressBits()), Bit.of(true))),
                segmentFields);
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
        ports.commits(drain.commit, drain.commitEdges, drain.commitRows);
        ports.traceCommit.set(delayPulse("trace_committed", drain.commit, Timing.TOKENS - 1));
    }

    final WritePorts connectWrites(Drain drain) {
        return WritePorts.ports(
                this, drain.writeValid, drain.writeMemories, drain.writeAddresses, drain.writeCount, drain.writeData);
    }
}
