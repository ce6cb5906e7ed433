package io.millrace.scheduler.internal;

import io.millrace.scheduler.Cost.Resources;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.ProgramLayout;
import io.millrace.scheduler.RowMemory;
import io.millrace.scheduler.Target;
import io.millrace.scheduler.Timing;
import io.millrace.scheduler.Unit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * Resources of a machine as a sum over the modules of its RTL. DSPs and memories follow from the structure. LUTs and flip-flops are counted
 * where the structure gives them (adders, multiplexers, registers of data); what is left of each module, its control, is a line in the bits
 * of its descriptors, fitted to yosys 0.23 for Virtex-6 on machines of 4 to 144 multipliers. LUTs include those used as memory. With fixed
 * control the descriptors are constants in that logic; those lines are fitted to LeNet-5 on iCE40.
 */
public final class MachineResources {
    private static final Resources LOADER = logic(70, 220);

    private final Machine machine;
    private final Target target;
    private final ProgramLayout layout;
    private final int bits;
    private final boolean fixed;

    private MachineResources(Machine machine, Target target) {
        this.machine = machine;
        this.target = target;
        layout = ProgramLayout.of(machine);
        bits = machine.precision().bits();
        fixed = machine.control() == Machine.Control.FIXED;
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
        if (machine.dram().exists()) {
            all.put("dram", parts.dram());
        }
        if (target.family() == Target.Family.ICE40) {
            all.replaceAll((_, r) -> parts.narrowLuts(r));
        }
        return all;
    }

    /** With LUTs of 4 inputs: a third more. Without shift registers: more registers too, fewer where no descriptors are carried along. */
    private Resources narrowLuts(Resources r) {
        int ff = fixed ? r.ff() * 8 / 7 : r.ff() * 4 / 3;
        return new Resources(r.dsp(), r.bram36(), r.bram18(), r.ebr4k(), r.spram256k(), r.lut() * 4 / 3, ff);
    }

    /** One RAM a lane with registered write port, a rotator on each side as wide as what is written and read. */
    private Resources rowMemory(RowMemory m) {
        if (machine.inDram(m)) {
            return Resources.NONE;
        }
        int lanes = m.lanes();
        int address = Math.max(1, Timing.log2Of(m.words()));
        int written = Placement.writtenElements(machine.unit(m.writer()));
        int read = Placement.readElements(machine.unit(m.reader()));
        // Two levels of two-way multiplexers are one LUT.
        int levels = Math.ceilDiv(Timing.log2Of(lanes), 2);
        double rotators = (double) read * bits * levels + (written > 1 ? lanes * bits * levels : lanes);
        double addresses = 2.0 * (lanes - 1) * address;
        int dataRegisters = lanes * (written > 1 ? bits : 0) + (written > 1 ? 0 : bits);
        int ff = dataRegisters + lanes * (address + 1) + read * bits + Timing.log2Of(lanes);
        return Rams.dualPort(target, m.words(), bits).times(lanes).plus(logic(rotators + addresses, ff));
    }

    private Resources edges() {
        int rows = machine.limits().rows();
        var counters = fixed ? logic(14, 5) : logic(5.2 * rows, 3 * rows);
        return counters.times(machine.edges().size()).plus(LOADER);
    }

    private Resources unit(Unit unit) {
        var head = listHead(unit);
        int descriptor = layout.sequence(unit).bits();
        return switch (unit) {
            case Unit.HostIn h ->
                head.plus(fixed ? logic(45, 40) : logic(2.2 * descriptor - 40, 2.5 * descriptor - 40))
                        .plus(logic(2 * h.lanes() * bits, h.lanes() * bits));
            case Unit.HostOut h ->
                head.plus(reader(1))
                        .plus(Rams.program(target, Timing.HOST_OUT_BEATS, h.lanes() * bits + 1))
                        .plus(fixed ? logic(60, 60) : logic(1.6 * descriptor - 40, 2 * descriptor - 40))
                        .plus(logic(2 * h.lanes() * bits, 3 * h.lanes() * bits));
            case Unit.Store s ->
                head.plus(reader(1))
                        .plus(Rams.program(target, Timing.storeBeats(s), s.lanes() * bits))
                        .plus(logic(1.6 * descriptor - 40, 2 * descriptor - 40))
                        .plus(logic(3 * s.lanes() * bits + 90, 3 * s.lanes() * bits + 80));
            case Unit.Load l ->
                head.plus(logic(2.2 * descriptor - 40, 2.5 * descriptor - 40))
                        .plus(logic(l.lanes() * bits + 60, 2 * l.lanes() * bits + 50));
            case Unit.Vector v ->
                head.plus(reader(v.lanes()))
                        .plus(furtherInputs(v))
                        .plus(vector(v))
                        .plus(drain(v, v.accumulatorBits(), 2 * v.lanes()));
            case Unit.Matrix m ->
                head.plus(reader(m.readElements()))
                        .plus(furtherInputs(m))
                        .plus(matrix(m))
                        .plus(array(m))
                        .plus(drain(m, m.accumulatorBits(), 2 * m.outputs() * m.pixels()));
        };
    }

    /** Firing list, descriptors, places of the actors, segments, and the registers in front of them. */
    private Resources listHead(Unit unit) {
        int placeBits =
                addressBits(machine.memoriesInto(unit.id())) + machine.limits().rows();
        var places = unit instanceof Unit.HostIn || unit instanceof Unit.Load
                ? outputPlace(unit)
                : actorMemory(unit, placeBits);
        if (fixed) {
            return unit instanceof Unit.Matrix m
                    ? places.plus(segments(m)).plus(logic(28, 14))
                    : places.plus(logic(20, 12));
        }
        var list = layout.list(unit);
        var sequence = layout.sequence(unit);
        int listBits = Math.max(list.bits(), layout.listHeader(unit).bits());
        return places.plus(segments(unit))
                .plus(Rams.program(target, unit.capacity().listEntries() + 1, listBits))
                .plus(Rams.program(target, unit.capacity().actors() * sequence.stride(), sequence.wordBits()))
                .plus(logic(55 + 0.17 * sequence.bits(), sequence.bits() + 36));
    }

    private Resources segments(Unit unit) {
        int segments = unit.capacity().segments();
        return segments == 0
                ? Resources.NONE
                : Rams.program(target, segments, layout.segment(unit).bits());
    }

    /** A word an actor: registers for two, else a memory, with fixed control a block RAM. */
    private Resources actorMemory(Unit unit, int wordBits) {
        int actors = unit.capacity().actors();
        if (actors <= 2) {
            return logic(actors * wordBits / 2.0, actors * wordBits);
        }
        return fixed ? Rams.block(target, actors, wordBits) : Rams.program(target, actors, wordBits);
    }

    private int addressBits(List<RowMemory> memories) {
        return Timing.log2Of(memories.stream()
                .filter(m -> !machine.inDram(m))
                .mapToInt(RowMemory::elements)
                .max()
                .orElse(2));
    }

    /** Addresses of a read, and what replaces elements outside the map. */
    private static Resources reader(int elements) {
        return logic(100 + 8 * elements, 70 + 1.5 * elements);
    }

    /** Each input after the first: where its window stands, and the choice between inputs; fitted. */
    private static Resources furtherInputs(Unit unit) {
        int more = unit.capacity().inputs() - 1;
        return logic(80 * more, 90 * more);
    }

    /** A comparison a lane, and the number of the largest tap. */
    private static Resources indices(Unit.Vector v) {
        int each = v.lanes() * v.accumulatorBits();
        return v.features().indices() ? logic(2 * each, each + 60) : Resources.NONE;
    }

    /** A multiplier a lane, the shift behind it, and the memory of weights; logic fitted. */
    private Resources multipliers(Unit.Vector v) {
        if (!v.features().multiplies()) {
            return Resources.NONE;
        }
        boolean dsp = v.drain().multipliersInDsp();
        var lane = dsp ? new Resources(1, 0, 0, 0, 0, 60, 100) : logic(60 + bits * 22, 100 + bits * 12);
        var lanes = lane.times(v.lanes()).plus(logic(0, 100));
        return v.weightWords() == 0
                ? lanes
                : lanes.plus(Rams.singlePort(target, v.weightWords(), layout.weightWordBits(v)));
    }

    /** The map by which an engine finds its tiles; an adder behind it. */
    private Resources tileMap(Unit.Matrix m) {
        int wordBits = ProgramLayout.indexBits(Math.max(1, m.weightWords()));
        return m.weightTiles() == 0
                ? Resources.NONE
                : Rams.singlePort(target, m.weightTiles(), wordBits).plus(logic(2 * wordBits, 3 * wordBits));
    }

    /** Control of a matrix engine, its accumulators and its weight memory. */
    private Resources matrix(Unit.Matrix m) {
        int accumulators = m.outputs() * m.pixels() * m.accumulatorBits();
        return Rams.dualPort(target, m.accumulatorWords(), accumulators)
                .times(2)
                .plus(m.streamed() ? fetcher(m) : Rams.singlePort(target, m.weightWords(), layout.weightWordBits(m)))
                .plus(tileMap(m))
                .plus(fixed ? logic(260, 250) : logic(3.7 * layout.sequence(m).bits() - 200, 230))
                .plus(logic(accumulators, accumulators + m.weightLanes() * bits));
    }

    /** The FIFO between DRAM and the shadow registers, and the walk over the stream. */
    private Resources fetcher(Unit.Matrix m) {
        var entry = layout.stream(m);
        int words = Timing.log2Of(m.fifoWords()) + 1;
        return Rams.dualPort(target, m.fifoWords(), layout.weightWordBits(m))
                .plus(Rams.program(target, m.capacity().listEntries() + 1, entry.bits()))
                .plus(logic(2.0 * entry.bits() + 5 * words, 2.0 * entry.bits() + 4 * words));
    }

    /** The way to DRAM that its clients share: the choice of a client, a register for a beat read, and two for a beat that is put together and written. */
    private Resources dram() {
        int clients = machine.dramClients().size();
        int address = layout.dramAddressBits();
        return logic(
                (double) clients * address / 2 + 80,
                3.0 * address + 24.0 * machine.dram().dataBytes() + 80);
    }

    /**
     * Multipliers and adder trees. A DSP adds its product to a neighbour's, so that without a chain the first level of a tree is free; active
     * weights, activations and products are registers of the DSPs. Of two packed sums one is taken apart by an adder.
     */
    private Resources array(Unit.Matrix m) {
        boolean xilinx = target.family() != Target.Family.ICE40;
        int width = 2 * bits + Timing.log2Of(m.chain());
        int nodes = Math.ceilDiv(m.lanes(), m.chain());
        boolean free = xilinx && m.chain() == 1;
        int pairs = m.packed() ? m.outputs() / 2 * m.pixels() * nodes : 0;
        int apart = m.packed() ? m.outputs() * m.pixels() * nodes : 0;
        int widthApart = width;
        int lut = 0;
        int ff = 0;
        while (nodes > 1) {
            width++;
            if (!free) {
                lut += nodes / 2 * width;
                ff += nodes / 2 * width + nodes % 2 * (width - 1);
            }
            free = false;
            nodes = Math.ceilDiv(nodes, 2);
        }
        int trees = m.outputs() * m.pixels();
        int shadow = m.outputs() * m.lanes() * bits;
        return new Resources(
                m.dsps(), 0, 0, 0, 0, trees * lut + pairs * widthApart, trees * ff + shadow + apart * widthApart);
    }

    private Resources vector(Unit.Vector v) {
        int width = v.lanes() * v.accumulatorBits();
        int descriptor = layout.sequence(v).bits();
        return Rams.dualPort(target, 2 << Timing.log2Of(v.accumulatorWords()), width)
                .plus(fixed ? logic(90, 150) : logic(2.3 * descriptor - 150, 215))
                .plus(logic((v.features().sums() ? 4 : 3) * width, width))
                .plus(multipliers(v))
                .plus(indices(v));
    }

    /** Where each actor writes, in each memory; the logic of the first is part of the drain. With fixed control most fill one buffer, and have one place. */
    private Resources outputPlace(Unit unit) {
        var memories = machine.memoriesFrom(unit.id());
        int bits = addressBits(memories);
        if (fixed) {
            return actorMemory(unit, bits);
        }
        int more = Math.max(0, memories.size() - 1);
        return actorMemory(unit, Math.max(1, memories.size()) * bits).plus(logic(7 * more * bits, 4 * more * bits));
    }

    /** @param words accumulators that a lane of the drain is chosen from, both halves */
    private Resources drain(Unit unit, int accumulatorBits, int words) {
        var d = ProgramLayout.drainOf(unit);
        var descriptor = layout.drain(unit);
        int lanes = d.lanes() * accumulatorBits;
        double choice = (double) words / d.lanes() / 4 * lanes;
        int late = d.requantize() ? 280 : 200;
        var sum = outputPlace(unit)
                .plus(
                        fixed
                                ? logic(110 + choice, lanes + late / 2.0)
                                : Rams.program(
                                                target,
                                                unit.capacity().actors() * descriptor.stride(),
                                                descriptor.wordBits())
                                        .plus(logic(
                                                130 + 0.8 * descriptor.bits() + choice,
                                                descriptor.bits() + lanes + late)));
        if (d.requantize()) {
            sum = sum.plus(Rams.program(
                            target, d.parameterWords(), layout.parameters(unit).bits()))
                    .plus(requantizer(d, accumulatorBits).times(d.lanes()));
        }
        if (d.table()) {
            sum = sum.plus(tables(d));
        }
        return sum;
    }

    /**
     * A memory a lane; at int16 also the product of 16 x 6 bits, in logic, never in a DSP, and the way of addresses and rows past it.
     */
    private Resources tables(Unit.Drain d) {
        var memory = Rams.dualPort(
                target, d.tables() * layout.tableWords(), layout.table().bits());
        return switch (machine.precision()) {
            case INT8 -> memory.times(d.lanes());
            case INT16 -> memory.plus(logic(180, 140)).times(d.lanes()).plus(logic(40, 32));
        };
    }

    /** One lane: bias, pre-shift and saturation, 25 x 18 product, shift by up to 42, rounding, zero point, limits. */
    private static Resources requantizer(Unit.Drain d, int accumulatorBits) {
        double shiftIn = d.preShiftMax() == 0 ? 0 : accumulatorBits * Timing.log2Of(d.preShiftMax() + 1) / 2.0;
        boolean dsp = d.multipliersInDsp();
        double product = dsp ? 0 : d.interval() > 1 ? 60 + 25 * 1.2 * Math.ceilDiv(18, d.interval()) : 25 * 18 * 1.1;
        double lut = 126 + 4.5 * accumulatorBits + shiftIn + product;
        return new Resources(dsp ? 1 : 0, 0, 0, 0, 0, (int) Math.ceil(lut), 36 + accumulatorBits + (dsp ? 0 : 86));
    }

    private static Resources logic(double lut, double ff) {
        return new Resources(0, 0, 0, 0, 0, (int) Math.ceil(lut), (int) Math.ceil(ff));
    }
}
