package io.millrace.scheduler.internal;

import io.millrace.scheduler.Cost.Resources;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.ProgramLayout;
import io.millrace.scheduler.RowMemory;
import io.millrace.scheduler.Target;
import io.millrace.scheduler.Timing;
import io.millrace.scheduler.Unit;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * Resources of a machine as a sum over the modules of its RTL. DSPs and memories follow from the structure. LUTs and flip-flops are counted
 * where the structure gives them (adders, multiplexers, registers of data); what is left of each module, its control, is a line in the bits
 * of its descriptors and of addresses in row memories, fitted module by module to yosys 0.23 for Virtex-6 on five machines: LeNet-5 at int8 and int16,
 * ResNet-8, MobileNet v1 with streamed weights and the scene parser with its tables. LUTs include those used as memory. With fixed
 * control the descriptors are constants in that logic; those lines are fitted to LeNet-5 on iCE40.
 */
public final class MachineResources {
    private static final Resources FIXED_LOADER = logic(70, 220);
    /** Bits of a requantizer's factor and of a vector lane's. */
    private static final int FACTOR_BITS = ProgramLayout.MULTIPLIER_BITS;

    private static final int SHIFT_REGISTER_MIN = 3;

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
        if (target.multipliesInLogic()) {
            for (var unit : machine.units()) {
                if (unit instanceof Unit.Matrix m) {
                    all.computeIfPresent(m.name(), (_, r) -> parts.multipliersAsLogic(r, m));
                }
            }
        }
        return all;
    }

    /** A product of two signed codes in LUTs of 4 inputs, by yosys 0.23: 182 of 8 bits, 764 of 16. Its registers are counted with the array's. */
    private Resources multipliersAsLogic(Resources r, Unit.Matrix m) {
        int luts = switch (machine.precision()) {
            case INT8 -> 182;
            case INT16 -> 764;
        };
        return new Resources(
                r.dsp() - m.dsps(),
                r.bram36(),
                r.bram18(),
                r.ebr4k(),
                r.spram256k(),
                r.lut() + m.dsps() * luts,
                r.ff());
    }

    /** With LUTs of 4 inputs: a third more. Without shift registers: more registers too, fewer where no descriptors are carried along. */
    private Resources narrowLuts(Resources r) {
        int ff = fixed ? r.ff() * 8 / 7 : r.ff() * 4 / 3;
        return new Resources(r.dsp(), r.bram36(), r.bram18(), r.ebr4k(), r.spram256k(), r.lut() * 4 / 3, ff);
    }

    /** One RAM a granule with registered write port, a rotator on each side as wide as what is written and read. */
    private Resources rowMemory(RowMemory m) {
        if (machine.inDram(m)) {
            return Resources.NONE;
        }
        int lanes = m.lanes();
        int rams = lanes / m.granule();
        int address = Math.max(1, Timing.log2Of(m.words()));
        int written = Placement.writtenElements(machine.unit(m.writer()));
        int read = Placement.readElements(machine.unit(m.reader()));
        if (m.whole()) {
            // Elements are collected to a word; a register follows the memory.
            int word = lanes * bits;
            return Rams.dualPort(target, m.words(), word).plus(logic(2 * lanes, 2 * word + address + 1));
        }
        // Two levels of two-way multiplexers are one LUT; only behind the last are there no more elements than are
        // read. An element that is written alone is masked for each lane.
        int levels = Math.ceilDiv(Timing.log2Of(rams), 2);
        double rotators = bits * (Math.max(0, levels - 1) * lanes + (levels > 0 ? read : 0.0))
                + (written > m.granule() ? lanes * bits * levels : levels > 0 ? lanes * bits : 1);
        double addresses = 2.0 * (rams - 1) * address;
        int ff = lanes * bits + rams * (address + 1) + read * bits + Timing.log2Of(rams);
        return Rams.dualPort(target, m.words(), m.granule() * bits).times(rams).plus(logic(rotators + addresses, ff));
    }

    private Resources edges() {
        int rows = machine.limits().rows();
        var counters = fixed ? logic(14, 5) : logic(9.6 * rows, 3 * rows);
        return counters.times(machine.edges().size()).plus(loader());
    }

    /** A program word is put together as wide as the widest memory's. */
    private Resources loader() {
        int widest = machine.limits().descriptorBits();
        for (var unit : machine.units()) {
            widest = Math.max(widest, ProgramLayout.weightsOf(unit).words() > 0 ? layout.weightWordBits(unit) : 0);
        }
        return fixed ? FIXED_LOADER : logic(70, widest + 64);
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
                .plus(logic(48, sequence.bits() + 16));
    }

    private Resources segments(Unit unit) {
        int segments = unit.capacity().segments();
        return segments == 0
                ? Resources.NONE
                : Rams.program(target, segments, layout.segment(unit).bits());
    }

    /** A word an actor: registers for few, else a memory, with fixed control a block RAM. */
    private Resources actorMemory(Unit unit, int wordBits) {
        int actors = unit.capacity().actors();
        if (ProgramLayout.inRegisters(actors, fixed)) {
            return logic(actors * wordBits / 2.0, actors * wordBits);
        }
        int beside = ProgramLayout.besideBlock(wordBits);
        return fixed
                ? Rams.block(target, actors, wordBits - beside).plus(logic(beside * actors, beside * (actors + 1)))
                : Rams.program(target, actors, wordBits);
    }

    private int addressBits(List<RowMemory> memories) {
        return Timing.log2Of(memories.stream()
                .filter(m -> !machine.inDram(m))
                .mapToInt(RowMemory::elements)
                .max()
                .orElse(2));
    }

    /** Addresses of a read, and what replaces elements outside the map. */
    private Resources reader(int elements) {
        int address = machine.addressBits();
        return fixed
                ? logic(100 + 8 * elements, 70 + 1.5 * elements)
                : logic(
                        5.0 * address + (double) (bits + machine.limits().columns()) * elements,
                        15 + 3.0 * address + 2.0 * elements);
    }

    /** Each input after the first: where its window stands, and the choice between inputs; fitted. */
    private Resources furtherInputs(Unit unit) {
        int more = unit.capacity().inputs() - 1;
        int registers = switch (unit) {
            case Unit.Matrix _ -> fixed ? 90 : 25 * machine.addressBits();
            case Unit.Vector _ -> fixed ? 90 : 150;
            case Unit.HostIn _, Unit.HostOut _, Unit.Store _, Unit.Load _ -> 0;
        };
        return logic(80 * more, registers * more);
    }

    /** A comparison a lane, and the number of the largest tap. */
    private static Resources indices(Unit.Vector v) {
        int each = v.lanes() * v.accumulatorBits();
        return v.features().indices() ? logic(2 * each, each + 60) : Resources.NONE;
    }

    /**
     * A multiplier a lane, the shift behind it, and the memory of weights. Registers are those of the shifted product, of the term, of a weight and of a
     * kept difference; in logic the product's own, and the difference that a DSP would take in. The shift is fitted.
     */
    private Resources multipliers(Unit.Vector v) {
        if (!v.features().multiplies()) {
            return Resources.NONE;
        }
        if (v.features().weightsOnly()) {
            // A DSP takes in what is in front of it.
            var product = v.multipliersInDsp() ? new Resources(1, 0, 0, 0, 0, 0, 0) : logicProduct();
            return product.times(v.lanes()).plus(Rams.singlePort(target, v.weightWords(), layout.weightWordBits(v)));
        }
        int difference = bits + 1;
        int term = Math.min(v.accumulatorBits(), FACTOR_BITS + difference);
        int registers = FACTOR_BITS
                + difference
                + term
                + (v.weightWords() > 0 ? bits : 0)
                + (v.features().products() ? difference : 0);
        var lane = logic(60, registers)
                .plus(
                        v.multipliersInDsp()
                                ? new Resources(1, 0, 0, 0, 0, 0, 0)
                                : LogicProduct.of(FACTOR_BITS, difference)
                                        .plus(logic(v.weightWords() > 0 ? FACTOR_BITS : 0, difference)));
        var lanes = lane.times(v.lanes()).plus(logic(0, 100));
        return v.weightWords() == 0
                ? lanes
                : lanes.plus(Rams.singlePort(target, v.weightWords(), layout.weightWordBits(v)));
    }

    /** A product of a code and a weight in logic, with the weight's register. */
    private Resources logicProduct() {
        return LogicProduct.of(bits, bits).plus(logic(0, bits));
    }

    /** The map by which an engine finds its tiles; an adder behind it. */
    private Resources tileMap(Unit.Matrix m) {
        int wordBits = ProgramLayout.indexBits(Math.max(1, m.weightWords()));
        return m.weightTiles() == 0
                ? Resources.NONE
                : Rams.singlePort(target, m.weightTiles(), wordBits).plus(logic(2 * wordBits, 3 * wordBits));
    }

    /** Both halves of a matrix engine's accumulators, so many words of so many bits a sum. */
    static Resources accumulators(Target target, Unit.Matrix m, int words, int sumBits) {
        return m.hasSlots()
                ? Rams.dualPort(target, words, m.pixels() * sumBits).times(2 * m.outputs())
                : Rams.dualPort(target, words, m.outputs() * m.pixels() * sumBits)
                        .times(2);
    }

    /** Both halves of a vector engine's accumulators, which are one memory. */
    static Resources accumulators(Target target, Unit.Vector v, int words, int sumBits) {
        return Rams.dualPort(target, 2 << Timing.log2Of(words), v.lanes() * sumBits);
    }

    /** Control of a matrix engine, its accumulators and its weight memory. */
    private Resources matrix(Unit.Matrix m) {
        int accumulators = m.outputs() * m.pixels() * m.accumulatorBits();
        return accumulators(target, m, m.accumulatorWords(), m.accumulatorBits())
                .plus(m.hasSlots() ? slots(m) : Resources.NONE)
                .plus(m.streamed() ? fetcher(m) : Rams.singlePort(target, m.weightWords(), layout.weightWordBits(m)))
                .plus(tileMap(m))
                .plus(
                        fixed
                                ? logic(260, 250)
                                : logic(300 + 1.7 * layout.sequence(m).bits(), 204 + 22.6 * machine.addressBits()))
                .plus(logic(accumulators, accumulators + m.weightLanes() * bits));
    }

    /** What a lane's address is chosen from, and its slot, behind the array as late as the sums are. */
    private Resources slots(Unit.Matrix m) {
        int address = Timing.log2Of(m.accumulatorWords());
        int slot = Timing.log2Of(m.slots()) + 1;
        var lane = logic(2.0 * address, (2 + 3) * slot).plus(delayed(slot, Timing.sumLatency(m)));
        return lane.times(m.outputs());
    }

    /** The FIFO between DRAM and the shadow registers, and the walk over the stream. */
    private Resources fetcher(Unit.Matrix m) {
        var entry = layout.stream(m);
        int words = Timing.log2Of(m.fifoWords()) + 1;
        // Two levels of two-way multiplexers are one LUT.
        int choice = layout.weightWordBits(m) * (m.tilesPerBeat() - 1) / 3;
        return Rams.dualPort(target, m.fifoWords(), machine.dram().dataBytes() * 8)
                .plus(logic(choice, 0))
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
     * Multipliers and adder trees. A DSP adds its product to a neighbour's, so that a cascade is free, and without one the first level of a tree;
     * active weights, two registers of an activation and products are in the DSPs, or beside products of logic.
     */
    private Resources array(Unit.Matrix m) {
        int trees = m.outputs() * m.pixels();
        int seconds = m.packed() ? m.outputs() / 2 * m.pixels() : 0;
        int shadow = m.outputs() * m.lanes() * bits;
        var sums = m.packed()
                ? lowSums(m).times(trees - seconds).plus(highSums(m).times(seconds))
                : sums(m, 2 * bits + Timing.log2Of(m.chain()), late(m));
        var multipliers = m.multipliersInDsp()
                ? new Resources(m.dsps(), 0, 0, 0, 0, 0, 0)
                : logicProduct().times(m.multipliers()).plus(logic(0, m.lanes() * m.pixels() * bits));
        return multipliers
                .plus(logic(0, shadow))
                .plus(m.packed() ? sums : sums.times(trees))
                .plus(latePlaces(m));
    }

    /** Cycles that a short last cascade waits for the others. */
    private static int late(Unit.Matrix m) {
        int rest = m.lanes() % m.chain();
        return rest == 0 ? 0 : m.chain() - rest;
    }

    /** The low ones of packed sums of one output: registers a cycle behind the DSPs. */
    private Resources lowSums(Unit.Matrix m) {
        int others = Math.ceilDiv(m.lanes(), m.chain()) - 1;
        int width = Math.min(Unit.PACKED_APART, m.accumulatorBits());
        return logic(0, others * width).plus(sums(m, width, late(m) + 1));
    }

    /**
     * The high ones: what a low one has borrowed is the carry into a number that is the DSP's, so a carry chain without LUTs, as yosys counts; placing
     * may take one a bit to get into the chain.
     */
    private Resources highSums(Unit.Matrix m) {
        int width = Math.min(2 * bits + Timing.log2Of(m.chain()), m.accumulatorBits());
        return logic(0, Math.ceilDiv(m.lanes(), m.chain()) * width)
                .plus(delayed(width + 1, late(m)))
                .plus(sums(m, width, 0));
    }

    /**
     * A tree of adders over the cascades of one output, a cycle a level.
     *
     * @param width bits of a cascade's sum
     * @param wait cycles that the last of them is held in registers before the tree
     */
    private Resources sums(Unit.Matrix m, int width, int wait) {
        boolean free = target.family() != Target.Family.ICE40 && m.chain() == 1 && !m.packed() && m.multipliersInDsp();
        var sum = Resources.NONE;
        // Bits above those of an accumulator are used by nothing.
        int level = width;
        int last = Math.min(width, m.accumulatorBits());
        int waited = wait;
        for (int nodes = Math.ceilDiv(m.lanes(), m.chain()); nodes > 1; nodes = Math.ceilDiv(nodes, 2)) {
            level = Math.min(level + 1, m.accumulatorBits());
            boolean alone = nodes % 2 == 1;
            if (!free) {
                sum = sum.plus(logic(nodes / 2 * level, nodes / 2 * level));
                waited += alone ? 1 : 0;
            }
            free = false;
            if (!alone) {
                sum = sum.plus(delayed(last, waited));
                waited = 0;
                last = level;
            }
        }
        return sum.plus(delayed(last, waited));
    }

    /** What the lanes of a cascade get late, by their place in it: activations (the DSP has two registers), weights, and when to load and swap. */
    private Resources latePlaces(Unit.Matrix m) {
        int words = m.tileLoadCycles();
        var sum = words == 1 ? Resources.NONE : logic(words * Math.min(m.chain(), m.weightLanes()), 0);
        if (m.chain() == 1) {
            return sum;
        }
        // By lane of the weight bus, the first and the last place that weights from it go to.
        int[] first = new int[m.weightLanes()];
        int[] last = new int[m.weightLanes()];
        Arrays.fill(first, m.chain());
        for (int i = 0; i < m.outputs() * m.lanes(); i++) {
            int bus = i % m.weightLanes();
            int place = i % m.lanes() % m.chain();
            first[bus] = Math.min(first[bus], place);
            last[bus] = Math.max(last[bus], place);
        }
        for (int bus = 0; bus < m.weightLanes(); bus++) {
            sum = sum.plus(first[bus] == last[bus] ? delayed(bits, last[bus]) : logic(0, last[bus] * bits));
        }
        for (int lane = 0; lane < m.lanes(); lane++) {
            sum = sum.plus(delayed(m.pixels() * bits, Math.max(0, lane % m.chain() - 1)));
        }
        return sum.plus(logic(0, (m.chain() - 1.0) * (2 + ProgramLayout.indexBits(words))));
    }

    /** Registers behind each other with nothing between: from {@value #SHIFT_REGISTER_MIN} on shift registers, a LUT a bit, where the part has them. */
    private Resources delayed(int width, int cycles) {
        return cycles >= SHIFT_REGISTER_MIN && target.family() != Target.Family.ICE40
                ? logic(width, 0)
                : logic(0, width * cycles);
    }

    /** LUTs a bit of what lanes fold: the sum, the larger with its comparison, and the choice between both. */
    private static int folds(Unit.Features features) {
        int sum = features.sums() ? 1 : 0;
        int larger = features.maxima() ? 3 : 0;
        return Math.max(1, sum + larger);
    }

    private Resources vector(Unit.Vector v) {
        int width = v.lanes() * v.accumulatorBits();
        int descriptor = layout.sequence(v).bits();
        int address = machine.addressBits();
        return accumulators(target, v, v.accumulatorWords(), v.accumulatorBits())
                .plus(fixed ? logic(90, 150) : logic(2.3 * descriptor + 10.0 * address - 240, 187 + 25.0 * address))
                .plus(logic(folds(v.features()) * width, width))
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
        int fixedRegisters = d.requantize() ? 140 : 100;
        var sum = outputPlace(unit)
                .plus(
                        fixed
                                ? logic(110 + choice, lanes + fixedRegisters)
                                : Rams.program(
                                                target,
                                                unit.capacity().actors() * descriptor.stride(),
                                                descriptor.wordBits())
                                        .plus(walk(unit, d))
                                        .plus(logic(0.8 * descriptor.bits() + choice, descriptor.bits() + lanes)));
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

    /** The drain's walk over tiles and rows, with an address in each memory that it writes; fitted. */
    private Resources walk(Unit unit, Unit.Drain d) {
        int address = machine.addressBits();
        int more = Math.max(0, machine.memoriesFrom(unit.id()).size() - 1);
        return d.requantize()
                ? logic(Math.max(0, 37.0 * address + 10 * more - 257), 30.0 * address + 37 * more)
                : logic(Math.max(0, 22.4 * address + 12 * more - 78), 5 + 12.5 * address + 13 * more);
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

    /**
     * One lane: bias, pre-shift and saturation to 25 bits, product with 18, shift by up to 42, rounding, zero point, limits. A DSP takes in the registers in
     * front of it, but those of a shifted or saturated value. What depends on the shift is fitted.
     */
    private Resources requantizer(Unit.Drain d, int accumulatorBits) {
        int value = Math.min(accumulatorBits, Unit.SATURATED_BITS);
        boolean narrows = accumulatorBits > Unit.SATURATED_BITS;
        boolean inDsp = d.multipliersInDsp();
        double shiftIn = accumulatorBits * Timing.log2Of(d.preShiftMax() + 1) / 2.0;
        double shifted = inDsp || d.interval() > 1
                ? 20 + accumulatorBits + 3.1 * value + (narrows ? Unit.SATURATED_BITS : 0)
                : 10 + 1.5 * accumulatorBits;
        var lane = logic(10 * bits + shiftIn + shifted, 3 * bits + 8);
        if (inDsp) {
            int kept = (narrows || d.preShiftMax() > 0 ? accumulatorBits : 0) + (narrows ? Unit.SATURATED_BITS : 0);
            // Of wide sums the bits above are looked at step by step.
            int stepped = narrows && !fixed ? 5 * accumulatorBits : 0;
            kept += stepped;
            return lane.plus(new Resources(1, 0, 0, 0, 0, 0, kept));
        }
        var product = d.interval() == 1 ? LogicProduct.of(value, FACTOR_BITS) : serialProduct(value, d.interval());
        return lane.plus(product).plus(logic(0, accumulatorBits + value + 2 * FACTOR_BITS));
    }

    /** A product by some bits of the factor a cycle: a masked row a bit, the choice where it begins, and what is left of the factor; fitted. */
    private static Resources serialProduct(int value, int cycles) {
        int digits = Math.ceilDiv(FACTOR_BITS, cycles);
        int factor = digits * cycles;
        // More rows than three become compressors.
        int compressed = Math.max(0, digits - 3);
        return logic(FACTOR_BITS + (2.3 + digits + 3.6 * compressed) * value, value + 1 + 2 * factor);
    }

    private static Resources logic(double lut, double ff) {
        return new Resources(0, 0, 0, 0, 0, (int) Math.ceil(lut), (int) Math.ceil(ff));
    }
}
