package io.millrace.cli;

import io.millrace.boards.flow.Compilation;
import io.millrace.cli.internal.TextTable;
import io.millrace.scheduler.Bound;
import io.millrace.scheduler.Cost;
import io.millrace.scheduler.Objective;
import io.millrace.scheduler.PowerEstimate;
import io.millrace.scheduler.SpilledMap;
import io.millrace.scheduler.Target;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** What every command says of a compiled design, in words and as JSON. */
final class Summary {
    /** Of a layer that waits for its weights longer than it computes. */
    static final String WEIGHT_BOUND = "weight-bound";

    private Summary() {}

    /**
     * Resources and estimates, as text.
     *
     * @param bound see {@link #bound}
     */
    static void print(Output output, Compilation c, Optional<Double> bound) {
        Cost cost = c.cost();
        Target target = c.schedule().target();
        var resources = cost.resources();
        var table = new TextTable("resource", ">estimated", ">budget", ">used");
        row(table, "DSP", resources.dsp(), target.dsp());
        row(table, "BRAM36", resources.bram36Total(), target.bram36());
        row(table, "EBR4K", resources.ebr4k(), target.ebr4k());
        row(table, "SPRAM256K", resources.spram256k(), target.spram256k());
        row(table, "LUT", resources.lut(), target.lut());
        row(table, "FF", resources.ff(), target.ff());
        table.lines().forEach(output::line);
        output.line("");
        var units = new TextTable("unit", ">busy cycles a frame", ">drain");
        for (var unit : cost.units()) {
            units.row(unit.unit(), unit.reads(), unit.drain());
        }
        units.lines().forEach(output::line);
        output.line("");
        SpilledMap.of(c.schedule()).forEach(map -> output.line(map.toString()));
        var weightBound = cost.layers().stream()
                .filter(Cost.LayerLoad::isWeightBound)
                .map(Cost.LayerLoad::layer)
                .toList();
        if (!weightBound.isEmpty()) {
            output.line(WEIGHT_BOUND + " (estimated): " + String.join(", ", weightBound));
        }
        output.line(
                "%.1f cycles a frame, the first result after %d (estimated), bottleneck %s, %d multipliers %.1f %% busy"
                        .formatted(
                                cost.cyclesPerFrame(),
                                cost.latencyCycles(),
                                cost.bottleneck(),
                                cost.multipliers(),
                                100 * cost.macEfficiencyUsed()));
        var power = power(c);
        output.line("%.3f mJ a frame (estimated, within %.0f %%): %.2f W, of which the core %.2f W"
                .formatted(
                        power.millijoulesPerFrame(cost.cyclesPerFrame(), target.clockMhz()),
                        100 * power.errorFraction(),
                        power.boardMilliwatts() / 1000,
                        power.coreMilliwatts() / 1000));
        bound.ifPresent(least -> output.line(
                "no machine for this board needs fewer than %.0f cycles a frame (proved); this one reaches %.1f %% of that"
                        .formatted(least, 100 * least / cost.cyclesPerFrame())));
    }

    /** Least cycles a frame for all DSPs of the board, with the batch of the schedule; none for a board without DSPs. */
    static Optional<Double> bound(Compilation c) {
        var schedule = c.schedule();
        return schedule.target().dsp() == 0
                ? Optional.empty()
                : Optional.of(
                        Bound.of(schedule.graph(), schedule.target(), Objective.FASTEST.withBatch(schedule.batch()))
                                .cyclesPerFrame());
    }

    private static void row(TextTable table, String name, int estimated, int budget) {
        if (estimated > 0 || budget > 0) {
            table.row(
                    name,
                    estimated,
                    budget,
                    budget == 0 ? "" : String.format(Locale.ROOT, "%.1f %%", 100.0 * estimated / budget));
        }
    }

    /** The same as JSON members of a document. */
    static void put(ObjectNode document, Compilation c, Optional<Double> bound) {
        Cost cost = c.cost();
        Target target = c.schedule().target();
        var r = cost.resources();
        document.put("model", c.model())
                .put("board", c.board().name())
                .put("clockMhz", target.clockMhz())
                .put("macsPerFrame", cost.macsPerFrame())
                .put("peakMacsPerCycle", cost.peakMacsPerCycle())
                .put("design", c.manifest().design().toString())
                .put("program", c.manifest().program().toString());
        resource(document, "dsp", r.dsp(), target.dsp());
        resource(document, "bram36", r.bram36Total(), target.bram36());
        resource(document, "ebr4k", r.ebr4k(), target.ebr4k());
        resource(document, "spram256k", r.spram256k(), target.spram256k());
        resource(document, "lut", r.lut(), target.lut());
        resource(document, "ff", r.ff(), target.ff());
        bound.ifPresent(least -> document.put("cyclesPerFrameBound", least));
        document.put("hostBytesPerFrame", cost.host().in() + cost.host().out());
        document.put("dramBytesPerFrame", cost.dramBytesPerFrame())
                .put("weightBytesPerFrame", cost.weightBytesPerFrame())
                .put("spilledBytesPerFrame", cost.spilledBytesPerFrame());
        var layers = document.putArray("estimatedLayers");
        for (var layer : cost.layers()) {
            layers.addObject()
                    .put("name", layer.layer())
                    .put("unit", layer.unit())
                    .put("readCycles", layer.reads())
                    .put("weightCycles", layer.weights())
                    .put("drainCycles", layer.drain())
                    .put("weightBound", layer.isWeightBound());
        }
        var spilled = document.putArray("spilled");
        for (var map : SpilledMap.of(c.schedule())) {
            var item = spilled.addObject()
                    .put("from", map.from())
                    .put("bytesPerFrame", map.bytesPerFrame())
                    .put("rowsKept", map.rowsKept())
                    .put("rows", map.rows());
            map.to().forEach(item.putArray("to")::add);
        }
    }

    /** What is estimated of what there is. */
    static void resource(ObjectNode document, String name, int estimated, int budget) {
        document.putObject(name).put("estimated", estimated).put("budget", budget);
    }

    private static PowerEstimate power(Compilation c) {
        var target = c.schedule().target();
        return PowerEstimate.of(target.family(), c.cost().resources(), target.clockMhz());
    }

    /** Rates that follow from a number of cycles a frame at the assumed clock. */
    static void putRates(ObjectNode document, Compilation c, double cyclesPerFrame, long latencyCycles, String kind) {
        document.put("cyclesPerFrame", cyclesPerFrame)
                .put("latencyCycles", latencyCycles)
                .put("framesPerSecond", framesPerSecond(c, cyclesPerFrame))
                .put("macEfficiency", efficiency(c, cyclesPerFrame));
        double link = c.cost().linkFramesPerSecond();
        if (Double.isFinite(link)) {
            document.put("linkFramesPerSecond", link);
        }
        var power = power(c);
        double clock = c.schedule().target().clockMhz();
        document.put("millijoulesPerFrame", power.millijoulesPerFrame(cyclesPerFrame, clock))
                .put("coreMillijoulesPerFrame", power.coreMillijoulesPerFrame(cyclesPerFrame, clock))
                .put("gopsPerWatt", power.gopsPerWatt(c.cost().macsPerFrame(), cyclesPerFrame, clock))
                .put("powerErrorFraction", power.errorFraction());
        var kinds = document.putObject("kinds");
        for (String name : new String[] {"millijoulesPerFrame", "coreMillijoulesPerFrame", "gopsPerWatt"}) {
            kinds.put(name, "estimated");
        }
        for (String name :
                new String[] {"cyclesPerFrame", "latencyCycles", "framesPerSecond", "macEfficiency", "bottleneck"}) {
            kinds.put(name, kind);
        }
        kinds.put("linkFramesPerSecond", "estimated");
    }

    static double framesPerSecond(Compilation c, double cyclesPerFrame) {
        return c.schedule().target().clockMhz() * 1e6 / cyclesPerFrame;
    }

    /** Multiply-accumulates done of those the whole DSP budget could do, two a DSP48 at int8. */
    static double efficiency(Compilation c, double cyclesPerFrame) {
        int peak = c.cost().peakMacsPerCycle();
        return peak == 0 ? 0 : c.cost().macsPerFrame() / (cyclesPerFrame * peak);
    }
}
