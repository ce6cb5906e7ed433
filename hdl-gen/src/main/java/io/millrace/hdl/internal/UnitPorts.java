package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.Type;
import io.millrace.hdl.bridge.UInt;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.Unit;
import java.util.ArrayList;
import java.util.List;

/**
 * The token side of a unit, the same on every kind: what it must know of its edges, and the events it makes of them.
 * Events are numbers of rows in the cycle before they are visible.
 */
final class UnitPorts {
    final Bit run;
    final ProgramBus program;
    /** Rows available on each edge into the unit, in the order of {@code Machine.edgesInto}. */
    final List<UInt> available = new ArrayList<>();
    /** Free slots of each edge out of the unit, in the order of {@code Machine.edgesFrom}. */
    final List<UInt> space = new ArrayList<>();

    final List<UInt> claimed = new ArrayList<>();
    final List<UInt> released = new ArrayList<>();
    final List<UInt> reserved = new ArrayList<>();
    final List<UInt> committed = new ArrayList<>();
    /** 1 in the start cycle of a firing; for traces. */
    final Bit traceStart;
    /** 1 in the last read cycle of a firing; for traces. */
    final Bit traceReadEnd;
    /** 1 in the cycle before a firing's rows become visible; for traces. */
    final Bit traceCommit;

    private final int rowBits;

    UnitPorts(Block block, Machine machine, Unit unit, ProgramSource source) {
        rowBits = machine.limits().rows();
        run = block.port("run", Type.bit());
        program = ProgramBus.ports(block, source.shape());
        for (int i = 0; i < machine.edgesInto(unit.id()).size(); i++) {
            available.add(block.port("available" + i, Type.uint(rowBits)));
            claimed.add(block.outPort("claimed" + i, Type.uint(rowBits)));
            released.add(block.outPort("released" + i, Type.uint(rowBits)));
        }
        for (int i = 0; i < machine.edgesFrom(unit.id()).size(); i++) {
            space.add(block.port("space" + i, Type.uint(rowBits)));
            reserved.add(block.outPort("reserved" + i, Type.uint(rowBits)));
            committed.add(block.outPort("committed" + i, Type.uint(rowBits)));
        }
        traceStart = block.outPort("trace_start", Type.bit());
        traceReadEnd = block.outPort("trace_read_end", Type.bit());
        traceCommit = block.outPort("trace_commit", Type.bit());
    }

    /** Whether the edge has at least so many rows. */
    Bit hasRows(UInt edge, UInt need) {
        return Block.all(each(available, edge, (rows, mine) -> mine.not().or(rows.ge(need))));
    }

    /** Whether every edge of the mask has room for so many rows. */
    Bit hasSpace(Bits edges, UInt rows) {
        var room = new ArrayList<Bit>();
        for (int i = 0; i < space.size(); i++) {
            room.add(edges.bit(i).not().or(space.get(i).ge(rows)));
        }
        return Block.all(room);
    }
    /** Drives an event of the input edges with these indices, each with its rows. */
    void onInputs(List<UInt> event, Bit happens, List<UInt> edges, List<UInt> rows) {
        for (int i = 0; i < event.size(); i++) {
            UInt of = UInt.of(0, rowBits);
            for (int k = edges.size() - 1; k >= 0; k--) {
                of = happens.and(edges.get(k).eq(i)).mux(rows.get(k).resize(rowBits), of);
            }
            event.get(i).set(of);
        }
    }
    /** Drives an event of the edges in the mask. */
    void onEdges(List<UInt> event, Bit happens, Bits edges, UInt rows) {
        for (int i = 0; i < event.size(); i++) {
            event.get(i).set(happens.and(edges.bit(i)).mux(rows, UInt.of(0, rowBits)));
        }
    }

    private interface PerEdge {
        Bit of(UInt value, Bit mine);
    }

    private static List<Bit> each(List<UInt> values, UInt edge, PerEdge per) {
        var list = new ArrayList<Bit>();
        for (int i = 0; i < values.size(); i++) {
            list.add(per.of(values.get(i), edge.eq(i)));
        }
        return list;
    }
}
