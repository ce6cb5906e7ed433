package io.millrace.scheduler.internal;

import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.Actor;
import io.millrace.scheduler.DramPort;
import io.millrace.scheduler.Edge;
import io.millrace.scheduler.FiringList;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.RowMemory;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Segment;
import io.millrace.scheduler.Target;
import io.millrace.scheduler.Unit;
import io.millrace.scheduler.Work;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/** Reads what {@code ScheduleText.print} writes, line by line. */
public final class ScheduleReader {
    private final String file;
    private final Deque<Tokens> lines = new ArrayDeque<>();

    private ScheduleReader(String file, String text) {
        this.file = file;
        int number = 0;
        for (String line : text.lines().toList()) {
            var tokens = new Tokens(file, ++number, line);
            if (!tokens.isEmpty()) {
                lines.add(tokens);
            }
        }
    }

    /**
     * Reads a schedule of a graph.
     *
     * @param isOfGraph whether a hash is that of the graph's text
     */
    public static Schedule read(String file, String text, Predicate<String> isOfGraph, QuantizedGraph graph) {
        try {
            return new ScheduleReader(file, text).schedule(graph, isOfGraph);
        } catch (IllegalArgumentException e) {
            throw refused(file, "a value is out of its range: " + e.getMessage());
        }
    }

    private Schedule schedule(QuantizedGraph graph, Predicate<String> isOfGraph) {
        var head = line("schedule");
        head.expect("of");
        String name = head.text();
        head.expect("sha256");
        if (!isOfGraph.test(head.word())) {
            throw refused(file, "is a schedule of another graph '" + name + "' than the given '" + graph.name() + "'");
        }
        head.end();
        var target = target();
        var machine = machine();
        var actors = new ArrayList<Actor>();
        while (at("actor")) {
            actors.add(actor(line("actor")));
        }
        var edges = new ArrayList<Edge>();
        while (at("edge")) {
            edges.add(edge(line("edge")));
        }
        var lists = new ArrayList<FiringList>();
        while (at("list")) {
            lists.add(list(line("list")));
        }
        if (!lines.isEmpty()) {
            throw lines.getFirst().wrong("begins with " + lines.getFirst().peek());
        }
        return new Schedule(graph, target, machine, actors, edges, lists);
    }

    private boolean at(String word) {
        return !lines.isEmpty() && lines.getFirst().peek().equals(word);
    }

    private Tokens line(String word) {
        if (lines.isEmpty()) {
            throw refused(file, "ends before a line '" + word + "'");
        }
        var line = lines.removeFirst();
        line.expect(word);
        return line;
    }

    private static CompileException refused(String file, String problem) {
        return new CompileException(
                3,
                new Diagnostic(
                        "SCH-0402", SourceRef.file(file), problem, "write the schedule again with `millrace compile`"));
    }

    private Target target() {
        var t = line("target");
        var target = new Target(
                t.text(),
                t.constant(Target.Family.class),
                t.decimal("clockMhz"),
                t.integer("dsp"),
                t.integer("bram36"),
                t.integer("ebr4k"),
                t.integer("spram256k"),
                t.integer("lut"),
                t.integer("ff"),
                t.decimal("linkBytesPerSecond"));
        int megabytes = t.hasNext() ? t.integer("dramMegabytes") : 0;
        t.end();
        return at("dram") ? target.withDram(dram(line("dram")), megabytes) : target;
    }

    private Machine machine() {
        var t = line("machine");
        String name = t.text();
        var precision = t.constant(Precision.class);
        var control = t.constant(Machine.Control.class);
        var limits = new Machine.Limits(
                t.integer("descriptorBits"),
                t.integer("rowBits"),
                t.integer("columnBits"),
                t.integer("positionBits"),
                t.integer("channelBits"),
                t.integer("tileBits"));
        t.end();
        var dram = at("dram") ? dram(line("dram")) : DramPort.NONE;
        var units = new ArrayList<Unit>();
        while (at("unit")) {
            units.add(unit(line("unit")));
        }
        var memories = new ArrayList<RowMemory>();
        while (at("memory")) {
            var m = line("memory");
            memories.add(new RowMemory(
                    m.integer(),
                    m.integer("from"),
                    m.integer("to"),
                    m.integer("lanes"),
                    m.integer("words"),
                    m.peek().equals("shared") && m.flag("shared"),
                    m.peek().equals("whole") && m.flag("whole"),
                    m.peek().equals("granule") ? m.integer("granule") : 1));
            m.end();
        }
        if (lines.isEmpty()) {
            throw refused(file, "ends before a line 'edgeSlots'");
        }
        var slots = lines.removeFirst();
        var memoryOf = slots.integers("edgeSlots");
        var inputOf = slots.integers("inputs");
        if (inputOf.size() != memoryOf.size()) {
            throw slots.wrong("has " + memoryOf.size() + " edges and the inputs of " + inputOf.size());
        }
        var edges = IntStream.range(0, memoryOf.size())
                .mapToObj(i -> new Machine.EdgeSlot(memoryOf.get(i), inputOf.get(i)))
                .toList();
        slots.end();
        return new Machine(name, precision, units, memories, edges, limits, control, dram);
    }

    private static DramPort dram(Tokens t) {
        var dram = new DramPort(
                t.integer("dataBytes"),
                t.integer("burstBeats"),
                t.integer("latency"),
                t.integer("rowBytes"),
                t.integer("rowMissGap"),
                t.integer("refreshPeriod"),
                t.integer("refreshCycles"),
                t.integer("beatSixteenths"));
        t.end();
        return dram;
    }

    private static Unit unit(Tokens t) {
        int id = t.integer();
        String name = t.text();
        String kind = t.word();
        Unit unit = switch (kind) {
            case "hostIn" -> new Unit.HostIn(id, name, t.integer("lanes"), capacity(t));
            case "hostOut" -> new Unit.HostOut(id, name, t.integer("lanes"), capacity(t));
            case "store" -> new Unit.Store(id, name, t.integer("lanes"), t.integer("burstBeats"), capacity(t));
            case "load" -> new Unit.Load(id, name, t.integer("lanes"), capacity(t));
            case "matrix" ->
                new Unit.Matrix(
                        id,
                        name,
                        t.integer("outputs"),
                        t.integer("lanes"),
                        t.integer("pixels"),
                        t.integers("pixelSteps"),
                        t.integer("chain"),
                        t.peek().equals("packed") && t.flag("packed"),
                        !t.peek().equals("multipliersInDsp") || t.flag("multipliersInDsp"),
                        t.integer("weightLanes"),
                        t.integer("weightWords"),
                        t.integer("fifoWords"),
                        t.peek().equals("tilesPerBeat") ? t.integer("tilesPerBeat") : 1,
                        t.peek().equals("weightTiles") ? t.integer("weightTiles") : 0,
                        t.integer("accumulatorWords"),
                        t.peek().equals("slots") ? t.integer("slots") : 0,
                        t.integer("accumulatorBits"),
                        t.flag("ownSegments"),
                        drain(t),
                        capacity(t));
            case "vector" ->
                new Unit.Vector(
                        id,
                        name,
                        t.integer("lanes"),
                        t.integer("accumulatorWords"),
                        t.integer("accumulatorBits"),
                        new Unit.Features(
                                t.flag("maxima"),
                                t.flag("sums"),
                                t.flag("multiplies"),
                                t.flag("factors"),
                                t.flag("products"),
                                t.flag("gathers"),
                                t.peek().equals("indices") && t.flag("indices")),
                        t.flag("multipliersInDsp"),
                        t.integer("weightWords"),
                        drain(t),
                        capacity(t));
            default -> throw t.wrong("has a unit of kind " + kind);
        };
        t.end();
        return unit;
    }

    private static Unit.Capacity capacity(Tokens t) {
        return new Unit.Capacity(
                t.integer("actors"), t.integer("listEntries"), t.integer("segments"), t.integer("inputs"));
    }

    private static Unit.Drain drain(Tokens t) {
        t.expect("drain");
        return new Unit.Drain(
                t.integer("lanes"),
                t.integer("interval"),
                t.flag("requantize"),
                t.flag("multipliersInDsp"),
                t.integer("preShiftMax"),
                t.flag("table"),
                t.integer("parameterWords"),
                t.integer("tables"),
                t.peek().equals("planes") && t.flag("planes"));
    }

    private static Actor actor(Tokens t) {
        int id = t.integer();
        String name = t.text();
        int unit = t.integer("unit");
        int node = t.integer("node");
        int rows = t.integer("rows");
        int batch = t.peek().equals("batch") ? t.integer("batch") : 1;
        if (batch > 1 && rows != batch) {
            throw t.wrong("has a batch of " + batch + " frames and " + rows + " rows");
        }
        boolean planes = t.peek().equals("planes") && t.flag("planes");
        int ranges = t.peek().equals("ranges") ? t.integer("ranges") : 1;
        var inputs = t.integers("in");
        var outputs = t.integers("out");
        var work = work(t);
        if (ranges < 1 || (ranges > 1 && (batch > 1 || !work.computes()))) {
            throw t.wrong("has " + ranges + " ranges of columns");
        }
        var actor = new Actor(id, name, unit, node, work, inputs, outputs, rows, batch, planes, ranges);
        t.end();
        return actor;
    }

    private static Work work(Tokens t) {
        String kind = t.word();
        return switch (kind) {
            case "receive" -> new Work.Receive(t.integer());
            case "send" -> new Work.Send(t.integer());
            case "spill" -> new Work.Spill();
            case "reload" -> new Work.Reload();
            case "multiply" -> {
                var order = t.constant(Work.TileOrder.class);
                int tiles = t.integer("tiles");
                int pixels = t.integer("pixels");
                int step = t.integer("step");
                boolean own = t.flag("own");
                int slotWords = t.peek().equals("slotWords") ? t.integer("slotWords") : 0;
                int together = t.peek().equals("channelTiles") ? t.integer("channelTiles") : 0;
                var segments = together > 0 ? ofChannels(segments(t), t) : segments(t);
                yield new Work.Multiply(order, tiles, segments, own, pixels, step, together, slotWords);
            }
            case "reduce" -> {
                int groups = t.integer("groups");
                int pixels = t.peek().equals("pixels") ? t.integer("pixels") : 1;
                boolean tapOfColumn = t.flag("tapOfColumn");
                yield new Work.Reduce(groups, pixels, segments(t), tapOfColumn);
            }
            default -> throw t.wrong("has work of kind " + kind);
        };
    }

    private static List<Segment> segments(Tokens t) {
        var rows = t.integers("rows");
        var offsets = t.integers("offsets");
        var inputs = t.integers("inputs");
        if (rows.size() != offsets.size() || rows.size() != inputs.size()) {
            throw t.wrong(
                    "has " + rows.size() + " rows, " + offsets.size() + " offsets and " + inputs.size() + " inputs");
        }
        var segments = new ArrayList<Segment>();
        for (int i = 0; i < rows.size(); i++) {
            segments.add(new Segment(rows.get(i), offsets.get(i), inputs.get(i)));
        }
        return segments;
    }

    private static List<Segment> ofChannels(List<Segment> segments, Tokens t) {
        var channels = t.integers("channels");
        if (channels.size() != segments.size()) {
            throw t.wrong("has " + segments.size() + " segments of " + channels.size() + " channels");
        }
        return IntStream.range(0, channels.size())
                .mapToObj(i -> {
                    var s = segments.get(i);
                    return new Segment(s.row(), s.offset(), s.input(), channels.get(i));
                })
                .toList();
    }

    private static Edge edge(Tokens t) {
        var edge = new Edge(
                t.integer(),
                t.integer("from"),
                t.integer("to"),
                t.integer("memory"),
                t.integer("base"),
                t.integer("pitch"),
                t.integer("slots"));
        t.end();
        return edge;
    }

    private FiringList list(Tokens t) {
        int unit = t.integer();
        int loop = t.integer("loop");
        t.end();
        var entries = new ArrayList<FiringList.Entry>();
        while (at("fire")) {
            entries.add(entry(line("fire")));
        }
        return new FiringList(unit, entries, loop);
    }

    private static FiringList.Entry entry(Tokens t) {
        int actor = t.integer();
        int times = t.integer("times");
        int rows = t.integer("rows");
        var need = t.integers("need");
        var free = t.integers("free");
        int range = t.peek().equals("range") ? t.integer("range") : 0;
        boolean ends = t.peek().equals("ends");
        if (ends) {
            t.expect("ends");
        }
        int back = 0;
        int again = 0;
        if (t.hasNext()) {
            back = t.integer("back");
            again = t.integer("again");
        }
        t.end();
        return new FiringList.Entry(actor, times, rows, need, free, ends, back, again, range);
    }
}
