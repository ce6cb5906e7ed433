package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.Type;
import io.millrace.hdl.bridge.UInt;
import io.millrace.hdl.bridge.Value;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.Unit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The token side of a unit, the same on every kind: what it asks the edges about its next firing, and the events it makes of them.
 * Events are 1 in the cycle before they are visible.
 */
final class UnitPorts {
    final Bit run;
    final ProgramBus program;
    /** By memory into the unit: whether the edges in it have the rows that are asked for. */
    final List<Bit> hasRows = new ArrayList<>();
    /** By memory out of the unit: whether the edges in it have the space that is asked for. */
    final List<Bit> hasSpace = new ArrayList<>();
    /** 1 in the start cycle of a firing; for traces. */
    final Bit traceStart;
    /** 1 in the last read cycle of a firing; for traces. */
    final Bit traceReadEnd;
    /** 1 in the cycle before a firing's rows become visible; for traces. */
    final Bit traceCommit;

    /**
     * An input of firings.
     *
     * @param edge that the next firing reads: its number among those of the input; behind the last for none
     * @param need rows that the next firing needs of it
     * @param claimed rows that it claims with its start
     * @param releasedEdge, released the edge, and rows of it, that a firing frees after its reads
     */
    record Read(UInt edge, UInt need, UInt claimed, UInt releasedEdge, UInt released) {}

    /** An input that the next firing asks for. */
    record Asked(UInt edge, UInt need, UInt claimed) {}

    /** An input that a firing frees. */
    record Released(UInt edge, UInt rows) {}

    /**
     * What firings write.
     *
     * @param asked edges that the next firing writes rows to
     * @param empty edges that have to be empty for that; none on a unit whose memories are not shared
     * @param reserves 1 as it starts
     * @param commits 1 as a firing's rows are there, for the edges {@code committed}
     */
    record Write(
            Bits asked,
            Optional<Bits> empty,
            UInt askedRows,
            Bit reserves,
            Bit commits,
            Bits committed,
            UInt committedRows) {}

    private final Block block;
    private List<Asked> asked = List.of();
    private List<Released> released = List.of();
    private @Nullable Bit claims;
    private @Nullable Bit releases;
    private @Nullable Bits writes;
    private Optional<Bits> empty = Optional.empty();
    private @Nullable UInt writtenRows;
    private @Nullable Bit reserves;
    private @Nullable Bit commits;
    private @Nullable Bits committed;
    private @Nullable UInt committedRows;

    UnitPorts(Block block, Machine machine, Unit unit, ProgramSource source) {
        this.block = block;
        run = block.port("run", Type.bit());
        program = ProgramBus.ports(block, source.shape());
        for (var memory : machine.memoriesInto(unit.id())) {
            hasRows.add(block.port("has_rows" + memory.id(), Type.bit()));
        }
        for (var memory : machine.memoriesFrom(unit.id())) {
            hasSpace.add(block.port("has_space" + memory.id(), Type.bit()));
        }
        traceStart = block.outPort("trace_start", Type.bit());
        traceReadEnd = block.outPort("trace_read_end", Type.bit());
        traceCommit = block.outPort("trace_commit", Type.bit());
    }

    /**
     * Asks for the rows of the next firing.
     *
     * @param fire 1 as it is decided: it claims its rows
     * @return whether all are there
     */
    Bit asksRows(List<Asked> inputs, Bit fire) {
        var ports = new ArrayList<Asked>();
        for (int k = 0; k < inputs.size(); k++) {
            var input = inputs.get(k);
            ports.add(new Asked(
                    port("edge" + k, input.edge()),
                    port("need" + k, input.need()),
                    port("claimed" + k, input.claimed())));
        }
        asked = ports;
        claims = port("claims", fire);
        return Block.all(hasRows);
    }

    /** Frees rows of inputs as a firing has read them. */
    void releases(Bit happens, List<Released> inputs) {
        var ports = new ArrayList<Released>();
        for (int k = 0; k < inputs.size(); k++) {
            ports.add(new Released(
                    port("released_edge" + k, inputs.get(k).edge()),
                    port("released" + k, inputs.get(k).rows())));
        }
        released = ports;
        releases = port("releases", happens);
    }

    /**
     * Asks for space in every edge of a mask.
     *
     * @param fire 1 as the next firing is decided: it reserves its rows
     * @return whether there is
     */
    Bit asksSpace(Bits edges, UInt rows, Bit fire) {
        writes = port("asked_edges", edges);
        writtenRows = port("asked_rows", rows);
        reserves = port("reserves", fire);
        return Block.all(hasSpace);
    }

    /** Asks for every edge of a mask to be empty before the next firing, together with {@link #asksSpace}. */
    void asksEmpty(Bits edges) {
        empty = Optional.of(port("asked_empty", edges));
    }

    /** Commits the rows of a firing to every edge of a mask. */
    void commits(Bit happens, Bits edges, UInt rows) {
        commits = port("commits", happens);
        committed = port("committed_edges", edges);
        committedRows = port("committed_rows", rows);
    }

    /** By input, what is asked and freed of it. */
    List<Read> reads() {
        var reads = new ArrayList<Read>();
        for (int k = 0; k < asked.size(); k++) {
            var a = asked.get(k);
            var r = released.get(k);
            reads.add(new Read(a.edge(), a.need(), a.claimed(), r.edge(), r.rows()));
        }
        return reads;
    }

    Bit claims() {
        return of(claims);
    }

    Bit releases() {
        return of(releases);
    }

    Write write() {
        return new Write(
                of(writes), empty, of(writtenRows), of(reserves), of(commits), of(committed), of(committedRows));
    }

    private <V extends Value<V>> V port(String name, V value) {
        V port = block.outPort(name, value.type());
        port.set(value);
        return port;
    }

    private static <T> T of(@Nullable T part) {
        if (part == null) {
            throw new IllegalStateException("a unit asks for what it reads and writes");
        }
        return part;
    }
}
