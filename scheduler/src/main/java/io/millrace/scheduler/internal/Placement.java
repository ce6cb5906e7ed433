package io.millrace.scheduler.internal;

import io.millrace.scheduler.Actor;
import io.millrace.scheduler.Connections;
import io.millrace.scheduler.Edge;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.Machine.Control;
import io.millrace.scheduler.Machine.EdgeSlot;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.Reserve;
import io.millrace.scheduler.ProgramLayout;
import io.millrace.scheduler.RowMemory;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Target;
import io.millrace.scheduler.Unit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;

/** Sizes a machine to a demand, and gives a mapped network its places in a machine. */
final class Placement {
    /** Least words of a row memory. */
    private static final int WORDS_MIN = 4;

    /** Words of a byte in half a block RAM of 36 kbit, and the least that a block RAM has, however wide they are. */
    private static final int BLOCK_WORDS = 2048;

    private static final int WIDE_BLOCK_WORDS = 512;

    /** Words of a LUT memory with two ports. */
    private static final int LUT_WORDS = 64;

    /** Most words of a byte for which LUTs are cheaper than block RAM, as yosys counts. */
    private static final int LUTS_MAX = 5 * LUT_WORDS;

    private Placement() {}

    static Machine machine(List<Unit> skeleton, Demand demand, MachineOptions options) {
        Reserve reserve = options.reserve();
        var units = new ArrayList<Unit>();
        for (var u : skeleton) {
            units.add(sized(
                    u, demand.units().get(u.id()), reserve, demand.precision().bits()));
        }
        var memories = new ArrayList<RowMemory>();
        var edges = new ArrayList<EdgeSlot>();
        demand.memories().forEach((pair, need) -> {
            int lanes = powerOfTwo(
                    Math.max(writtenElements(units.get(pair.writer())), readElements(units.get(pair.reader()))));
            // Programs that are not known yet may read from any element on.
            boolean known = options.control() == Control.LOADED && reserve.equals(Reserve.NONE);
            int granule = known ? Math.min(need.granule(), lanes) : 1;
            int words = units.get(pair.writer()) instanceof Unit.Store
                    ? Math.ceilDiv(need.elements(), lanes)
                    : memoryWords(
                            Math.ceilDiv(Math.max(need.elements(), reserve.memoryElements()), lanes),
                            granule * demand.precision().bits() / 8);
            int id = memories.size();
            memories.add(new RowMemory(id, pair.writer(), pair.reader(), lanes, words, need.shared(), false, granule));
            for (int k = 0; k < units.get(pair.reader()).capacity().inputs(); k++) {
                for (int i = 0; i < Math.max(need.edges(k), reserve.edgesPerMemory()); i++) {
                    edges.add(new EdgeSlot(id, k));
                }
            }
        });
        var w = demand.widths();
        var limits = new Machine.Limits(
                options.control() == Control.FIXED ? ProgramLayout.UNSPLIT : options.descriptorBits(),
                1 + unsignedBits(w.rows()),
                unsignedBits(w.columns()),
                1 + unsignedBits(w.positions()),
                unsignedBits(w.channels()),
                unsignedBits(w.tiles()));
        return new Machine(
                options.name(),
                demand.precision(),
                units,
                memories,
                edges,
                limits,
                options.control(),
                options.streams().dram());
    }

    /**
     * Buffers, edge slots and final edge ids for a network whose demand the machine covers.
     */
    static Schedule place(Planner.Plan plan, Machine machine, Target target) {
        var flow = plan.flow();
        var places = plan.places();
        var idOf = new int[flow.links().size()];
        var nextSlot = new HashMap<EdgeSlot, Integer>();
        var edges = new ArrayList<Edge>();
        for (int i = 0; i < idOf.length; i++) {
            var link = flow.links().get(i);
            int memory = memory(machine, flow.writer(link), flow.reader(link));
            var slot = new EdgeSlot(memory, link.operand());
            idOf[i] = edgeSlot(machine, slot, nextSlot.merge(slot, 1, Integer::sum) - 1);
            edges.add(new Edge(
                    idOf[i],
                    link.producer(),
                    link.consumer(),
                    memory,
                    places.base(link.buffer()),
                    flow.rowPitch(link),
                    plan.slots()[link.buffer()]));
        }
        edges.sort(java.util.Comparator.comparingInt(Edge::id));
        var actors = new ArrayList<Actor>();
        for (var a : flow.actors()) {
            actors.add(a.withEdges(
                    a.inputs().stream().map(l -> idOf[l]).toList(),
                    a.outputs().stream().map(l -> idOf[l]).toList()));
        }
        return WholeWords.mark(new Schedule(flow.graph(), target, machine, actors, edges, plan.lists()));
    }

    private static int memory(Machine machine, int writer, int reader) {
        return machine.memories().stream()
                .filter(m -> m.writer() == writer && m.reader() == reader)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no memory from unit " + writer + " to " + reader))
                .id();
    }

    private static int edgeSlot(Machine machine, EdgeSlot slot, int rank) {
        int first = machine.edges().indexOf(slot);
        // Equal slots lie side by side.
        if (first < 0
                || first + rank >= machine.edges().size()
                || !machine.edges().get(first + rank).equals(slot)) {
            throw new IllegalStateException("the machine has no edge " + rank + " like " + slot);
        }
        return first + rank;
    }

    private static Unit sized(Unit unit, Demand.OfUnit need, Reserve reserve, int codeBits) {
        int actors = Math.max(1, Math.max(need.actors(), reserve.actors()));
        int entries = Math.max(1, Math.max(need.listEntries(), reserve.listEntries()));
        var host = new Unit.Capacity(actors, entries, 0);
        int segments = Math.max(1, Math.max(need.segments(), reserve.segments()));
        var capacity = new Unit.Capacity(actors, entries, segments, need.inputs());
        int accumulatorWords = Math.max(1, Math.max(need.accumulatorWords(), reserve.accumulatorWords()));
        return switch (unit) {
            case Unit.HostIn h -> new Unit.HostIn(h.id(), h.name(), h.lanes(), host);
            case Unit.HostOut h -> new Unit.HostOut(h.id(), h.name(), h.lanes(), host);
            case Unit.Store s -> new Unit.Store(s.id(), s.name(), s.lanes(), s.burstBeats(), host);
            case Unit.Load l -> new Unit.Load(l.id(), l.name(), l.lanes(), host);
            case Unit.Matrix m -> {
                boolean maps = !m.hasSlots() && mapPays(m, need, codeBits);
                int granule = powerOfTwo(Math.ceilDiv(accumulatorWords, Connections.slotsMax(codeBits)));
                int slots = m.hasSlots() ? Math.ceilDiv(accumulatorWords, granule) : 0;
                int weightWords = maps ? need.mappedWords() : need.weightWords();
                yield new Unit.Matrix(
                        m.id(),
                        m.name(),
                        m.outputs(),
                        m.lanes(),
                        m.pixels(),
                        m.pixelSteps(),
                        m.chain(),
                        m.packed(),
                        m.multipliersInDsp(),
                        m.weightLanes(),
                        m.streamed() ? 0 : Math.max(1, Math.max(weightWords, reserve.weightWords())),
                        m.fifoWords(),
                        m.tilesPerBeat(),
                        maps ? need.weightTiles() : 0,
                        m.hasSlots() ? slots * granule : accumulatorWords,
                        slots,
                        need.accumulatorBits(),
                        need.ownSegments(),
                        drain(m.drain(), need, reserve, true),
                        capacity);
            }
            case Unit.Vector v ->
                new Unit.Vector(
                        v.id(),
                        v.name(),
                        v.lanes(),
                        accumulatorWords,
                        need.accumulatorBits(),
                        need.features(),
                        v.multipliersInDsp(),
                        need.weightWords() == 0 ? 0 : Math.max(need.weightWords(), reserve.weightWords()),
                        drain(v.drain(), need, reserve, need.features().sums()),
                        capacity);
        };
    }

    /** Whether a map of tiles takes fewer bits than it saves. */
    private static boolean mapPays(Unit.Matrix m, Demand.OfUnit need, int codeBits) {
        long saved = (long) (need.weightWords() - need.mappedWords()) * m.weightLanes() * codeBits;
        return saved > (long) need.weightTiles() * ProgramLayout.indexBits(need.mappedWords());
    }

    private static Unit.Drain drain(Unit.Drain d, Demand.OfUnit need, Reserve reserve, boolean requantize) {
        return new Unit.Drain(
                d.lanes(),
                d.interval(),
                requantize,
                d.multipliersInDsp(),
                need.preShiftMax(),
                need.tables() > 0,
                requantize ? Math.max(1, Math.max(need.parameterWords(), reserve.parameterWords())) : 0,
                need.tables(),
                need.planes());
    }

    /** Elements a unit writes at once. */
    static int writtenElements(Unit unit) {
        return switch (unit) {
            case Unit.HostIn h -> h.lanes();
            case Unit.Store s -> s.lanes();
            case Unit.Load l -> l.lanes();
            case Unit.HostOut h -> throw new IllegalStateException(h.name() + " writes no rows");
            case Unit.Matrix _, Unit.Vector _ -> ProgramLayout.drainOf(unit).lanes();
        };
    }

    /** Elements a unit reads at once. */
    static int readElements(Unit unit) {
        return switch (unit) {
            case Unit.HostIn h -> throw new IllegalStateException(h.name() + " reads no rows");
            case Unit.HostOut h -> h.lanes();
            case Unit.Store s -> s.lanes();
            case Unit.Load l -> l.lanes();
            case Unit.Matrix m -> m.readElements();
            case Unit.Vector v -> v.lanes();
        };
    }

    /**
     * Words of a row memory: whole LUT memories as long as these are cheaper, else a power of two as long as a block RAM holds them all, then whole block RAMs,
     * of which a power of two may be nearly half too many.
     *
     * @param least words that are needed
     * @param bytes of a granule, which is a memory of its own
     */
    static int memoryWords(int least, int bytes) {
        if (least > LUT_WORDS && least <= LUTS_MAX) {
            return Math.ceilDiv(least, LUT_WORDS) * LUT_WORDS;
        }
        int block = Math.max(WIDE_BLOCK_WORDS, BLOCK_WORDS / powerOfTwo(bytes));
        return least <= block ? Math.max(WORDS_MIN, powerOfTwo(least)) : Math.ceilDiv(least, block) * block;
    }

    /** The least power of two that is not less. */
    static int powerOfTwo(int n) {
        return n <= 1 ? 1 : Integer.highestOneBit(n - 1) << 1;
    }

    private static int unsignedBits(int n) {
        return Math.max(1, 32 - Integer.numberOfLeadingZeros(n));
    }
}
