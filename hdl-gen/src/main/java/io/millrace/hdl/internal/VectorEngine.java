package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.Ram;
import io.millrace.hdl.bridge.SInt;
import io.millrace.hdl.bridge.UInt;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.ProgramLayout;
import io.millrace.scheduler.ProgramLayout.Kind;
import io.millrace.scheduler.Timing;
import io.millrace.scheduler.Unit;
import java.util.ArrayList;
import java.util.List;

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
        boolean small = source.fixed();
        var group = new StepCounter(this, "group", bitsOf("channelGroups"), now("channelGroups"), small);
        UInt groupElement = reg("group_element", uint(limits.positions())).initial(0);
        var row = new StepCounter(this, "row", bitsOf("rows", "rowsLast"), rows, small);
        var column = new StepCounter(this, "column", bitsOf("clocksPerRow"), now("clocksPerRow"), small);
        UInt tap = reg("tap", uint(bitsOf("segmentLast"))).initial(0);
        boolean gathers = v.features().gathers();
        // Output rows since the window last moved down.
        UInt repeated = gathers ? reg("repeated", uint(limits.rows())).initial(0) : UInt.of(0, 1);
        var walk = new InputWalk(this);
        UInt word =
                reg("accumulator_word", uint(indexBits(v.accumulatorWords()))).initial(0);

        Bit tapOfColumn = gathers ? now("tapOfColumn").bit(0) : Bit.of(false);
        Bit tapIsFirst = tap.eq(now("segmentBase").resize(tap.width()));
        Bit tapIsLast = tap.eq(now("segmentLast").resize(tap.width()));
        Bit firstTap = gathers ? tapOfColumn.or(tapIsFirst) : tapIsFirst;
        Bit lastTap = wire("last_tap", gathers ? tapOfColumn.or(tapIsLast) : tapIsLast);
        Bit lastColumn = column.last;
        Bit lastRow = row.last;
        Bit lastGroup = group.last;
        // The firing's last row is one as well: a map whose last rows are not repeated as often begins anew.
        Bit lastRepeat = gathers
                ? wire("last_repeat", repeated.plus(1).eq(now("rowRepeat")).or(lastRow))
                : Bit.of(true);
        Bit firingEnd = wire(
                "firing_end", running.and(lastTap).and(lastColumn).and(lastRow).and(lastGroup));
        fire.set(running.not().or(firingEnd).and(headMayFire()));

        UInt lanes = wrapping(v.lanes(), groupElement.width());
        UInt nextGroupElement = small
                ? groupElement.plus(lanes)
                : reg("next_group_element", groupElement.type()).initial(0);
        when(running, () -> {
            tap.set(tap.plus(1));
            when(lastTap, () -> {
                UInt firstOne = now("segmentBase").resize(tap.width());
                Bit movesOn =
                        gathers ? tapOfColumn.and(lastColumn.and(lastRepeat).not()) : Bit.of(false);
                tap.set(gathers ? movesOn.mux(tap.plus(1), firstOne) : firstOne);
                word.set(word.plus(1));
                column.next();
                walk.nextColumn();
                when(lastColumn, () -> {
                    column.begin(now("clocksPerRow"));
                    walk.firstColumn(groupElement);
                    row.next();
                    if (gathers) {
                        repeated.set(lastRepeat.mux(UInt.of(0, limits.rows()), repeated.plus(1)));
                        when(lastRepeat, walk::nextRow);
                    } else {
                        walk.nextRow();
                    }
                    when(lastRow, () -> {
                        row.begin(rows);
                        if (gathers) {
                            repeated.set(0);
                        }
                        walk.firstRow();
                        group.next();
                        groupElement.set(nextGroupElement);
                        if (!small) {
                            nextGroupElement.set(nextGroupElement.plus(lanes));
                        }
                        walk.firstColumn(nextGroupElement);
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
            column.begin(next("clocksPerRow"));
            row.begin(headRows);
            group.begin(next("channelGroups"));
            if (!small) {
                nextGroupElement.set(lanes);
            }
            if (gathers) {
                repeated.set(0);
            }
            groupElement.set(0);
            walk.begin();
        });
        freeRowsRead(firingEnd);

        Descriptor segment1 = segmentAfterStep(tap);
        Reader reader = connectReader(v.lanes(), segment1, walk);
        // s + 6: elements; f = s + 6, or later by the multipliers: what is folded; f + 1: the reduction so far, stored
        // after the last tap
        Bits elements6 = regNext("elements_6", reader.elements);
        int f = 6 + Timing.foldLatency(machine.precision(), v);
        Bit firstNow = delay("first_tap", firstTap, f);
        List<SInt> terms =
                terms(v, split(elements6, v.lanes()), segment1, new Walk(running, lastTap, lastColumn.and(lastRow)));
        boolean sums = v.features().sums();
        boolean maxima = v.features().maxima();
        boolean chooses = v.features().chooses();
        Bit sumNow = chooses ? active.ago("fold", f).flag("sum") : Bit.of(sums);
        boolean indices = v.features().indices();
        UInt tapNumber =
                indices ? delay("tap_number", tap.minus(now("segmentBase").resize(tap.width())), f) : tap;
        Bit indexNow = indices ? active.ago("index", f + 1).flag("index") : Bit.of(false);
        var reduced = new ArrayList<Bits>();
        for (int i = 0; i < v.lanes(); i++) {
            SInt element = terms.get(i);
            SInt accumulator = reg("reduced" + i, sint(v.accumulatorBits())).initial(0);
            SInt larger = maxima ? accumulator.gt(element).mux(accumulator, element) : accumulator;
            SInt sum = sums ? accumulator.plus(element) : accumulator;
            SInt folded = chooses ? sumNow.mux(sum, larger) : sums ? sum : larger;
            accumulator.set(firstNow.mux(element, folded));
            reduced.add(
                    indices
                            ? indexNow.mux(largest(i, firstNow, element.gt(accumulator), tapNumber, v), accumulator)
                                    .asBits()
                            : accumulator.asBits());
        }
        Bit store = delayPulse("store", running.and(lastTap), f + 1);
        UInt storedWord = delay("word", word, f + 1);
        Bit storedHalf = delay("group_half", currentHalf, f + 1);
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
                        0,
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
        ram.write(
                Bits.concat(storedHalf.asBits(), storedWord.resize(wordBits).asBits())
                        .asUInt(),
                join(reduced),
                store);
        connectDrain(
                drain, new Job(firingEnd, Bit.of(true), firingEnd, Bit.of(true)), fire, new Halves(stored, stored));
        writes = connectWrites(drain);
        clearUnless(ports.run);
    }

    /** The number of the tap that is the largest so far, the first of equals, as old as the accumulator. */
    private SInt largest(int lane, Bit firstNow, Bit larger, UInt tapNumber, Unit.Vector v) {
        int bits = v.accumulatorBits();
        SInt index = reg("index" + lane, sint(bits)).initial(0);
        SInt number = tapNumber.resize(bits).asBits().asSInt();
        when(firstNow.or(larger), () -> index.set(number));
        return index;
    }

    /** Where the walk is: in a firing, at the last tap, in the last row and column of a channel group. */
    private record Walk(Bit running, Bit lastTap, Bit lastPixel) {}

    /** What is folded: the elements, or their differences to a zero times a factor, rounded. */
    private List<SInt> terms(Unit.Vector v, List<Bits> elements6, Descriptor segment1, Walk walk) {
        int bits = v.accumulatorBits();
        if (!v.features().multiplies()) {
            return elements6.stream().map(e -> e.asSInt().resize(bits)).toList();
        }
        if (v.features().weightsOnly()) {
            return weighted(v, elements6, walk);
        }
        int wide = machine.precision().bits() + 1;
        Descriptor segment6 = segment1.ago("tap_6", 5);
        SInt zero6 = segment6.get("zero").asSInt().resize(wide);
        SInt factor7 = regNext("factor_7", segment6.get("factor").asSInt());
        boolean inDsp = v.multipliersInDsp();
        UInt shift8 = delay("shift", segment6.get("shift"), 1 + Timing.termStages(machine.precision(), v));
        List<SInt> factors7 = factors(v, factor7, walk);
        boolean products = v.features().products();
        Bit keep7 = products ? regNext("keep_7", segment6.flag("keep")) : Bit.of(false);
        Bit kept7 = products ? regNext("kept_7", segment6.flag("kept")) : Bit.of(false);
        var terms = new ArrayList<SInt>();
        for (int i = 0; i < v.lanes(); i++) {
            SInt difference7 = regNext(
                    "difference_7_" + i, elements6.get(i).asSInt().resize(wide).minus(zero6));
            SInt factor = factors7.get(i);
            if (products) {
                SInt kept = reg("kept_" + i, sint(wide)).initial(0);
                when(keep7, () -> kept.set(difference7));
                factor = kept7.mux(kept.resize(wide + 1).shiftLeft(1).resize(factor7.width()), factor);
            }
            SInt product8 = inDsp
                    ? regNext("product_8_" + i, difference7.times(factor))
                    : logicProduct("product_8_" + i, factor, difference7);
            // Half of the rounding step is added after all but one place are shifted out.
            SInt half9 = regNext("half_9_" + i, product8.shiftRight(shift8));
            SInt rounded = half9.resize(half9.width() + 1).plus(1).shiftRight(1);
            terms.add(regNext("term_" + i, rounded.resize(bits)));
        }
        return terms;
    }

    /** What is folded where every tap of every layer has weights: the products. */
    private List<SInt> weighted(Unit.Vector v, List<Bits> elements6, Walk walk) {
        var weights6 = split(regNext("weights_6", weights(v, walk, 4)), v.lanes());
        var terms = new ArrayList<SInt>();
        for (int i = 0; i < v.lanes(); i++) {
            SInt element = elements6.get(i).asSInt();
            SInt weight = weights6.get(i).asSInt();
            SInt product = v.multipliersInDsp()
                    ? regNext("product_7_" + i, element.times(weight))
                    : logicProduct("product_7_" + i, element, weight);
            terms.add(product.resize(v.accumulatorBits()));
        }
        return terms;
    }

    /** A lane's factor seven cycles after the step: the tap's, or twice the weight of channel and tap, which no shift changes. */
    private List<SInt> factors(Unit.Vector v, SInt factor7, Walk walk) {
        if (v.weightWords() == 0) {
            return java.util.Collections.nCopies(v.lanes(), factor7);
        }
        Bits weights7 = regNext("weights_7", weights(v, walk, 5));
        Bit weighted7 = active.ago("factor", 7).flag("weighted");
        return split(weights7, v.lanes()).stream()
                .map(w -> weighted7.mux(
                        w.asSInt().resize(w.width() + 1).shiftLeft(1).resize(factor7.width()), factor7))
                .toList();
    }

    /** The weights of channels and tap, one cycle after the {@code read} that is so many cycles after the step. */
    private Bits weights(Unit.Vector v, Walk walk, int read) {
        int addressBits = indexBits(v.weightWords());
        UInt weight = reg("weight_word", uint(addressBits)).initial(0);
        UInt groupWeight = reg("group_weight", uint(addressBits)).initial(0);
        UInt following = weight.plus(1);
        when(walk.running, () -> {
            weight.set(following);
            when(
                    walk.lastTap,
                    () -> when(walk.lastPixel, () -> groupWeight.set(following))
                            .otherwise(() -> weight.set(groupWeight)));
        });
        when(fire, () -> {
            weight.set(next("weightBase").resize(addressBits));
            groupWeight.set(next("weightBase").resize(addressBits));
        });
        Ram weights = ram("weights", v.weightWords(), layout.weightWordBits(v));
        Bit written = ports.program.writes(ProgramLayout.memoryId(v, Kind.WEIGHTS));
        UInt address = written.mux(
                ports.program.address().resize(weights.addressBits()),
                delay("weight_address", weight, read).resize(weights.addressBits()));
        return weights.readWrite(address, ports.program.data().resize(weights.wordBits()), Bit.of(true), written);
    }
}
