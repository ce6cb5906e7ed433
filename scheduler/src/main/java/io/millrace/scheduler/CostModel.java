package io.millrace.scheduler;

import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.internal.MachineResources;
import io.millrace.scheduler.internal.SelfTimed;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Estimates of cycles and resources, before any simulation or synthesis. */
public final class CostModel {
    /** Bits from which on weights lie in single-port memories, on parts that have them. */
    public static final int SPRAM_FROM_BITS = 16_384;

    private static final int FRAMES = 24;

    /** Name of the bottleneck of a machine that waits for its DRAM. */
    private static final String DRAM = "dram";

    private CostModel() {}

    /** The cost of a legal schedule. */
    public static Cost estimate(Schedule schedule) {
        var target = schedule.target();
        var timed = SelfTimed.run(schedule, SelfTimed.frames(FRAMES, schedule.batch()));
        if (timed.deadlock()) {
            throw new IllegalStateException(
                    "a legal schedule deadlocks: " + schedule.machine().name());
        }
        var loads = loads(schedule);
        var most = loads.stream()
                .max(Comparator.comparingLong(Cost.UnitLoad::load))
                .orElseThrow();
        long macs = macsPerFrame(schedule.graph());
        int multipliers = schedule.machine().units().stream()
                .mapToInt(u -> u instanceof Unit.Matrix m ? m.multipliers() : 0)
                .sum();
        double streaming = streamingCycles(schedule);
        double cycles = Math.max(timed.period(), streaming);
        int peak = peakMacsPerCycle(target, schedule.machine().precision());
        return new Cost(
                loads,
                layers(schedule),
                most.load(),
                cycles,
                timed.frameEnds()[0] + 1,
                streaming > most.load() ? DRAM : most.unit(),
                macs,
                multipliers,
                peak,
                peak == 0 ? 0 : macs / (cycles * peak),
                multipliers == 0 ? 0 : macs / (cycles * multipliers),
                resources(schedule.machine(), target),
                hostBytes(schedule.graph()),
                DramLayout.weightBytesPerFrame(schedule),
                DramLayout.spilledBytesPerFrame(schedule),
                target.clockMhz(),
                target.linkBytesPerSecond());
    }

    /** Cycles a frame in which the DRAM port moves weights and spilled maps. */
    private static double streamingCycles(Schedule schedule) {
        var port = schedule.machine().dram();
        return port.exists() ? DramLayout.bytesPerFrame(schedule) / (port.dataBytes() * port.efficiency()) : 0;
    }

    /** Resources of a machine in the parts of a target's family. */
    public static Cost.Resources resources(Machine machine, Target target) {
        return MachineResources.of(machine, target);
    }

    /** Multiply-accumulates of all convolutions of a frame: dense, padded taps included; with a connection table those of its connections. */
    public static long macsPerFrame(QuantizedGraph graph) {
        long macs = 0;
        for (var node : graph.nodes()) {
            macs += macs(node);
        }
        return macs;
    }

    /** Multiply-accumulates of a frame of a node: 0 if it is no convolution. */
    public static long macs(QNode node) {
        if (!(node.op() instanceof QOp.Conv conv)) {
            return 0;
        }
        long pixels = node.type().elements() / conv.outputChannels();
        return Connections.isTable(conv)
                ? pixels * Connections.pairs(conv) * conv.window().taps()
                : node.type().elements() * ((long) conv.weights().size() / conv.filters());
    }

    /** Multiply-accumulates a cycle of all DSPs of a target: a DSP48 does two at int8. */
    public static int peakMacsPerCycle(Target target, Precision precision) {
        boolean two = precision == Precision.INT8 && target.family() != Target.Family.ICE40;
        return two ? 2 * target.dsp() : target.dsp();
    }

    private static Cost.HostBytes hostBytes(QuantizedGraph graph) {
        int bytes = graph.precision().bits() / 8;
        long in = graph.inputs().stream().mapToLong(n -> n.type().elements()).sum();
        long out = graph.outputs().stream()
                .mapToLong(n -> graph.node(n).type().elements())
                .sum();
        return new Cost.HostBytes(in * bytes, out * bytes);
    }

    private static List<Cost.UnitLoad> loads(Schedule schedule) {
        var loads = new ArrayList<Cost.UnitLoad>();
        for (var unit : schedule.machine().units()) {
            var layers = schedule.actors().stream()
                    .filter(a -> a.unit() == unit.id())
                    .map(a -> load(schedule, unit, a))
                    .toList();
            long reads = layers.stream().mapToLong(l -> l.reads() + l.weights()).sum();
            long drain = layers.stream().mapToLong(Cost.LayerLoad::drain).sum();
            loads.add(new Cost.UnitLoad(unit.name(), reads, drain));
        }
        return loads;
    }

    private static List<Cost.LayerLoad> layers(Schedule schedule) {
        return schedule.actors().stream()
                .filter(a -> a.work().computes())
                .map(a -> load(schedule, schedule.machine().unit(a.unit()), a))
                .toList();
    }

    private static Cost.LayerLoad load(Schedule schedule, Unit unit, Actor a) {
        var dram = schedule.machine().dram();
        var g = schedule.geometry(a);
        int gap = drainGap(schedule.machine(), unit);
        long reads = 0;
        long weights = 0;
        long drain = 0;
        for (int f = 0; f < g.firings(a.rowsPerFiring()); f++) {
            int rows = g.rowsOf(f, a.rowsPerFiring());
            for (int k = 0; k < a.ranges(); k++) {
                int columns = a.range(g, k).columns();
                reads += readCycles(dram, unit, a.work(), g, rows, columns);
                weights += weightCycles(dram, unit, a.work(), rows, columns);
                drain += drainCycles(gap, unit, a.work(), g, rows, columns);
            }
        }
        long busy = Math.ceilDiv(reads, a.batch());
        return new Cost.LayerLoad(
                a.name(),
                unit.name(),
                busy,
                Math.ceilDiv(reads + weights, a.batch()) - busy,
                Math.ceilDiv(drain, a.batch()));
    }

    /** Cycles of a firing, from its start to the next one's, as far as reads decide. */
    private static long readCycles(DramPort dram, Unit unit, Work work, Geometry g, int rows, int columns) {
        return switch (unit) {
            case Unit.HostIn h -> 1 + (long) rows * Math.ceilDiv(g.outputRowElements(), h.lanes());
            case Unit.HostOut h -> (long) rows * Math.ceilDiv(g.outputRowElements(), h.lanes());
            case Unit.Store s -> dram.latency() + (long) rows * Math.ceilDiv(g.outputRowElements(), s.lanes());
            case Unit.Load l -> dram.latency() + (long) rows * Math.ceilDiv(g.outputRowElements(), l.lanes());
            case Unit.Vector _ -> {
                var w = (Work.Reduce) work;
                yield w.readsOf(rows, columns);
            }
            case Unit.Matrix m -> {
                var w = (Work.Multiply) work;
                yield (long) w.tiles() * Timing.readsOfTile(w, rows, columns);
            }
        };
    }

    /** Cycles of a firing in which its tiles wait for their weights. */
    private static long weightCycles(DramPort dram, Unit unit, Work work, int rows, int columns) {
        return switch (unit) {
            case Unit.HostIn _, Unit.HostOut _, Unit.Store _, Unit.Load _, Unit.Vector _ -> 0;
            case Unit.Matrix m -> {
                var w = (Work.Multiply) work;
                double each = Math.max(0, Timing.expectedLoad(dram, m, 1) - Timing.readsOfTile(w, rows, columns));
                yield (long) Math.ceil(w.tiles() * each);
            }
        };
    }

    /** Cycles between drain jobs. */
    private static int drainGap(Machine machine, Unit unit) {
        return switch (unit) {
            case Unit.HostIn _, Unit.HostOut _, Unit.Store _, Unit.Load _ -> 0;
            case Unit.Vector _, Unit.Matrix _ -> Timing.drainFetch(machine, unit) - 1;
        };
    }

    /** Cycles a firing takes the drain, the gaps between its jobs included. */
    private static long drainCycles(int gap, Unit unit, Work work, Geometry g, int rows, int columns) {
        return switch (unit) {
            case Unit.HostIn _, Unit.HostOut _, Unit.Store _, Unit.Load _ -> 0;
            case Unit.Vector v -> Timing.drainCycles(v, g, (Work.Reduce) work, rows, columns) + gap;
            case Unit.Matrix m -> {
                var w = (Work.Multiply) work;
                int groups = w.groups();
                yield Timing.drainCycles(m.drain(), m.outputs(), rows * columns, g.outputChannels())
                        + (long) groups * gap;
            }
        };
    }
}
