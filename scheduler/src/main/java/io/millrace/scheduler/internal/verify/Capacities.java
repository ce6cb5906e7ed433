package io.millrace.scheduler.internal.verify;

import io.millrace.quantizer.AccumulatorWidth;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.Requantizer;
import io.millrace.scheduler.Actor;
import io.millrace.scheduler.DramLayout;
import io.millrace.scheduler.DramPort;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.ProgramLayout;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Timing;
import io.millrace.scheduler.Unit;
import io.millrace.scheduler.WeightPlaces;
import io.millrace.scheduler.Work;
import io.millrace.scheduler.internal.Demand;
import java.util.List;

/** SCH-0903: program memories, accumulators and features are large enough; SCH-0904: so are the fields of the layout. */
public final class Capacities {
    private final Schedule schedule;
    private final Findings findings;

    private Capacities(Schedule schedule, Findings findings) {
        this.schedule = schedule;
        this.findings = findings;
    }

    public static void check(Schedule schedule, Findings findings) {
        var check = new Capacities(schedule, findings);
        for (var unit : schedule.machine().units()) {
            var actors = schedule.actors().stream()
                    .filter(a -> a.unit() == unit.id())
                    .toList();
            check.programs(unit, actors);
            actors.forEach(check::widths);
        }
        check.lists();
        check.streams();
    }

    /** Streamed engines: a beat a word, room in the FIFO for a tile and a burst, numbers that fit their fields. */
    private void streams() {
        var machine = schedule.machine();
        if (machine.dramClients().isEmpty()) {
            return;
        }
        var port = machine.dram();
        findings.require(port.exists(), "SCH-0903", "units use a DRAM that is not there");
        findings.require(
                machine.control() == Machine.Control.LOADED, "SCH-0903", "a machine with DRAM has fixed control");
        if (!port.exists()) {
            return;
        }
        for (var m : machine.streamed()) {
            int beat = port.elements(machine.precision(), 1);
            findings.require(
                    m.weightLanes() == Math.min(beat, m.tileWeights()) && m.weightLanes() * m.tilesPerBeat() <= beat,
                    "SCH-0903",
                    "unit '" + m.name() + "' takes " + m.weightLanes() + " of a tile's " + m.tileWeights()
                            + " weights a clock, " + m.tilesPerBeat() + " tiles from a beat of the DRAM, which has "
                            + beat
                            + " codes");
            atMost(m, "words in its FIFO", m.fifoWordsMin(port.burstBeats()), m.fifoWords());
        }
        var layout = DramLayout.of(schedule);
        spills(port);
        long bursts = DramLayout.allBursts(schedule);
        findings.require(
                bursts < 1L << ProgramLayout.BURST_BITS,
                "SCH-0904",
                bursts + " bursts of weights and maps are over " + ProgramLayout.BURST_BITS + " bits");
        for (var a : schedule.actors()) {
            unsigned(a, "weight word", layout.words().get(a.id()), ProgramLayout.STREAM_WORDS_BITS);
        }
    }

    /** One store and one load unit, which move a beat a clock. */
    private void spills(DramPort port) {
        var machine = schedule.machine();
        int beat = port.elements(machine.precision(), 1);
        int stores = 0;
        int loads = 0;
        for (var unit : machine.units()) {
            switch (unit) {
                case Unit.Store s -> {
                    stores++;
                    moves(s, s.lanes(), beat);
                    findings.require(
                            s.burstBeats() == port.burstBeats(),
                            "SCH-0903",
                            "unit '" + s.name() + "' writes bursts of " + s.burstBeats() + " beats, the port has "
                                    + port.burstBeats());
                }
                case Unit.Load l -> {
                    loads++;
                    moves(l, l.lanes(), beat);
                }
                case Unit.HostIn _, Unit.HostOut _, Unit.Matrix _, Unit.Vector _ -> {}
            }
        }
        findings.require(
                (stores == 0) == (loads == 0),
                "SCH-0903",
                stores + " store and " + loads + " load units: what is stored is loaded");
    }

    private void moves(Unit unit, int lanes, int beat) {
        findings.require(
                lanes == beat,
                "SCH-0903",
                "unit '" + unit.name() + "' moves " + lanes + " elements a clock, a beat of the DRAM has " + beat);
    }

    private void programs(Unit unit, List<Actor> actors) {
        var capacity = unit.capacity();
        int descriptors = actors.stream().mapToInt(Actor::ranges).sum();
        atMost(unit, "actors and ranges of columns", descriptors, capacity.actors());
        atMost(unit, "list entries", schedule.lists().get(unit.id()).entries().size(), capacity.listEntries());
        int segments = 0;
        int weightWords = 0;
        int parameters = 0;
        int tables = 0;
        for (var a : actors) {
            var op = schedule.node(a).op();
            switch (a.work()) {
                case Work.Receive _, Work.Send _, Work.Spill _, Work.Reload _ -> {
                    continue;
                }
                case Work.Multiply w -> {
                    var m = (Unit.Matrix) unit;
                    segments += w.segments().size();
                    findings.require(
                            m.ownSegments() || !w.ownSegments(),
                            "SCH-0903",
                            a,
                            "its engine has one list of segments for all output tiles");
                    parameters += ProgramLayout.parameterWords(op, unit, w.outputTiles());
                    accumulators(a, m.accumulatorBits(), m.accumulatorWords());
                }
                case Work.Reduce w -> {
                    var v = (Unit.Vector) unit;
                    segments += w.taps().size();
                    parameters += ProgramLayout.parameterWords(op, unit, w.channelGroups());
                    accumulators(a, v.accumulatorBits(), v.accumulatorWords());
                    weightWords += Demand.vectorWeightWords(op, w);
                    findings.require(
                            v.features().or(Demand.features(op)).equals(v.features()),
                            "SCH-0903",
                            a,
                            "its engine cannot do that: " + Demand.features(op));
                }
            }
            tables += features(a, ProgramLayout.drainOf(unit));
        }
        if (unit instanceof Unit.Matrix m && !m.streamed()) {
            var layers =
                    actors.stream().map(a -> WeightPlaces.Layer.of(schedule, a)).toList();
            var size = WeightPlaces.sizeOf(layers, m.outputs(), m.weightTiles() > 0);
            weightWords = size.stored() * m.tileLoadCycles();
            if (m.weightTiles() > 0) {
                atMost(unit, "tiles of weights", size.tiles(), m.weightTiles());
            }
        }
        atMost(unit, "segments", segments, capacity.segments());
        atMost(unit, "weight words", weightWords, ProgramLayout.weightsOf(unit).words());
        actors.forEach(a -> findings.require(
                a.inputs().size() <= capacity.inputs(),
                "SCH-0903",
                a,
                "reads " + a.inputs().size() + " buffers, its unit at most " + capacity.inputs()));
        if (unit instanceof Unit.Matrix || unit instanceof Unit.Vector) {
            var drain = ProgramLayout.drainOf(unit);
            atMost(unit, "tables", tables, drain.tables());
            if (drain.requantize()) {
                atMost(unit, "parameter words", parameters, drain.parameterWords());
            }
        }
    }

    /** Checks table and requantizer of an actor against its drain; the tables it takes. */
    private int features(Actor a, Unit.Drain drain) {
        var op = schedule.node(a).op();
        var requantizer = Demand.requantizer(op);
        if (requantizer.isPresent()
                || op instanceof QOp.Add
                || op instanceof QOp.Extreme(boolean least, var _) && least) {
            findings.require(drain.requantize(), "SCH-0903", a, "its engine has no requantizer");
        }
        int preShift = requantizer.map(Requantizer::preShift).orElse(0);
        findings.require(
                preShift <= drain.preShiftMax(),
                "SCH-0903",
                a,
                "shifts " + preShift + " bits first, its engine at most " + drain.preShiftMax());
        findings.require(!a.planes() || drain.planes(), "SCH-0903", a, "its engine writes no planes");
        boolean table = op.table().isPresent();
        findings.require(!table || drain.table(), "SCH-0903", a, "its engine has no activation table");
        return table ? 1 : 0;
    }

    private void accumulators(Actor a, int bits, int words) {
        var g = schedule.geometry(a);
        int needed = AccumulatorWidth.bits(schedule.node(a), schedule.graph());
        findings.require(
                needed <= bits, "SCH-0903", a, "needs " + needed + " accumulator bits, its engine has " + bits);
        int rows = Math.min(a.rowsPerFiring(), g.outputRows());
        int columns = a.widestRange(g);
        int used = switch (a.work()) {
            case Work.Receive _, Work.Send _, Work.Spill _, Work.Reload _ -> 0;
            case Work.Multiply w -> {
                var m = (Unit.Matrix) schedule.machine().unit(a.unit());
                int clocks = Timing.pixelClocks(w, rows, columns);
                int each = m.hasSlots() ? w.slotWords() : clocks;
                findings.require(
                        !m.hasSlots() || Integer.bitCount(each) == 1 && each >= Math.max(clocks, m.slotGranule()),
                        "SCH-0903",
                        a,
                        "has slots of " + each + " words for " + clocks + " on an engine with places for them "
                                + m.slotGranule() + " words apart");
                yield each * w.outputTilesOfGroup();
            }
            case Work.Reduce w -> w.channelGroups() * w.positions(rows, columns);
        };
        findings.require(used <= words, "SCH-0903", a, "needs " + used + " accumulator words, its engine has " + words);
    }

    private void widths(Actor a) {
        var g = schedule.geometry(a);
        Machine.Limits limits = schedule.machine().limits();
        signed(a, "row", g.inputRows(), limits.rows());
        signed(a, "row", g.outputRows(), limits.rows());
        signed(a, "padding row", g.padTop(), limits.rows());
        signed(a, "row step", a.rowsPerFiring() * g.rowStride(), limits.rows());
        signed(a, "window row", bottom(g), limits.rows());
        for (int e : a.outputs()) {
            signed(a, "slot", schedule.edge(e).slots(), limits.rows());
        }
        unsigned(a, "column", g.outputColumns(), limits.columns());
        int channels = a.work() instanceof Work.Reduce w ? w.channels(g) : g.outputChannels();
        unsigned(a, "channel", channels, limits.channels());
        signed(a, "position", g.inputRowElements(), limits.positions());
        signed(a, "padding position", g.padLeft() * g.inputChannels(), limits.positions());
        int right = ((g.outputColumns() - 1) * g.columnStride()
                        - g.padLeft()
                        + (g.kernelColumns() - 1) * g.columnDilation()
                        + 1)
                * g.inputChannels();
        signed(a, "window position", right, limits.positions());
        switch (a.work()) {
            case Work.Receive _, Work.Send _, Work.Spill _, Work.Reload _ -> {}
            case Work.Multiply w -> unsigned(a, "output tile", w.outputTiles(), limits.tiles());
            case Work.Reduce w -> unsigned(a, "channel group", w.channelGroups(), limits.tiles());
        }
    }

    private static int bottom(Geometry g) {
        return Math.max(0, (g.outputRows() - 1) * g.rowStride() - g.padTop() + g.rowExtent() - 1);
    }

    private void lists() {
        int timesMax = (1 << 12) - 1;
        for (var list : schedule.lists()) {
            for (var e : list.entries()) {
                var a = schedule.actor(e.actor());
                findings.require(
                        e.times() <= timesMax && e.jumpTimes() <= timesMax,
                        "SCH-0904",
                        a,
                        "repeats more than " + timesMax + " times");
                e.need()
                        .forEach(n -> signed(
                                a, "row need", n, schedule.machine().limits().rows()));
                e.free()
                        .forEach(n -> signed(
                                a, "row release", n, schedule.machine().limits().rows()));
            }
        }
    }

    private void atMost(Unit unit, String what, int used, int there) {
        findings.require(
                used <= there, "SCH-0903", "unit '" + unit.name() + "' has " + used + " " + what + " of " + there);
    }

    private void signed(Actor a, String what, int value, int bits) {
        findings.require(
                value < 1 << (bits - 1), "SCH-0904", a, what + " " + value + " is over " + bits + " signed bits");
    }

    private void unsigned(Actor a, String what, int value, int bits) {
        findings.require(value < 1 << bits, "SCH-0904", a, what + " count " + value + " is over " + bits + " bits");
    }
}
