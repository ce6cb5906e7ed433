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
     * An input that the next firing asks for.
     *
     * @param edge its number among those of the input; behind the last for none
     * @param need rows that have to be there
     * @param claimed rows that the firing claims with its start
     */
    record Asked(UInt edge, UInt need, UInt claimed) {}

    /** An input, and rows of it, that a firing frees after its reads. */
    record Released(UInt edge, UInt rows) {}

    /** What the next firing reads; {@code fire} is 1 as it is decided. */
    record Claim(List<Asked> inputs, Bit fire) {}

    /** What a firing has read, where {@code happens} is 1. */
    record Release(List<Released> inputs, Bit happens) {}

    /** Edges that the next firing writes rows to; {@code fire} is 1 as it is decided. */
    record Reservation(Bits edges, UInt rows, Bit fire) {}

    /** Edges whose rows are there, where {@code happens} is 1. */
    record Commit(Bits edges, UInt rows, Bit happens) {}

    private final Block block;
    private @Nullable Claim claim;
    private @Nullable Release release;
    private @Nullable Reservation reservation;
    private @Nullable Commit commit;
    private Optional<Bits> empty = Optional.empty();

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
        claim = new Claim(ports, port("claims", fire));
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
        release = new Release(ports, port("releases", happens));
    }

    /**
     * Asks for space in every edge of a mask.
     *
     * @param fire 1 as the next firing is decided: it reserves its rows
     * @return whether there is
     */
    Bit asksSpace(Bits edges, UInt rows, Bit fire) {
        reservation = new Reservation(port("asked_edges", edges), port("asked_rows", rows), port("reserves", fire));
        return Block.all(hasSpace);
    }

    /** Asks for every edge of a mask to be empty before the next firing, together with {@link #asksSpace}. */
    void asksEmpty(Bits edges) {
        empty = Optional.of(port("asked_empty", edges));
    }

    /** Commits the rows of a firing to every edge of a mask. */
    void commits(Bit happens, Bits edges, UInt rows) {
        Bit now = port("commits", happens);
        commit = new Commit(port("committed_edges", edges), port("committed_rows", rows), now);
    }

    Claim claim() {
        return of(claim);
    }

    Release release() {
        return of(release);
    }

    Reservation reservation() {
        return of(reservation);
    }

    Commit commit() {
        return of(commit);
    }

    /** Edges that have to be empty before the next firing; none on a unit whose memories are not shared. */
    Optional<Bits> empty() {
        return empty;
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
