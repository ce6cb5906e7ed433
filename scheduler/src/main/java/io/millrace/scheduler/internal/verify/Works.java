package io.millrace.scheduler.internal.verify;

import io.millrace.scheduler.Actor;
import io.millrace.scheduler.Geometry;
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
            switch (a.work()) {
                case Work.Receive _, Work.Send _ -> {}
                case Work.Multiply w ->
                    multiply((Unit.Matrix) schedule.machine().unit(a.unit()), a, w, g, findings);
                case Work.Reduce w -> reduce((Unit.Vector) schedule.machine().unit(a.unit()), a, w, g, findings);
            }
            windowInBuffer(schedule, a, findings);
        }
    }

    private static void multiply(Unit.Matrix m, Actor a, Work.Multiply w, Geometry g, Findings findings) {
        findings.require(
                w.outputTiles() == Math.ceilDiv(g.outputChannels(), m.outputs()),
                CODE,
                a,
                w.outputTiles() + " output tiles of " + m.outputs() + " for " + g.outputChannels() + " channels");
        int step = g.columnStride() * g.inputChannels();
        findings.require(w.pixelStep() == step, CODE, a, "pixel step " + w.pixelStep() + " instead of " + step);
        findings.require(
                w.pixelsPerClock() == 1
                        || w.pixelsPerClock() == m.pixels() && m.pixelSteps().contains(step),
                CODE,
                a,
                w.pixelsPerClock() + " pixels a clock at step " + step + " on an engine of " + m.pixels() + " at "
                        + m.pixelSteps());
        findings.require(
                m.chain() == 1 || m.tileLoadCycles() >= m.chain(),
                CODE,
                a,
                "a tile is loaded in " + m.tileLoadCycles() + " cycles, less than the chain of " + m.chain());
        covers(a, w.segments(), m.lanes(), g, findings);
    }

    /** Every element of the window is in exactly one segment's weighted lanes. */
    private static void covers(Actor a, List<Segment> segments, int lanes, Geometry g, Findings findings) {
        int width = g.kernelColumns() * g.inputChannels();
        var seen = new BitSet();
        for (var s : segments) {
            findings.require(
                    s.row() % g.rowDilation() == 0 && s.row() / g.rowDilation() < g.kernelRows(),
                    CODE,
                    a,
                    "segment " + s + " lies on no kernel row");
            int length = io.millrace.scheduler.Reduction.length(g, s, lanes);
            for (int lane = 0; lane < length; lane++) {
                int element = s.offset() + lane;
                int column = element / g.inputChannels();
                if (column % g.columnDilation() != 0) {
                    findings.add(CODE, a, "segment " + s + " has a lane between kernel columns");
                    return;
                }
                int index = s.row() / g.rowDilation() * width
                        + column / g.columnDilation() * g.inputChannels()
                        + element % g.inputChannels();
                findings.require(!seen.get(index), CODE, a, "segment " + s + " repeats an element of another");
                seen.set(index);
            }
        }
        int due = g.kernelRows() * width;
        findings.require(
                seen.cardinality() == due, CODE, a, "segments hold " + seen.cardinality() + " of " + due + " elements");
    }

    private static void reduce(Unit.Vector v, Actor a, Work.Reduce w, Geometry g, Findings findings) {
        findings.require(
                w.channelGroups() == Math.ceilDiv(g.outputChannels(), v.lanes()),
                CODE,
                a,
                w.channelGroups() + " groups of " + v.lanes() + " for " + g.outputChannels() + " channels");
        int taps = g.kernelRows() * g.kernelColumns();
        boolean all = w.taps().size() == taps;
        for (int t = 0; all && t < taps; t++) {
            var due = new Segment(
                    t / g.kernelColumns() * g.rowDilation(),
                    t % g.kernelColumns() * g.columnDilation() * g.inputChannels());
            all = w.taps().get(t).equals(due);
        }
        findings.require(all, CODE, a, "its taps are not those of its window");
    }

    /** {@code segment.row * pitch} is below the buffer's size. */
    private static void windowInBuffer(Schedule schedule, Actor a, Findings findings) {
        List<Segment> segments = switch (a.work()) {
            case Work.Receive _, Work.Send _ -> List.of();
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
