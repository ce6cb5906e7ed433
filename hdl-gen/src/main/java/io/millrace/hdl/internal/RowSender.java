package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.UInt;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.Unit;
import java.util.ArrayList;
import java.util.List;

/** A unit that reads rows from row memories, a beat at a time, and sends them out of the machine through a queue of its own. */
abstract class RowSender extends FiringUnit {
    /** From a step to the cycle in which its elements are there to be pushed. */
    static final int PUSH = 5;

    final List<UInt> readAddresses = new ArrayList<>();
    final List<Bits> readData = new ArrayList<>();
    /** Rows of the firing under way. */
    final UInt rows;

    /** Whether beats of it are left to be read. */
    final Bit running;

    private final int lanes;
    private final boolean fixed;

    /**
     * A beat is read, the last one of its row, the last one of its firing; what has been read {@link #PUSH} cycles ago.
     *
     * @param beat number of the beat in its row
     */
    record Steps(Bit step, UInt beat, Bit lastBeat, Bit done, Bits elements) {}

    RowSender(String name, Machine machine, Unit unit, int lanes, ProgramSource source) {
        super(name, machine, unit, source);
        this.lanes = lanes;
        fixed = source.fixed();
        rows = endsFrame.mux(active.get("rowsLast"), active.get("rows"));
        running = state("running", bit(), 0);
    }

    /** Reads a beat in every cycle of a firing in which there is room for it. */
    final Steps read(String name, Bit room) {
        var limits = machine.limits();
        int elementBits = machine.precision().bits();
        int placeBits = following.placeBits("inSize");
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
                fixed);

        var rowSteps = new StepCounter(this, "row", active.bits("rows", "rowsLast"), rows, fixed);
        var beatSteps = new StepCounter(this, "beat_steps", active.bits("rowBeats"), active.get("rowBeats"), fixed);
        UInt beat = reg("beat", uint(active.bits("rowBeats"))).initial(0);
        UInt rowPlace = reg("row_place", uint(placeBits)).initial(0);
        UInt position = reg("position", uint(limits.positions())).initial(0);

        Bit step = wire("step", running.and(room));
        Bit lastBeat = beatSteps.last;
        Bit lastRow = rowSteps.last;
        Bit done = wire("done", step.and(lastBeat).and(lastRow));
        UInt rowStep = active.get("inRowStep").resize(placeBits);
        UInt nextPlace = fixed
                ? wrapAdd(rowPlace, rowStep, active.get("inSize"))
                : wrapAround(rowPlace, rowStep, around("inRowStep", "inSize", placeBits));
        when(step, () -> {
            beat.set(beat.plus(1));
            beatSteps.next();
            position.set(position.plus(wrapping(lanes, position.width())));
            when(lastBeat, () -> {
                beat.set(0);
                beatSteps.begin(active.get("rowBeats"));
                position.set(0);
                rowSteps.next();
                rowPlace.set(nextPlace);
            });
        });
        when(done, () -> running.set(0));
        when(fire, () -> {
            running.set(1);
            rowSteps.begin(head.endsFrame.mux(following.get("rowsLast"), following.get("rows")));
            beat.set(0);
            beatSteps.begin(following.get("rowBeats"));
            position.set(0);
            rowPlace.set(place.headPlaces.getFirst());
        });

        freeRows(done);
        ports.traceStart.set(delayPulse("trace_fired", fire, 1));
        ports.traceReadEnd.set(done);

        var memoriesIn = machine.memoriesInto(unit.id());
        Reader reader =
                inst("reader", () -> new Reader(name + "_reader", machine, memoriesIn, lanes, placeBits, fixed));
        // A row without a segment is in the buffer: it need not be wrapped.
        UInt around = UInt.of(0, reader.around1.width());
        reader.around1.set(fixed ? active.ago("step_1", 1).get("inSize").resize(around.width()) : around.not());
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
            Bits read = in("read_data" + k, bits(lanes * elementBits));
            readData.add(read);
            reader.data.get(k).set(read);
        }
        return new Steps(step, beat, lastBeat, done, reader.elements);
    }
}
