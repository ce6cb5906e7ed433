package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.Ram;
import io.millrace.hdl.bridge.SInt;
import io.millrace.hdl.bridge.UInt;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.Unit;
import java.util.ArrayList;

/**
 * A vector engine: for each channel group, row and column it reads the taps of the window, one a cycle, and keeps their maximum or sum;
 * the drain takes the finished firing.
 */
final class VectorEngine extends Engine {
    final WritePorts writes;

    VectorEngine(String name, Machine machine, Unit.Vector v, ProgramSource source) {
        super(name, machine, v, source);
        var limits = machine.limits();
        int elementBits = machine.precision().bits();

        Bit running = state("running", bit(), 0);
        UInt group = reg("group", uint(bitsOf("channelGroups"))).initial(0);
        UInt groupElement = reg("group_element", uint(limits.positions())).initial(0);
        UInt row = reg("row", uint(bitsOf("rows", "rowsLast"))).initial(0);
        UInt column = reg("column", uint(bitsOf("clocksPerRow"))).initial(0);
        UInt tap = reg("tap", uint(bitsOf("segmentLast"))).initial(0);
        UInt rowPlace = reg("row_place", uint(placeBits)).initial(0);
        UInt rowIndex = reg("row_index", uint(limits.rows())).initial(0);
        UInt position = reg("position", uint(limits.positions())).initial(0);
        UInt word =
                reg("accumulator_word", uint(indexBits(v.accumulatorWords()))).initial(0);

        UInt groupNext = wire("group_next", group.plus(1));
        UInt rowNext = wire("row_next", row.plus(1));
        UInt columnNext = wire("column_next", column.plus(1));
        Bit firstTap = tap.eq(now("segmentBase").resize(tap.width()));
        Bit lastTap = wire("last_tap", tap.eq(now("segmentLast").resize(tap.width())));
        Bit lastColumn = wire("last_column", columnNext.eq(now("clocksPerRow").resize(column.width())));
        Bit lastRow = wire("last_row", rowNext.eq(rows.resize(row.width())));
        Bit lastGroup = wire("last_group", groupNext.eq(now("channelGroups").resize(group.width())));
        Bit firingEnd = wire(
                "firing_end", running.and(lastTap).and(lastColumn).and(lastRow).and(lastGroup));
        fire.set(running.not().or(firingEnd).and(headMayFire()));

        UInt nextGroupElement = groupElement.plus(wrapping(v.lanes(), groupElement.width()));
        when(running, () -> {
            tap.set(tap.plus(1));
            when(lastTap, () -> {
                tap.set(now("segmentBase").resize(tap.width()));
                word.set(word.plus(1));
                column.set(columnNext);
                position.set(position.plus(now("clockStep")));
                when(lastColumn, () -> {
                    column.set(0);
                    position.set(now("positionStart").plus(groupElement));
                    row.set(rowNext);
                    rowPlace.set(wrapAdd(rowPlace, now("inRowStep").resize(placeBits), now("inSize")));
                    rowIndex.set(rowIndex.plus(now("rowStride")));
                    when(lastRow, () -> {
                        row.set(0);
                        rowPlace.set(place.place);
                        rowIndex.set(place.top);
                        group.set(groupNext);
                        groupElement.set(nextGroupElement);
                        position.set(now("positionStart").plus(nextGroupElement));
                    });
                });
            });
        });
        when(firingEnd, () -> running.set(0));
        Bit currentHalf = reg("current_half", bit()).initial(0);
        when(fire, () -> {
            running.set(1);
            currentHalf.set(half);
            tap.set(next("segmentBase").resize(tap.width()));
            word.set(0);
            column.set(0);
            row.set(0);
            group.set(0);
            groupElement.set(0);
            position.set(next("positionStart"));
            rowPlace.set(place.headPlace);
            rowIndex.set(place.headTop);
        });
        countTokens(firingEnd);

        Reader reader = connectReader(v.lanes(), tap, rowPlace, position, rowIndex);
        // s + 6: elements; s + 7: the reduction so far, stored after the last tap
        Bits elements6 = regNext("elements_6", reader.elements);
        Bit first6 = delay("first_tap", firstTap, 6);
        var lanes = split(elements6, v.lanes());
        Bit sum6 = v.sums() ? active.ago("fold", 6).flag("sum") : Bit.of(false);
        var reduced = new ArrayList<Bits>();
        for (int i = 0; i < v.lanes(); i++) {
            SInt element = lanes.get(i).asSInt().resize(v.accumulatorBits());
            SInt accumulator = reg("reduced" + i, sint(v.accumulatorBits())).initial(0);
            SInt larger = accumulator.gt(element).mux(accumulator, element);
            SInt folded = v.sums() ? sum6.mux(accumulator.plus(element), larger) : larger;
            accumulator.set(first6.mux(element, folded));
            reduced.add(accumulator.asBits());
        }
        Bit store7 = delayPulse("store", running.and(lastTap), 7);
        UInt word7 = delay("word", word, 7);
        Bit half7 = delay("group_half", currentHalf, 7);
        Drain drain = inst(
                "drain",
                () -> new Drain(
                        name + "_drain",
                        machine,
                        v,
                        v.drain(),
                        v.lanes(),
                        1,
                        v.accumulatorWords(),
                        v.accumulatorBits(),
                        source));
        // Nobody but the drain reads, so that both halves are one memory.
        int wordBits = indexBits(v.accumulatorWords());
        Ram ram = ram("accumulators", 2 << wordBits, v.lanes() * v.accumulatorBits());
        Bits stored = ram.read(
                Bits.concat(
                                drain.half.asBits(),
                                drain.accumulatorAddress.resize(wordBits).asBits())
                        .asUInt(),
                Bit.of(true));
        ram.write(Bits.concat(half7.asBits(), word7.resize(wordBits).asBits()).asUInt(), join(reduced), store7);
        connectDrain(
                drain, new Job(firingEnd, Bit.of(true), firingEnd, Bit.of(true)), fire, new Halves(stored, stored));
        writes = connectWrites(drain);
        clearUnless(ports.run);
    }
}
