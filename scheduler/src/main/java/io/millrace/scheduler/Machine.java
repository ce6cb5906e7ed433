package io.millrace.scheduler;

import io.millrace.quantizer.Precision;
import java.util.List;

/**
 * The hardware, apart from any program: what {@code hdl-gen} turns into Verilog. Two schedules with equal machines
 * share one design.
 *
 * @param units at least one host-in and one host-out; {@code units.get(i).id() == i}
 * @param memories at most one for each (writer, reader) pair; {@code memories.get(i).id() == i}
 * @param edges capacity of token edges, see {@link Edge}
 * @param limits widths of counters
 * @param control where lists and descriptors are kept
 * @param dram the port to DRAM that streamed engines, a store and a load unit share, or {@link DramPort#NONE}
 */
public record Machine(
        String name,
        Precision precision,
        List<Unit> units,
        List<RowMemory> memories,
        List<EdgeSlot> edges,
        Limits limits,
        Control control,
        DramPort dram) {
    public Machine {
        units = List.copyOf(units);
        memories = List.copyOf(memories);
        edges = List.copyOf(edges);
        for (int i = 0; i < units.size(); i++) {
            if (units.get(i).id() != i) {
                throw new IllegalArgumentException(
                        "unit at " + i + " has id " + units.get(i).id());
            }
        }
        for (int i = 0; i < memories.size(); i++) {
            if (memories.get(i).id() != i) {
                throw new IllegalArgumentException(
                        "memory at " + i + " has id " + memories.get(i).id());
            }
        }
    }

    /** A machine without DRAM. */
    public Machine(
            String name,
            Precision precision,
            List<Unit> units,
            List<RowMemory> memories,
            List<EdgeSlot> edges,
            Limits limits,
            Control control) {
        this(name, precision, units, memories, edges, limits, control, DramPort.NONE);
    }

    /** Where the firing lists, the descriptors and the sizes of the buffers are kept. */
    public enum Control {
        /** In memories that a program image fills: another network that fits runs on the same design. */
        LOADED,
        /**
         * In the logic, as constants of one program: no memories, no registers for descriptors, and counters only as wide as that program
         * counts. Weights, requantizer parameters, activation tables and a matrix engine's segments are still loaded. For the smallest parts.
         */
        FIXED
    }

    /**
     * Hardware for one token edge: a pair of counters between a writing and a reading unit.
     *
     * @param memory the row memory whose rows it counts
     * @param input number of the input of a firing on the reading unit that reads these rows
     */
    public record EdgeSlot(int memory, int input) {}

    /**
     * Widths of the machine's counters, in bits.
     *
     * @param descriptorBits bits of a descriptor fetched in one clock, see {@link ProgramLayout}
     * @param rows signed row indices, row counts and slots
     * @param columns output columns
     * @param positions signed element positions in a row
     * @param channels output channels
     * @param tiles tiles of a firing
     */
    public record Limits(int descriptorBits, int rows, int columns, int positions, int channels, int tiles) {}

    public Unit unit(int id) {
        return units.get(id);
    }

    /** Memories written by a unit, in id order. */
    public List<RowMemory> memoriesFrom(int unit) {
        return memories.stream().filter(m -> m.writer() == unit).toList();
    }

    /** Memories read by a unit, in id order. */
    public List<RowMemory> memoriesInto(int unit) {
        return memories.stream().filter(m -> m.reader() == unit).toList();
    }

    /** Ids of the token edges whose rows a unit reads, ascending. */
    public List<Integer> edgesInto(int unit) {
        return edgeIds(unit, false);
    }

    /** Ids of the token edges whose rows a unit reads as the input with that number of a firing, ascending. */
    public List<Integer> edgesInto(int unit, int input) {
        return edgesInto(unit).stream()
                .filter(e -> edges.get(e).input() == input)
                .toList();
    }

    /** Ids of the token edges whose rows a unit writes, ascending. */
    public List<Integer> edgesFrom(int unit) {
        return edgeIds(unit, true);
    }

    private List<Integer> edgeIds(int unit, boolean written) {
        return java.util.stream.IntStream.range(0, edges.size())
                .filter(e -> {
                    var memory = memories.get(edges.get(e).memory());
                    return (written ? memory.writer() : memory.reader()) == unit;
                })
                .boxed()
                .toList();
    }

    /** Engines whose weights are streamed from DRAM, in id order: the order in which the port knows them. */
    public List<Unit.Matrix> streamed() {
        return units.stream()
                .filter(u -> u instanceof Unit.Matrix m && m.streamed())
                .map(u -> (Unit.Matrix) u)
                .toList();
    }

    /** Units that use the port to DRAM, in id order: the order in which the port knows them. */
    public List<Unit> dramClients() {
        return units.stream().filter(Machine::usesDram).toList();
    }

    private static boolean usesDram(Unit unit) {
        return switch (unit) {
            case Unit.Matrix m -> m.streamed();
            case Unit.Store _, Unit.Load _ -> true;
            case Unit.HostIn _, Unit.HostOut _, Unit.Vector _ -> false;
        };
    }

    /** The units that write maps to DRAM, in id order; none where the machine spills no maps. */
    public List<Unit.Store> stores() {
        return units.stream()
                .filter(Unit.Store.class::isInstance)
                .map(Unit.Store.class::cast)
                .toList();
    }

    /** Whether a memory lies in DRAM: those between store and load units. */
    public boolean inDram(RowMemory memory) {
        return unit(memory.writer()) instanceof Unit.Store;
    }

    /** Bits of an element address in any memory on chip. */
    public int addressBits() {
        int most = memories.stream()
                .filter(m -> !inDram(m))
                .mapToInt(RowMemory::elements)
                .max()
                .orElse(2);
        return Math.max(1, 32 - Integer.numberOfLeadingZeros(most - 1));
    }
}
