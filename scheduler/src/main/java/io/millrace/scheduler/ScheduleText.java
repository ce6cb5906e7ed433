package io.millrace.scheduler;

import static io.millrace.scheduler.internal.Tokens.quote;

import io.millrace.ir.CompileException;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.quantizer.QuantizedGraphText;
import io.millrace.scheduler.internal.ScheduleReader;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The complete text of a schedule, one thing a line. The graph is named with the SHA-256 of its own text, and is given again for reading.
 */
public final class ScheduleText {
    private ScheduleText() {}

    /** The text of a schedule; equal schedules have equal texts. */
    public static String print(Schedule schedule) {
        return print(schedule, hash(schedule.graph()));
    }

    /**
     * The same, for a graph whose text has been written already.
     *
     * @param graphHash SHA-256 of that text, see {@link #graphDigest}
     */
    public static String print(Schedule schedule, byte[] graphHash) {
        var out = new StringBuilder();
        out.append("schedule of ").append(quote(schedule.graph().name()));
        out.append(" sha256 ").append(HexFormat.of().formatHex(graphHash)).append('\n');
        target(out, schedule.target());
        machine(out, schedule.machine());
        for (var a : schedule.actors()) {
            actor(out, a);
        }
        for (var e : schedule.edges()) {
            out.append("edge ").append(e.id());
            field(out, "from", e.producer());
            field(out, "to", e.consumer());
            field(out, "memory", e.memory());
            field(out, "base", e.base());
            field(out, "pitch", e.rowPitch());
            field(out, "slots", e.slots());
            out.append('\n');
        }
        for (var list : schedule.lists()) {
            list(out, list);
        }
        return out.toString();
    }

    /**
     * The schedule that a text of {@link #print} stands for.
     *
     * @param file name shown in errors
     * @param graph the graph that was scheduled
     * @throws CompileException with exit code 3 naming the line that cannot be read, or if the graph is another
     */
    public static Schedule parse(String file, String text, QuantizedGraph graph) {
        return ScheduleReader.read(
                file, text, hash -> hash.equals(HexFormat.of().formatHex(hash(graph))), graph);
    }

    /**
     * The same, for a graph that was read from a text: one that the schedule names is not printed again to compare it.
     *
     * @param graphText the bytes of the text
     */
    public static Schedule parse(String file, String text, QuantizedGraph graph, byte[] graphText) {
        var read = HexFormat.of().formatHex(graphDigest().digest(graphText));
        return ScheduleReader.read(
                file,
                text,
                hash -> hash.equals(read) || hash.equals(HexFormat.of().formatHex(hash(graph))),
                graph);
    }

    /** What makes the hash of a graph's text. */
    public static MessageDigest graphDigest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static byte[] hash(QuantizedGraph graph) {
        var digest = graphDigest();
        try {
            QuantizedGraphText.write(graph, new DigestOutputStream(OutputStream.nullOutputStream(), digest));
        } catch (IOException e) {
            throw new UncheckedIOException("nothing is written", e);
        }
        return digest.digest();
    }

    private static void target(StringBuilder out, Target t) {
        out.append("target ").append(quote(t.name())).append(' ').append(t.family());
        out.append(" clockMhz ").append(t.clockMhz());
        field(out, "dsp", t.dsp());
        field(out, "bram36", t.bram36());
        field(out, "ebr4k", t.ebr4k());
        field(out, "spram256k", t.spram256k());
        field(out, "lut", t.lut());
        field(out, "ff", t.ff());
        out.append(" linkBytesPerSecond ").append(t.linkBytesPerSecond());
        if (t.dram().exists()) {
            field(out, "dramMegabytes", t.dramMegabytes());
        }
        out.append('\n');
        dram(out, t.dram());
    }

    private static void machine(StringBuilder out, Machine machine) {
        var limits = machine.limits();
        out.append("machine ").append(quote(machine.name())).append(' ').append(machine.precision());
        out.append(' ').append(machine.control());
        field(out, "descriptorBits", limits.descriptorBits());
        field(out, "rowBits", limits.rows());
        field(out, "columnBits", limits.columns());
        field(out, "positionBits", limits.positions());
        field(out, "channelBits", limits.channels());
        field(out, "tileBits", limits.tiles());
        out.append('\n');
        dram(out, machine.dram());
        for (var unit : machine.units()) {
            out.append("unit ").append(unit.id()).append(' ').append(quote(unit.name()));
            unit(out, unit);
            var c = unit.capacity();
            field(out, "actors", c.actors());
            field(out, "listEntries", c.listEntries());
            field(out, "segments", c.segments());
            field(out, "inputs", c.inputs());
            out.append('\n');
        }
        for (var m : machine.memories()) {
            out.append("memory ").append(m.id());
            field(out, "from", m.writer());
            field(out, "to", m.reader());
            field(out, "lanes", m.lanes());
            field(out, "words", m.words());
            if (m.shared()) {
                out.append(" shared yes");
            }
            if (m.whole()) {
                out.append(" whole yes");
            }
            if (m.granule() > 1) {
                field(out, "granule", m.granule());
            }
            out.append('\n');
        }
        out.append("edgeSlots ")
                .append(integers(
                        machine.edges().stream().map(Machine.EdgeSlot::memory).toList()))
                .append(" inputs ")
                .append(integers(
                        machine.edges().stream().map(Machine.EdgeSlot::input).toList()));
        out.append('\n');
    }

    private static void dram(StringBuilder out, DramPort d) {
        if (!d.exists()) {
            return;
        }
        out.append("dram");
        field(out, "dataBytes", d.dataBytes());
        field(out, "burstBeats", d.burstBeats());
        field(out, "latency", d.latency());
        field(out, "rowBytes", d.rowBytes());
        field(out, "rowMissGap", d.rowMissGap());
        field(out, "refreshPeriod", d.refreshPeriod());
        field(out, "refreshCycles", d.refreshCycles());
        field(out, "beatSixteenths", d.beatSixteenths());
        out.append('\n');
    }

    private static void unit(StringBuilder out, Unit unit) {
        switch (unit) {
            case Unit.HostIn h -> field(out.append(" hostIn"), "lanes", h.lanes());
            case Unit.HostOut h -> field(out.append(" hostOut"), "lanes", h.lanes());
            case Unit.Store s -> {
                field(out.append(" store"), "lanes", s.lanes());
                field(out, "burstBeats", s.burstBeats());
            }
            case Unit.Load l -> field(out.append(" load"), "lanes", l.lanes());
            case Unit.Matrix m -> {
                out.append(" matrix");
                field(out, "outputs", m.outputs());
                field(out, "lanes", m.lanes());
                field(out, "pixels", m.pixels());
                out.append(" pixelSteps ").append(integers(m.pixelSteps()));
                field(out, "chain", m.chain());
                if (m.packed()) {
                    flag(out, "packed", true);
                }
                if (!m.multipliersInDsp()) {
                    flag(out, "multipliersInDsp", false);
                }
                field(out, "weightLanes", m.weightLanes());
                field(out, "weightWords", m.weightWords());
                field(out, "fifoWords", m.fifoWords());
                if (m.tilesPerBeat() > 1) {
                    field(out, "tilesPerBeat", m.tilesPerBeat());
                }
                if (m.weightTiles() > 0) {
                    field(out, "weightTiles", m.weightTiles());
                }
                field(out, "accumulatorWords", m.accumulatorWords());
                if (m.hasSlots()) {
                    field(out, "slots", m.slots());
                }
                field(out, "accumulatorBits", m.accumulatorBits());
                flag(out, "ownSegments", m.ownSegments());
                drain(out, m.drain());
            }
            case Unit.Vector v -> {
                out.append(" vector");
                field(out, "lanes", v.lanes());
                field(out, "accumulatorWords", v.accumulatorWords());
                field(out, "accumulatorBits", v.accumulatorBits());
                flag(out, "maxima", v.features().maxima());
                flag(out, "sums", v.features().sums());
                flag(out, "multiplies", v.features().multiplies());
                flag(out, "factors", v.features().factors());
                flag(out, "products", v.features().products());
                flag(out, "gathers", v.features().gathers());
                if (v.features().indices()) {
                    flag(out, "indices", true);
                }
                flag(out, "multipliersInDsp", v.multipliersInDsp());
                field(out, "weightWords", v.weightWords());
                drain(out, v.drain());
            }
        }
    }

    private static void drain(StringBuilder out, Unit.Drain d) {
        field(out.append(" drain"), "lanes", d.lanes());
        field(out, "interval", d.interval());
        flag(out, "requantize", d.requantize());
        flag(out, "multipliersInDsp", d.multipliersInDsp());
        field(out, "preShiftMax", d.preShiftMax());
        flag(out, "table", d.table());
        field(out, "parameterWords", d.parameterWords());
        field(out, "tables", d.tables());
        if (d.planes()) {
            flag(out, "planes", true);
        }
    }

    private static void actor(StringBuilder out, Actor a) {
        out.append("actor ").append(a.id()).append(' ').append(quote(a.name()));
        field(out, "unit", a.unit());
        field(out, "node", a.node());
        field(out, "rows", a.rowsPerFiring());
        if (a.batch() > 1) {
            field(out, "batch", a.batch());
        }
        if (a.planes()) {
            flag(out, "planes", true);
        }
        if (a.ranges() > 1) {
            field(out, "ranges", a.ranges());
        }
        out.append(" in ").append(integers(a.inputs()));
        out.append(" out ").append(integers(a.outputs()));
        switch (a.work()) {
            case Work.Receive r -> field(out, "receive", r.input());
            case Work.Send s -> field(out, "send", s.output());
            case Work.Spill _ -> out.append(" spill");
            case Work.Reload _ -> out.append(" reload");
            case Work.Multiply w -> {
                out.append(" multiply ").append(w.order());
                field(out, "tiles", w.outputTiles());
                field(out, "pixels", w.pixelsPerClock());
                field(out, "step", w.pixelStep());
                flag(out, "own", w.ownSegments());
                if (w.slotWords() > 0) {
                    field(out, "slotWords", w.slotWords());
                }
                if (w.single()) {
                    field(out, "channelTiles", w.channelTiles());
                }
                segments(out, w.segments());
                if (w.single()) {
                    out.append(" channels ")
                            .append(integers(
                                    w.segments().stream().map(Segment::plane).toList()));
                }
            }
            case Work.Reduce w -> {
                field(out.append(" reduce"), "groups", w.channelGroups());
                if (w.pixels() > 1) {
                    field(out, "pixels", w.pixels());
                }
                flag(out, "tapOfColumn", w.tapOfColumn());
                segments(out, w.taps());
            }
        }
        out.append('\n');
    }

    private static void segments(StringBuilder out, List<Segment> segments) {
        out.append(" rows ").append(integers(segments.stream().map(Segment::row).toList()));
        out.append(" offsets ")
                .append(integers(segments.stream().map(Segment::offset).toList()));
        out.append(" inputs ")
                .append(integers(segments.stream().map(Segment::input).toList()));
    }

    private static void list(StringBuilder out, FiringList list) {
        out.append("list ").append(list.unit());
        field(out, "loop", list.loopStart());
        out.append('\n');
        for (var e : list.entries()) {
            field(out.append(" "), "fire", e.actor());
            field(out, "times", e.times());
            field(out, "rows", e.rows());
            out.append(" need ").append(integers(e.need()));
            out.append(" free ").append(integers(e.free()));
            if (e.range() > 0) {
                field(out, "range", e.range());
            }
            if (e.endsFrame()) {
                out.append(" ends");
            }
            if (e.jumpBack() > 0) {
                field(out, "back", e.jumpBack());
                field(out, "again", e.jumpTimes());
            }
            out.append('\n');
        }
    }

    private static void field(StringBuilder out, String name, int value) {
        out.append(' ').append(name).append(' ').append(value);
    }

    private static void flag(StringBuilder out, String name, boolean value) {
        out.append(' ').append(name).append(value ? " yes" : " no");
    }

    private static String integers(List<Integer> values) {
        return values.stream().map(String::valueOf).collect(Collectors.joining(" ", "[", "]"));
    }
}
