package io.millrace.benchmarks;

import io.millrace.scheduler.Actor;
import io.millrace.scheduler.CostModel;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Timing;
import io.millrace.scheduler.Unit;
import io.millrace.scheduler.Work;
import io.millrace.simulator.Account;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Where the products went that all DSPs of a board could have made in the cycles of a frame and that are none of the net's: parts that add up to 1 with the efficiency.
 *
 * @param parts by cause, each at least 0
 * @param engines what each matrix engine does in the cycles of a frame
 */
public record Losses(Map<Cause, Double> parts, List<Engine> engines) {
    public Losses {
        parts = Collections.unmodifiableMap(new EnumMap<>(parts));
        engines = List.copyOf(engines);
    }

    /**
     * A matrix engine's cycles of a frame.
     *
     * @param unit that it is
     * @param reads cycles in which it reads, or waits for its own accumulators
     * @param macs products of the net that it makes in them
     * @param waits the other cycles, by cause
     * @param layers on it
     */
    public record Engine(Unit.Matrix unit, double reads, double macs, Map<Cause, Double> waits, List<Layer> layers) {
        public Engine {
            layers = List.copyOf(layers);
            waits = Collections.unmodifiableMap(new EnumMap<>(waits));
        }

        /** Part of its multipliers that have something to do while it reads. */
        public double fill() {
            return reads == 0 ? 0 : macs / (reads * unit.multipliers());
        }
    }

    /**
     * A layer on a matrix engine.
     *
     * @param macs products of a frame
     * @param reads cycles a frame in which the engine reads for it, or waits for its own accumulators
     * @param waits cycles a frame that the engine waits before or in its firings
     * @param multipliers of the engine
     */
    public record Layer(String name, double macs, double reads, double waits, int multipliers) {
        /** Products over those that its engine could make in its cycles. */
        public double efficiency() {
            return macs / ((reads + waits) * multipliers);
        }
    }

    /** What a product was lost to. */
    public enum Cause {
        /** DSPs that the design leaves out. */
        UNUSED("DSPs unused"),
        /**
         * DSPs of requantizers and of vector lanes, less the net's products that vector engines make, and matrix engines of logic: less than none where these are many.
         */
        OTHER_DSPS("requantizers and vector lanes"),
        /** DSPs of matrix engines that make one product a clock where two could be. */
        SINGLE("single products"),
        /** Multipliers of pixels beyond a row's end. */
        PIXELS("ragged pixels"),
        /** Multipliers of output channels that do not exist, or do not read the input channel of a tile. */
        CHANNELS("ragged channels"),
        /** Multipliers of lanes beyond a segment's end, or whose weights are zeros of other groups. */
        REDUCTION("ragged reduction"),
        /** Tiles too short for their accumulators. */
        REVISIT("accumulator revisits"),
        STARVED("starved"),
        BLOCKED("blocked"),
        WEIGHTS("waiting for weights"),
        DRAIN("waiting for the drain"),
        DRAM("waiting for DRAM"),
        OVERHEAD("fetching descriptors");

        private final String text;

        Cause(String text) {
            this.text = text;
        }

        /** In a table's words. */
        public String text() {
            return text;
        }
    }

    public double of(Cause cause) {
        return parts.getOrDefault(cause, 0.0);
    }

    /**
     * @param macs the net's products of a frame
     * @param peak products a cycle that count as all
     */
    static Losses of(Schedule schedule, SteadyState steady, long macs, int peak) {
        var sums = new Sums(schedule, steady);
        for (var unit : schedule.machine().units()) {
            if (unit instanceof Unit.Matrix m && m.multipliersInDsp()) {
                sums.matrix(m);
            }
        }
        return sums.over(macs, peak);
    }

    /** Adds up products of a frame. */
    private static final class Sums {
        private final Schedule schedule;
        private final SteadyState steady;
        private final EnumMap<Cause, Double> lost = new EnumMap<>(Cause.class);
        private final List<Engine> engines = new ArrayList<>();
        private long multipliers;
        private double matrixMacs;

        Sums(Schedule schedule, SteadyState steady) {
            this.schedule = schedule;
            this.steady = steady;
        }

        private void add(Cause cause, double products) {
            lost.merge(cause, products, Double::sum);
        }

        void matrix(Unit.Matrix m) {
            multipliers += m.multipliers();
            double reads = 0;
            double before = matrixMacs;
            var layers = new ArrayList<Layer>();
            for (var actor : schedule.actors()) {
                if (actor.unit() == m.id() && actor.work() instanceof Work.Multiply work) {
                    var layer = layer(m, actor, work);
                    layers.add(layer);
                    reads += layer.reads();
                }
            }
            var waits = waits(m, Math.max(0, steady.cyclesPerFrame() - reads));
            waits.forEach((cause, cycles) -> add(cause, cycles * m.multipliers()));
            engines.add(new Engine(m, reads, matrixMacs - before, waits, layers));
        }

        /** What an engine's multipliers do in the tiles of a layer. */
        private Layer layer(Unit.Matrix m, Actor actor, Work.Multiply work) {
            var g = schedule.geometry(actor);
            long clocks = 0;
            long reads = 0;
            for (int f = 0; f < g.firings(actor.rowsPerFiring()); f++) {
                int rows = g.rowsOf(f, actor.rowsPerFiring());
                for (int k = 0; k < actor.ranges(); k++) {
                    int columns = actor.range(g, k).columns();
                    clocks += (long) work.tiles() * Timing.pixelClocks(work, rows, columns);
                    reads += (long) work.tiles() * Timing.readsOfTile(work, rows, columns);
                }
            }
            double frames = actor.batch();
            double macs = CostModel.macs(schedule.node(actor));
            double all = clocks * (double) m.multipliers() / frames;
            double pixels = all
                    * g.outputColumns()
                    / ((double) Math.ceilDiv(g.outputColumns(), work.pixelsPerClock()) * m.pixels());
            // Of single channels, lanes are idle that have no output channel which reads the tile's.
            double segments = (double) Math.ceilDiv(g.kernelColumns(), m.lanes()) * m.lanes();
            double channels = work.single()
                    ? macs * segments / g.kernelColumns()
                    : pixels * g.outputChannels() / ((double) work.outputTiles() * m.outputs());
            add(Cause.PIXELS, all - pixels);
            add(Cause.CHANNELS, pixels - channels);
            add(Cause.REDUCTION, channels - macs);
            add(Cause.REVISIT, (reads - clocks) * (double) m.multipliers() / frames);
            matrixMacs += macs;
            double waits = steady.layerWaits().get(actor.id());
            return new Layer(actor.name(), macs, reads / frames, waits, m.multipliers());
        }

        /** Cycles in which an engine does not read, shared out as the simulator's account of them. */
        private Map<Cause, Double> waits(Unit.Matrix m, double cycles) {
            var account = steady.waits().get(m.id());
            double sum =
                    account.values().stream().mapToDouble(Double::doubleValue).sum();
            var waits = new EnumMap<Cause, Double>(Cause.class);
            if (sum <= 0) {
                waits.put(Cause.STARVED, cycles);
            }
            account.forEach((cause, wait) -> {
                if (wait > 0) {
                    waits.merge(cause(cause), cycles * wait / sum, Double::sum);
                }
            });
            return waits;
        }

        private static Cause cause(Account.Cause cause) {
            return switch (cause) {
                case STARVED, LINK, IDLE, BUSY -> Cause.STARVED;
                case BLOCKED -> Cause.BLOCKED;
                case WEIGHTS -> Cause.WEIGHTS;
                case DRAIN -> Cause.DRAIN;
                case DRAM -> Cause.DRAM;
                case OVERHEAD -> Cause.OVERHEAD;
            };
        }

        Losses over(long macs, int peak) {
            var target = schedule.target();
            double perDsp = target.dsp() == 0 ? 1 : (double) peak / target.dsp();
            double cycles = steady.cyclesPerFrame();
            int used = CostModel.resources(schedule.machine(), target).dsp();
            int others = otherDsps();
            add(Cause.UNUSED, (target.dsp() - used) * perDsp * cycles);
            add(Cause.OTHER_DSPS, others * perDsp * cycles - (macs - matrixMacs));
            add(Cause.SINGLE, ((used - others) * perDsp - multipliers) * cycles);
            lost.replaceAll((_, products) -> products / (cycles * peak));
            return new Losses(lost, engines);
        }

        /** DSPs that are no multipliers of matrix engines. */
        private int otherDsps() {
            int dsps = 0;
            for (var unit : schedule.machine().units()) {
                dsps += switch (unit) {
                    case Unit.Matrix m -> requantizers(m.drain());
                    case Unit.Vector v -> requantizers(v.drain()) + multipliers(v);
                    case Unit.HostIn _, Unit.HostOut _, Unit.Store _, Unit.Load _ -> 0;
                };
            }
            return dsps;
        }

        private static int multipliers(Unit.Vector v) {
            return v.features().multiplies() && v.multipliersInDsp() ? v.lanes() : 0;
        }

        private static int requantizers(Unit.Drain drain) {
            return drain.requantize() && drain.multipliersInDsp() ? drain.lanes() : 0;
        }
    }
}
