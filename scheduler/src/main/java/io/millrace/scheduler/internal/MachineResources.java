package io.millrace.scheduler.internal;

import io.millrace.scheduler.Cost.Resources;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.ProgramLayout;
import io.millrace.scheduler.RowMemory;
import io.millrace.scheduler.Target;
import io.millrace.scheduler.Timing;
import io.millrace.scheduler.Unit;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/**
 * Resources of a machine as a sum over its parts. DSPs and memories follow from the structure of the RTL; LUTs and flip-flops are sums of widths
 * with factors fitted to synthesis.
 */
public final class MachineResources {
    /** LUTs of a two-way multiplexer, a bit of an adder, a bit of a comparison. */
    private static final double MUX = 0.6;

    private static final double ADD = 1.0;

    private final Machine machine;
    private final Target target;
    private final ProgramLayout layout;
    private final int bits;

    private MachineResources(Machine machine, Target target) {
        this.machine = machine;
        this.target = target;
        layout = ProgramLayout.of(machine);
        bits = machine.precision().bits();
    }

    /** All parts together. */
    public static Resources of(Machine machine, Target target) {
        return breakdown(machine, target).values().stream().reduce(Resources.NONE, Resources::plus);
    }

    /** By part: row memories, units, token edges. */
    public static SequencedMap<String, Resources> breakdown(Machine machine, Target target) {
        var parts = new MachineResources(machine, target);
        var all = new LinkedHashMap<String, Resources>();
        for (var m : machine.memories()) {
            String name = "rows " + machine.unit(m.writer()).name() + " to "
                    + machine.unit(m.reader()).name();
            all.put(name, parts.rowMemory(m));
        }
        for (var unit : machine.units()) {
            all.put(unit.name(), parts.unit(unit));
        }
        all.put("edges", parts.edges());
        return all;
    }

    private Resources rowMemory(RowMemory m) {
        var lane = Rams.dualPort(target, m.words(), bits);
        int address = Timing.log2Of(m.words());
        // Two rotators of log2(lanes) levels, and an address of its own for each lane on each side.
        double rotators = 2.0 * m.lanes() * bits * Timing.log2Of(m.lanes()) * MUX;
        double addresses = 2.0 * m.lanes() * address * ADD;
        int ff = 2 * m.lanes() * (bits + address);
        return lane.times(m.lanes()).plus(logic(rotators + addresses, ff));
    }

    private Resources edges() {
        int rows = machine.limits().rows();
        return logic(machine.edges().size() * 6.0 * rows, machine.edges().size() * 2 * rows);
    }

    private Resources unit(Unit unit) {
        var control = control(unit);
        return switch (unit) {
            case Unit.HostIn h -> control.plus(logic(h.lanes() * bits, h.lanes() * bits));
            case Unit.HostOut h -> control.plus(logic(h.lanes() * bits * 2.0, 8 * h.lanes() * bits));
            case Unit.Vector v -> control.plus(vector(v)).plus(drain(v, v.accumulatorBits()));
            case Unit.Matrix m -> control.plus(matrix(m)).plus(drain(m, m.accumulatorBits()));
        };
    }

    /** Firing list, descriptors, segments and the counters that walk them. */
    private Resources control(Unit unit) {
        var list = layout.list(unit);
        var sequence = layout.sequence(unit);
        var memories = Rams.program(target, unit.capacity().listEntries() + 1, list.bits())
                .plus(Rams.program(target, unit.capacity().actors() * sequence.stride(), sequence.wordBits()));
        if (unit.capacity().segments() > 0) {
            memories = memories.plus(Rams.program(
                    target, unit.capacity().segments(), layout.segment(unit).bits()));
        }
        int state = sequence.bits() + list.bits();
        return memories.plus(logic(1.5 * state, 2 * state));
    }

    private Resources matrix(Unit.Matrix m) {
        int products = m.multipliers();
        int sumBits = 2 * bits + Timing.log2Of(m.lanes());
        int trees = m.outputs() * m.pixels();
        int leaves = Math.ceilDiv(m.lanes(), m.chain());
        int weights = m.outputs() * m.lanes() * bits;
        double lut = (double) trees * (leaves - 1) * sumBits * ADD
                + (double) trees * m.accumulatorBits() * (ADD + MUX)
                + m.readElements() * bits * MUX;
        int ff = 2 * weights
                + trees * (2 * leaves - 1) * sumBits
                + 2 * trees * m.accumulatorBits()
                + m.readElements() * bits;
        int accumulatorDepth = 2 * m.accumulatorWords();
        return Rams.dualPort(target, accumulatorDepth, trees * m.accumulatorBits())
                .plus(Rams.singlePort(target, m.weightWords(), layout.weightWordBits(m)))
                .plus(new Resources(products, 0, 0, 0, 0, (int) Math.ceil(lut), ff));
    }

    private Resources vector(Unit.Vector v) {
        int width = v.lanes() * v.accumulatorBits();
        double lut = width * (1 + (v.sums() ? ADD + MUX : MUX)) + v.lanes() * bits * MUX;
        return Rams.dualPort(target, 2 * v.accumulatorWords(), width).plus(logic(lut, 3 * width));
    }

    private Resources drain(Unit unit, int accumulatorBits) {
        var d = ProgramLayout.drainOf(unit);
        var descriptor = layout.drain(unit);
        var sum = Rams.program(target, unit.capacity().actors() * descriptor.stride(), descriptor.wordBits())
                .plus(logic(1.5 * descriptor.bits(), 2 * descriptor.bits()));
        if (d.requantize()) {
            sum = sum.plus(Rams.program(
                            target, d.parameterWords(), layout.parameters(unit).bits()))
                    .plus(requantizer(d, accumulatorBits).times(d.lanes()));
        }
        if (d.table()) {
            sum = sum.plus(Rams.dualPort(target, d.tables() * tableWords(), tableBits())
                    .times(d.lanes()));
        }
        return sum;
    }

    private int tableWords() {
        return bits == 8 ? 256 : 1024;
    }

    private int tableBits() {
        return bits == 8 ? 8 : 32;
    }

    /** One lane: pre-shift and saturation, 25 x 18 product, rounding, shift by up to 42, zero point, limits. */
    private Resources requantizer(Unit.Drain d, int accumulatorBits) {
        double shiftIn = d.preShiftMax() == 0 ? 0 : accumulatorBits * Timing.log2Of(d.preShiftMax() + 1) * MUX;
        double after = 43 * 6 * MUX + 43 * ADD + 3 * bits + 30;
        boolean dsp = d.multipliersInDsp();
        double product = dsp ? 0 : d.interval() > 1 ? 60 + 25 * 1.2 * Math.ceilDiv(18, d.interval()) : 25 * 18 * 1.1;
        return new Resources(dsp ? 1 : 0, 0, 0, 0, 0, (int) Math.ceil(shiftIn + after + product), dsp ? 120 : 250);
    }

    private static Resources logic(double lut, int ff) {
        return new Resources(0, 0, 0, 0, 0, (int) Math.ceil(lut), ff);
    }
}
