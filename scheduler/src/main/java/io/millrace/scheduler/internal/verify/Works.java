package io.millrace.scheduler.internal.verify;

import io.millrace.quantizer.QOp;
import io.millrace.scheduler.Actor;
import io.millrace.scheduler.ColumnRange;
import io.millrace.scheduler.Connections;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.Reduction;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Segment;
import io.millrace.scheduler.Unit;
import io.millrace.scheduler.Work;
import java.util.BitSet;
import java.util.List;

/** SCH-0902: tiles and segments cover each layer's window exactly, and the engine can do them. */
public final class Works {
    private static final String CODE = "SCH-0902";

    private Works() {}

    public static void check(Schedule schedule, Findings findings) {
        for (var a : schedule.actors()) {
            var g = schedule.geometry(a);
            findings.require(
                    a.rowsPerFiring() <= g.outputRows(),
                    CODE,
                    a,
                    "fires more rows than the " + g.outputRows() + " it has");
            findings.require(
                    a.ranges() <= ColumnRange.positions(g, a.work().columnsTogether()),
                    CODE,
                    a,
                    "fires its rows in " + a.ranges() + " ranges of columns, more than there are positions");
            switch (a.work()) {
                case Work.Receive _, Work.Send _, Work.Spill _, Work.Reload _ -> {}
                case Work.Multiply w -> {
                    var m = (Unit.Matrix) schedule.machine().unit(a.unit());
                    multiply(m, a, w, g, findings);
                    if (w.single()) {
                        var conv = (QOp.Conv) schedule.node(a).op();
                        singleChannels(m, a, w, conv, g, findings);
                    } else {
                        segments(m, a, w, g, findings);
                    }
                }
                case Work.Reduce w -> {
                    var v = (Unit.Vector) schedule.machine().unit(a.unit());
                    var due = Work.Reduce.of(schedule.graph(), schedule.node(a), g, v.lanes(), a.planes());
                    findings.require(w.equals(due), CODE, a, "its taps and channel groups are not those of its layer");
                    findings.require(
                            a.rowsPerFiring() % g.rowRepeat() == 0 || a.rowsPerFiring() == g.outputRows(),
                            CODE,
                            a,
                            "fires " + a.rowsPerFiring() + " rows where " + g.rowRepeat() + " read the same");
                    findings.require(a.ranges() == 1 || !w.tapOfColumn(), CODE, a, "moves codes of a range of columns");
                }
            }
            planes(schedule, a, findings);
            windowInBuffer(schedule, a, findings);
        }
    }

    /** Rows lie as their readers take them: channel by channel for those of single channels, column by column for all others; of one channel it is the same. */
    private static void planes(Schedule schedule, Actor a, Findings findings) {
        if (schedule.geometry(a).outputChannels() == 1) {
            findings.require(!a.planes(), CODE, a, "writes rows of one channel channel by channel");
            return;
        }
        for (int e : a.outputs()) {
            var reader = schedule.actor(schedule.edge(e).consumer());
            boolean single = reader.work() instanceof Work.Multiply w && w.single();
            findings.require(
                    single == a.planes(),
                    CODE,
                    a,
                    "writes rows " + (a.planes() ? "channel by channel" : "column by column") + ", '" + reader.name()
                            + "' reads them " + (single ? "channel by channel" : "column by column"));
        }
    }

    private static void multiply(Unit.Matrix m, Actor a, Work.Multiply w, Geometry g, Findings findings) {
        findings.require(
                w.outputTiles() == Math.ceilDiv(g.outputChannels(), m.outputs()),
                CODE,
                a,
                w.outputTiles() + " output tiles of " + m.outputs() + " for " + g.outputChannels() + " channels");
        int step = g.columnStride() * (w.single() ? 1 : g.parts().getFirst());
        findings.require(w.pixelStep() == step, CODE, a, "pixel step " + w.pixelStep() + " instead of " + step);
        findings.require(
                w.pixelsPerClock() == 1
                        || w.pixelsPerClock() == m.pixels() && m.pixelSteps().contains(step),
                CODE,
                a,
                w.pixelsPerClock() + " pixels a clock at step " + step + " on an engine of " + m.pixels() + " at "
                        + m.pixelSteps());
    }

    /** Each connection's kernel is in tiles, on the lane of its output channel. */
    private static void singleChannels(
            Unit.Matrix m, Actor a, Work.Multiply w, QOp.Conv conv, Geometry g, Findings findings) {
        boolean may = m.hasSlots()
                && g.groups() == 1
                && conv.bands().isEmpty()
                && g.parts().size() == 1;
        findings.require(
                may && (g.columnDilation() == 1 || g.kernelColumns() == 1),
                CODE,
                a,
                "cannot be computed an input channel at a time on unit '" + m.name() + "'");
        if (!may) {
            return;
        }
        var connections = Connections.of(conv, g, m.outputs());
        findings.require(
                w.segments().equals(connections.segments(m.lanes())),
                CODE,
                a,
                "its segments are not those of its connections");
        findings.require(
                w.channelTiles() == connections.groupSlots(), CODE, a, "its groups are not those of its connections");
    }

    private static void segments(Unit.Matrix m, Actor a, Work.Multiply w, Geometry g, Findings findings) {
        boolean several = g.groups() > 1 && w.outputTiles() > 1;
        findings.require(
                w.ownSegments() == several,
                CODE,
                a,
                w.ownSegments() ? "its output tiles have segments of their own" : "its output tiles share segments");
        for (int tile = 0; tile < (w.ownSegments() ? w.outputTiles() : 1); tile++) {
            covers(a, m, w, tile, g, findings);
        }
    }

    /** Every element that an output channel of the tile has a weight for is in exactly one segment's lanes. */
    private static void covers(Actor a, Unit.Matrix m, Work.Multiply w, int tile, Geometry g, Findings findings) {
        var seen = new BitSet();
        var segments = w.segmentsOf(tile);
        for (int i = 0; i < segments.size(); i++) {
            var s = segments.get(i);
            boolean inside = s.input() >= 0 && s.input() < g.parts().size();
            boolean onRow = inside && s.row() % g.rowDilation() == 0 && s.row() / g.rowDilation() < g.kernelRows();
            if (!onRow) {
                findings.add(CODE, a, "segment " + s + " lies on no kernel row of an input");
            }
            if (!inside) {
                return;
            }
            int channels = g.parts().get(s.input());
            for (int lane : Reduction.elements(g, w, m.outputs(), m.lanes(), tile, i)) {
                if (seen.get(lane)) {
                    findings.add(CODE, a, "segment " + s + " repeats an element of another");
                }
                seen.set(lane);
            }
            if (s.offset() / channels % g.columnDilation() != 0) {
                findings.add(CODE, a, "segment " + s + " begins between kernel columns");
                return;
            }
        }
        int last = Math.min(g.outputChannels(), (tile + 1) * m.outputs()) - 1;
        int first = w.ownSegments() ? g.firstChannelOf(tile * m.outputs()) : 0;
        int end = w.ownSegments() ? g.endChannelOf(last) : g.inputChannels();
        int due = g.kernelRows() * g.kernelColumns() * (end - first);
        findings.require(
                seen.cardinality() == due, CODE, a, "segments hold " + seen.cardinality() + " of " + due + " elements");
    }

    /** {@code segment.row * pitch} is below the buffer's size. */
    private static void windowInBuffer(Schedule schedule, Actor a, Findings findings) {
        List<Segment> segments = switch (a.work()) {
            case Work.Receive _, Work.Send _, Work.Spill _, Work.Reload _ -> List.of();
            case Work.Multiply w -> w.segments();
            case Work.Reduce w -> w.taps();
        };
        int row = segments.stream().mapToInt(Segment::row).max().orElse(0);
        for (int e : a.inputs()) {
            findings.require(
                    schedule.edge(e).slots() > row,
                    CODE,
                    a,
                    "its window reaches " + row + " rows down, its buffer has "
                            + schedule.edge(e).slots());
        }
    }
}
