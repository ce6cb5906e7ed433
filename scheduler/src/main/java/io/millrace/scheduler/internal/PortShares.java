package io.millrace.scheduler.internal;

import io.millrace.scheduler.Actor;
import io.millrace.scheduler.DramPort;
import io.millrace.scheduler.FiringList;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Timing;
import io.millrace.scheduler.Unit;
import io.millrace.scheduler.Work;
import java.util.Arrays;
import java.util.HashMap;

/**
 * How much of the time of the DRAM port goes to other units than an engine's own: one that wants a tile finds the port taken that often, and its tile comes that
 * much later. Estimates without it are a tenth or two below the simulation of machines with several streams. Of one stream, what comes meanwhile waits in its FIFO, and maps are moved while the block of layers
 * that they belong to is computed.
 */
final class PortShares {
    /** Shares above this one are as good as all: then the port decides, whatever the engines do. */
    private static final double SHARE_MAX = 0.9;

    /**
     * How many times as long as alone a map is moved while an engine fills its FIFO: the port's grants go round between both, and those that move other maps. In simulations of ResNet-50 rows at the
     * beginning of a block take 2.2 to 2.6 times as long.
     */
    private static final double BESIDE_WEIGHTS = 2.3;

    /** Of the port, what maps take of it at most while an engine fills its FIFO: grants go round. */
    private static final double ITS_TURN = 0.5;

    private final DramPort dram;
    /** By unit, cycles a frame in which the port brings its weights. */
    private final double[] weights;

    private final double allWeights;
    private final double allMaps;
    /** The longer of what the busiest engine and the port take for a frame. */
    private final double period;

    /** By actor, the number of its block: of those between which rows flow on chip. */
    private final int[] blockOf;
    /** By block, cycles a frame in which the port moves its maps, and in which it is computed. */
    private final double[] maps;

    private final double[] computed;

    /** Whether all but what is aside is on one streamed engine, block by block of two frames by turns: what it waits for is followed from tile to tile. Of others, averages over a frame are as near. */
    private final boolean oneStream;

    private PortShares(Schedule schedule) {
        dram = schedule.machine().dram();
        var units = schedule.machine().units();
        weights = new double[units.size()];
        var reads = new double[units.size()];
        blockOf = blocks(schedule);
        maps = new double[blockOf.length];
        computed = new double[blockOf.length];
        for (var actor : schedule.actors()) {
            var unit = units.get(actor.unit());
            var g = schedule.geometry(actor);
            int block = blockOf[actor.id()];
            maps[block] += mapCycles(actor, unit, g, dram);
            if (actor.work() instanceof Work.Multiply w && unit instanceof Unit.Matrix m) {
                int rows = Math.min(actor.rowsPerFiring(), g.outputRows());
                double tiles = tiles(actor, w, g);
                double read = tiles * Timing.readsOfTile(w, rows, actor.widestRange(g));
                double fetched = m.streamed() ? tiles * Timing.expectedFetch(dram, m) : 0;
                reads[unit.id()] += read;
                weights[unit.id()] += fetched;
                computed[block] += Math.max(read, fetched);
            }
        }
        var whole = units.stream()
                .filter(u -> u instanceof Unit.Matrix m && m.streamed() && m.tilesPerBeat() == 1)
                .map(Unit.Matrix.class::cast)
                .toList();
        oneStream = whole.size() == 1 && byTurns(schedule, whole.getFirst());
        allWeights = Arrays.stream(weights).sum();
        allMaps = Arrays.stream(maps).sum();
        period = Math.max(Math.max(1, Arrays.stream(reads).max().orElse(1)), allWeights + allMaps);
    }

    static PortShares of(Schedule schedule) {
        return new PortShares(schedule);
    }

    /** Whether an engine's list begins with a good part of a frame's layers, each whole, before it goes round: the earlier half of its spilled blocks. */
    private static boolean byTurns(Schedule schedule, Unit.Matrix engine) {
        var list = schedule.lists().get(engine.id());
        var endsFrame = new HashMap<Integer, Boolean>();
        list.entries().subList(0, list.loopStart()).forEach(e -> endsFrame.put(e.actor(), e.endsFrame()));
        long all =
                list.entries().stream().map(FiringList.Entry::actor).distinct().count();
        return 4 * endsFrame.size() >= all
                && !endsFrame.containsValue(false)
                && schedule.actors().stream().anyMatch(a -> a.work() instanceof Work.Spill);
    }

    /** By actor, the least number of those that it shares rows on chip with, be it through others. */
    private static int[] blocks(Schedule schedule) {
        var of = new int[schedule.actors().size()];
        Arrays.setAll(of, i -> i);
        boolean changed = true;
        while (changed) {
            changed = false;
            for (var edge : schedule.edges()) {
                int from = of[edge.producer()];
                int to = of[edge.consumer()];
                if (from != to && !(schedule.actor(edge.producer()).work() instanceof Work.Spill)) {
                    of[edge.producer()] = Math.min(from, to);
                    of[edge.consumer()] = Math.min(from, to);
                    changed = true;
                }
            }
        }
        return of;
    }

    /** Cycles a frame in which the port moves rows of a spilled map: whole bursts and what is left of a row. */
    private static double mapCycles(Actor actor, Unit unit, Geometry g, DramPort dram) {
        int lanes = switch (unit) {
            case Unit.Store s -> s.lanes();
            case Unit.Load l -> l.lanes();
            case Unit.HostIn _, Unit.HostOut _, Unit.Matrix _, Unit.Vector _ -> 0;
        };
        if (lanes == 0) {
            return 0;
        }
        int beats = Math.ceilDiv(g.outputRowElements(), lanes);
        double perBeat = 1 / dram.efficiency();
        double gap = dram.burstBeats() * (perBeat - 1);
        return g.outputRows() * (beats + gap * Math.ceilDiv(beats, dram.burstBeats()));
    }

    /** Tiles a frame. */
    private static double tiles(Actor actor, Work.Multiply work, Geometry g) {
        return (double) work.tiles() * actor.firings(g) / actor.batch();
    }

    /** Cycles a frame in which the port moves weights and maps. */
    static double portCycles(Flow flow, DramPort dram) {
        double cycles = 0;
        for (var actor : flow.actors()) {
            if (flow.unit(actor) instanceof Unit.Matrix m && m.streamed()) {
                double tiles = tiles(actor, (Work.Multiply) actor.work(), flow.geometry(actor));
                cycles += tiles * Timing.expectedFetch(dram, m);
            }
            cycles += mapCycles(actor, flow.unit(actor), flow.geometry(actor), dram);
        }
        return cycles;
    }

    /** Least cycles from a tile's load to the next one's: L, or those in which DRAM brings a tile of one of several streamed engines, others' bursts between its own averaged. */
    double load(Unit.Matrix m) {
        if (followed(m)) {
            return m.tileLoadCycles();
        }
        double others = Math.min(SHARE_MAX, (allWeights - weights[m.id()] + allMaps) / period);
        return Timing.expectedLoad(dram, m, 1 - others);
    }

    /** Cycles in which DRAM brings a tile to the FIFO of the only streamed engine, others' bursts between its own averaged over what goes on at the same time; 0 of other engines. */
    double fetch(Unit.Matrix m, Actor layer) {
        if (!followed(m)) {
            return 0;
        }
        int block = blockOf[layer.id()];
        double elsewhere = (allWeights - weights[m.id()]) / period;
        double beside = Math.min(ITS_TURN, maps[block] / Math.max(1, Math.max(computed[block], maps[block])));
        return Timing.expectedLoad(dram, m, 1 - Math.min(SHARE_MAX, elsewhere + beside));
    }

    /** Cycles in which the port alone fills the FIFO of the only streamed engine; 0 of other engines. */
    double fill(Unit.Matrix m) {
        return followed(m) ? Timing.expectedFetch(dram, m) * m.fifoWords() * m.tilesPerBeat() / m.tileLoadCycles() : 0;
    }

    /** Cycles in which the port moves beats of a map. */
    long moved(int beats) {
        return (long) Math.ceil(beats * (oneStream ? BESIDE_WEIGHTS : 1) / dram.efficiency());
    }

    private boolean followed(Unit.Matrix m) {
        return oneStream && m.streamed();
    }
}
