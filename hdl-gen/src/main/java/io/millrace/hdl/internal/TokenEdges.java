package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.Type;
import io.millrace.hdl.bridge.UInt;
import io.millrace.hdl.bridge.Value;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.ProgramLayout;
import io.millrace.scheduler.ProgramLayout.Kind;
import io.millrace.scheduler.RowMemory;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * The token counters of the edges whose rows lie in one memory: rows available to the reading unit and slots free for the writing unit. It answers
 * what the two ask about their next firings, and counts the events they make. All changes of a cycle count.
 */
final class TokenEdges extends Block {
    /** Whether in the cycle before all rows were there that the reading unit's next firing needs from this memory. */
    private final Bit hasRows;
    /** Whether in the cycle before there was space for the rows that the writing unit's next firing writes to this memory. */
    private final Bit hasSpace;

    private final List<Runnable> connections = new ArrayList<>();
    private final int rowBits;
    private final Bit run;

    /**
     * @param writer ports of the unit that writes the memory
     * @param reader ports of the unit that reads it
     * @param running, loaded the machine's {@code run} and the program bus around this block
     */
    TokenEdges(
            Machine machine,
            RowMemory memory,
            UnitPorts writer,
            UnitPorts reader,
            Bit running,
            ProgramBus loaded,
            ProgramSource source) {
        super("millrace_edges" + memory.id());
        rowBits = machine.limits().rows();
        run = carried("run", running);
        var asked = new ArrayList<UnitPorts.Asked>();
        var released = new ArrayList<UnitPorts.Released>();
        for (int k = 0; k < reader.claim().inputs().size(); k++) {
            asked.add(carried(k, reader.claim().inputs().get(k)));
            released.add(carried(k, reader.release().inputs().get(k)));
        }
        // A firing's own claims may be counted a cycle late, as its head's loaded fields stay that long.
        Bit claims = counted("claims", reader.claim().fire(), source);
        Bit releases = carried("releases", reader.release().happens());
        var edges = edgesIn(machine, memory);
        // Edges are numbered memory by memory.
        int first = machine.edgesFrom(memory.writer()).indexOf(edges.getFirst());
        var reservation = writer.reservation();
        Bits reserved = carried("asked_edges", reservation.edges(), first, edges.size());
        var empty = memory.shared()
                ? writer.empty().map(e -> carried("asked_empty", e, first, edges.size()))
                : Optional.<Bits>empty();
        UInt reservedRows = carried("asked_rows", reservation.rows());
        Bit reserves = counted("reserves", reservation.fire(), source);
        Bits committed = carried("committed_edges", writer.commit().edges(), first, edges.size());
        UInt committedRows = carried("committed_rows", writer.commit().rows());
        Bit commits = carried("commits", writer.commit().happens());
        var capacities = capacities(machine, memory, loaded, source);

        var rowsThere = new ArrayList<Bit>();
        var spaceThere = new ArrayList<Bit>();
        var seen = new int[asked.size()];
        for (int k = 0; k < seen.length; k++) {
            seen[k] = firstOf(machine, memory, edges, k);
        }
        for (int i = 0; i < edges.size(); i++) {
            int input = machine.edges().get(edges.get(i)).input();
            int number = seen[input]++;
            var read = asked.get(input);
            var free = released.get(input);
            Bit isAsked = read.edge().eq(number);
            Counters counters = counters(
                    i,
                    capacities.get(i),
                    rows(commits.and(committed.bit(i)), committedRows),
                    rows(claims.and(isAsked), read.claimed()),
                    rows(reserves.and(reserved.bit(i)), reservedRows),
                    rows(releases.and(free.edge().eq(number)), free.rows()));
            rowsThere.add(isAsked.not().or(counters.available().ge(read.need())));
            spaceThere.add(reserved.bit(i).not().or(counters.space().ge(reservedRows)));
            if (empty.isPresent()) {
                spaceThere.add(empty.get().bit(i).not().or(counters.empty()));
            }
        }
        clearUnless(run);
        hasRows = out("has_rows", regNext("rows_there", all(rowsThere)));
        hasSpace = out("has_space", regNext("space_there", all(spaceThere)));
    }

    /** Drives the ports of this block, and what the two units learn from it; to be called in the block around. */
    void connect(Bit rowsThere, Bit spaceThere) {
        connections.forEach(Runnable::run);
        rowsThere.set(hasRows);
        spaceThere.set(hasSpace);
    }

    /** Ids of the edges whose rows lie in a memory, which follow each other. */
    private static List<Integer> edgesIn(Machine machine, RowMemory memory) {
        return IntStream.range(0, machine.edges().size())
                .filter(e -> machine.edges().get(e).memory() == memory.id())
                .boxed()
                .toList();
    }

    /** An input port that carries a value of the block around. */
    private <V extends Value<V>> V carried(String name, V value) {
        return carried(name, value.type(), () -> value);
    }

    private Bit counted(String name, Bit fire, ProgramSource source) {
        Bit port = carried(name, fire);
        return source.fixed() ? port : delayPulse(name, port, 1);
    }

    /** The same of a value that is made there. */
    private <V extends Value<V>> V carried(String name, Type<V> type, Supplier<V> value) {
        V port = in(name, type);
        connections.add(() -> port.set(value.get()));
        return port;
    }

    /** Some bits of a value of the block around. */
    private Bits carried(String name, Bits value, int first, int count) {
        return carried(name, bits(count), () -> value.slice(first, count));
    }

    private UnitPorts.Asked carried(int input, UnitPorts.Asked asked) {
        return new UnitPorts.Asked(
                carried("edge" + input, asked.edge()),
                carried("need" + input, asked.need()),
                carried("claimed" + input, asked.claimed()));
    }

    private UnitPorts.Released carried(int input, UnitPorts.Released released) {
        return new UnitPorts.Released(
                carried("released_edge" + input, released.edge()), carried("released" + input, released.rows()));
    }

    /** Number of the first of a memory's edges that is read as an input, among all that are. */
    private static int firstOf(Machine machine, RowMemory memory, List<Integer> edges, int input) {
        var read = machine.edgesInto(memory.reader(), input);
        return edges.stream()
                .filter(e -> machine.edges().get(e).input() == input)
                .findFirst()
                .map(read::indexOf)
                .orElse(0);
    }

    private UInt rows(Bit happens, UInt rows) {
        return happens.mux(rows.resize(rowBits), UInt.of(0, rowBits));
    }

    /**
     * Slots of an edge's buffer.
     *
     * @param bits of the counters: enough for the slots, and for the rows that any firing needs
     */
    private record Capacity(UInt slots, int bits) {}

    /** By edge: constants, or registers that a program loads. */
    private List<Capacity> capacities(Machine machine, RowMemory memory, ProgramBus loaded, ProgramSource source) {
        int program = ProgramLayout.of(machine).edgeMemoryId();
        var edges = edgesIn(machine, memory);
        if (source.fixed(program)) {
            return edges.stream()
                    .map(e -> source.words(program).get(e))
                    .map(slots ->
                            new Capacity(UInt.of(slots, rowBits), countBits(machine, memory.reader(), slots, source)))
                    .toList();
        }
        Bit loads = carried("loads", bit(), () -> loaded.writes(program));
        UInt address = carried("load_address", loaded.address());
        Bits data = carried("load_data", bits(rowBits), () -> loaded.data().slice(0, rowBits));
        var capacities = new ArrayList<Capacity>();
        for (int i = 0; i < edges.size(); i++) {
            UInt slots = reg("capacity" + i, uint(rowBits)).init(0);
            when(loads.and(address.eq(edges.get(i))), () -> slots.set(data.asUInt()));
            capacities.add(new Capacity(slots, rowBits));
        }
        return capacities;
    }

    /** Bits for a buffer's slots and for all that a firing of the reading unit may need. */
    private static int countBits(Machine machine, int reader, BigInteger slots, ProgramSource source) {
        var unit = machine.unit(reader);
        var entries = source.words(ProgramLayout.memoryId(unit, Kind.LIST));
        var needs = Constants.field(
                entries.subList(1, entries.size()), ProgramLayout.of(machine).list(unit), "need");
        return Math.max(Constants.bits(List.of(slots)), Constants.bits(needs));
    }

    /** Rows available and slots free, and whether all are. */
    private record Counters(UInt available, UInt space, Bit empty) {}

    private Counters counters(int edge, Capacity capacity, UInt committed, UInt claimed, UInt reserved, UInt released) {
        int bits = capacity.bits();
        UInt available = state("rows_available" + edge, uint(bits), 0);
        available.set(available.plus(committed.resize(bits)).minus(claimed.resize(bits)));
        UInt space = reg("slots_free" + edge, uint(bits)).init(0);
        space.set(space.plus(released.resize(bits)).minus(reserved.resize(bits)));
        UInt slots = capacity.slots().resize(bits);
        when(run.not(), () -> space.set(slots));
        return new Counters(available.resize(rowBits), space.resize(rowBits), space.eq(slots));
    }
}
