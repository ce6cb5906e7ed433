package io.millrace.scheduler.internal;

import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.MachineOptions.DrainSize;
import io.millrace.scheduler.MachineOptions.MatrixSize;
import io.millrace.scheduler.MachineOptions.VectorSize;
import io.millrace.scheduler.Reduction;
import io.millrace.scheduler.Timing;
import io.millrace.scheduler.Unit;
import io.millrace.scheduler.Work;
import io.millrace.scheduler.Work.TileOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;

/** Cycles of single layers on engines of given sizes, and the smallest engine for a number of cycles. */
public final class Sizing {
    /** Pixels a clock that are tried. */
    private static final List<Integer> PIXELS = List.of(1, 2, 3, 4, 6, 8);

    private Sizing() {}

    /** Clocks of reading one tile of so many columns. */
    static int tileClocks(int rows, int columns, int pixels, int outputTiles, int load, TileOrder order) {
        int clocks = rows * Math.ceilDiv(columns, pixels);
        int revisit = order == TileOrder.OUTPUTS_OUTER
                ? Timing.ACCUMULATOR_REVISIT
                : Math.ceilDiv(Timing.ACCUMULATOR_REVISIT, outputTiles);
        return Math.max(clocks, Math.max(load, revisit));
    }

    /**
     * The order with fewer cycles; outputs outside when they are equal, because then the drain runs beside the reads, and where output tiles have
     * segments of their own.
     *
     * @param outputs P
     */
    static TileOrder order(Geometry g, int rows, int columns, int pixels, int outputs, int load) {
        if (Reduction.own(g, outputs)) {
            return TileOrder.OUTPUTS_OUTER;
        }
        int outputTiles = Math.ceilDiv(g.outputChannels(), outputs);
        int outer = tileClocks(rows, columns, pixels, outputTiles, load, TileOrder.OUTPUTS_OUTER);
        int inner = tileClocks(rows, columns, pixels, outputTiles, load, TileOrder.OUTPUTS_INNER);
        return inner < outer ? TileOrder.OUTPUTS_INNER : TileOrder.OUTPUTS_OUTER;
    }

    /** Cycles a frame in which the matrix array is taken by a layer, weight loads included. */
    static long readCycles(Geometry g, int rowsPerFiring, MatrixSize size, int pixels) {
        int load = size.tileLoadCycles();
        int tiles = Math.ceilDiv(g.outputChannels(), size.outputs());
        int segments = Reduction.segmentsPerTile(g, size.outputs(), size.lanes());
        long cycles = 0;
        for (int f = 0; f < g.firings(rowsPerFiring); f++) {
            int rows = g.rowsOf(f, rowsPerFiring);
            int columns = g.outputColumns();
            var order = order(g, rows, columns, pixels, size.outputs(), load);
            cycles += (long) tiles * segments * tileClocks(rows, columns, pixels, tiles, load, order);
        }
        return cycles;
    }

    /**
     * Cycles a frame in which the drain is taken by a layer. Each group pays the gap to the next one.
     *
     * @param gap cycles between drain jobs, see {@link Timing#drainFetch}, less 1
     */
    static long drainCycles(Geometry g, int rowsPerFiring, int tileOutputs, DrainSize drain, boolean inner, int gap) {
        int full = g.outputChannels() / tileOutputs;
        int rest = g.outputChannels() % tileOutputs;
        int beats = Timing.drainBeats(drain.lanes(), tileOutputs, g.outputChannels());
        long pixels = (long) g.outputRows() * g.outputColumns();
        int groups = inner ? 1 : full + (rest > 0 ? 1 : 0);
        return pixels * beats * drain.interval() + (long) gap * groups * g.firings(rowsPerFiring);
    }

    /** Guess of {@code Timing.drainFetch} less 1. */
    static final int DRAIN_GAP = 5;

    /** Guess of the cycles from a group's last read to its first drain step. */
    static final int PIPELINE = 14;

    /**
     * Cycles a firing keeps its engine from the next: its reads, or its drain where that takes longer, or half of one group's way
     * through reads, pipeline and drain, because a third group waits for the first one's accumulators.
     *
     * @param groups drain jobs of the firing
     * @param drain cycles of all of them, gaps included
     * @param lastDrain cycles of one
     */
    static long occupancy(long reads, long groups, long drain, long lastDrain) {
        long oneGroup = Math.ceilDiv(reads, groups) + PIPELINE + lastDrain + 2;
        return Math.max(Math.max(reads, drain), groups * Math.ceilDiv(oneGroup, 2));
    }

    /** The size of an engine whose weights come {@code weightLanes} a clock. */
    static MatrixSize size(Unit.Matrix m, int weightLanes) {
        return MatrixSize.of(m).withWeightLanes(weightLanes);
    }

    /** The size of a vector engine. */
    static VectorSize size(Unit.Vector v) {
        return VectorSize.of(v);
    }

    /** Pixels of a layer that an engine computes at once. */
    static int pixels(Geometry g, Unit.Matrix m) {
        return Skeleton.hasNeighbours(g) && m.pixelSteps().contains(Skeleton.pixelStep(g)) ? m.pixels() : 1;
    }

    /** Cycles a frame of a convolution on an engine. */
    static long multiplyCycles(Geometry g, int rowsPerFiring, MatrixSize size, int pixels) {
        return multiplyCycles(
                g, rowsPerFiring, size, pixels, Reduction.segmentsPerTile(g, size.outputs(), size.lanes()));
    }

    /** The same with the segments of a tile, which are the same for all R. */
    static long multiplyCycles(Geometry g, int rowsPerFiring, MatrixSize size, int pixels, int segments) {
        int rows = Math.min(rowsPerFiring, g.outputRows());
        int rest = g.outputRows() % rows;
        int columns = g.outputColumns();
        return (long) (g.outputRows() / rows) * multiplyFiring(g, rows, columns, size, pixels, segments)
                + (rest > 0 ? multiplyFiring(g, rest, columns, size, pixels, segments) : 0);
    }

    /** Cycles that a firing of so many rows and columns keeps its engine from the next. */
    static long multiplyFiring(Geometry g, int rows, int columns, MatrixSize size, int pixels, int segments) {
        int load = size.tileLoadCycles();
        int tiles = Math.ceilDiv(g.outputChannels(), size.outputs());
        var order = order(g, rows, columns, pixels, size.outputs(), load);
        long reads = (long) tiles * segments * tileClocks(rows, columns, pixels, tiles, load, order);
        int groups = order == TileOrder.OUTPUTS_INNER ? 1 : tiles;
        int beats = Timing.drainBeats(size.drain().lanes(), size.outputs(), g.outputChannels());
        long drain = (long) rows * columns * beats * size.drain().interval();
        return occupancy(reads, groups, drain + (long) groups * DRAIN_GAP, Math.ceilDiv(drain, groups));
    }

    /**
     * Cycles a frame of a convolution that is computed an input channel at a time on an engine with slots.
     *
     * @param tiles of a firing
     * @param groups of a firing
     */
    static long slottedCycles(Geometry g, int rowsPerFiring, MatrixSize size, long tiles, int groups) {
        int rows = Math.min(rowsPerFiring, g.outputRows());
        int rest = g.outputRows() % rows;
        return (long) (g.outputRows() / rows) * slottedFiring(g, rows, size, tiles, groups)
                + (rest > 0 ? slottedFiring(g, rest, size, tiles, groups) : 0);
    }

    private static long slottedFiring(Geometry g, int rows, MatrixSize size, long tiles, int groups) {
        int clocks =
                tileClocks(rows, g.outputColumns(), size.pixels(), 1, size.tileLoadCycles(), TileOrder.OUTPUTS_OUTER);
        int beats = Timing.drainBeats(size.drain().lanes(), size.outputs(), g.outputChannels());
        long drain = (long) rows * g.outputColumns() * beats * size.drain().interval();
        return occupancy(tiles * clocks, groups, drain + (long) groups * DRAIN_GAP, Math.ceilDiv(drain, groups));
    }

    /** Cycles a frame of a layer on a vector engine. */
    static long reduceCycles(Geometry g, int rowsPerFiring, VectorSize size) {
        int rows = Math.min(rowsPerFiring, g.outputRows());
        int rest = g.outputRows() % rows;
        int pixels = Work.Reduce.pixels(g, size.lanes());
        int columns = g.outputColumns();
        return (long) (g.outputRows() / rows) * reduceFiring(g, rows, columns, size, pixels)
                + (rest > 0 ? reduceFiring(g, rest, columns, size, pixels) : 0);
    }

    /** Cycles that a firing of so many rows and columns keeps its engine from the next, so many columns at once. */
    static long reduceFiring(Geometry g, int rows, int columns, VectorSize size, int pixels) {
        int channels = g.outputChannels() * pixels;
        long positions = (long) rows * columns / pixels;
        long reads = positions * Math.ceilDiv(channels, size.lanes()) * g.taps();
        long drained = positions
                * Timing.drainBeats(size.drain().lanes(), size.lanes(), channels)
                * size.drain().interval();
        return occupancy(reads, 1, drained + DRAIN_GAP, drained);
    }

    /** Most lanes of a vector engine that a layer can keep busy at once. */
    static int usefulLanes(Geometry g) {
        return g.pixelsAdjoin() ? g.outputRowElements() : g.outputChannels();
    }

    /** Whether a layer's firings of a number of rows run with output tiles inside. */
    static boolean inner(Geometry g, int rows, MatrixSize size, int pixels) {
        int load = size.tileLoadCycles();
        return order(g, Math.min(rows, g.outputRows()), g.outputColumns(), pixels, size.outputs(), load)
                == TileOrder.OUTPUTS_INNER;
    }

    /**
     * The same vector engine with as few requantizers as keep it to a number of cycles: layers of several taps give the drain the time.
     *
     * @param cycles of the engine, by its size
     */
    static VectorSize fewestRequantizers(VectorSize size, ToLongFunction<VectorSize> cycles, long most) {
        return leastParts(size.lanes()).reversed().stream()
                .map(q -> size.withDrain(size.drain().withLanes(q)))
                .filter(v -> cycles.applyAsLong(v) <= most)
                .findFirst()
                .orElse(size);
    }

    /** Cycles a frame of reads of a layer on V lanes. */
    static long reduceReads(Geometry g, int lanes) {
        int pixels = Work.Reduce.pixels(g, lanes);
        return (long) g.outputRows()
                * (g.outputColumns() / pixels)
                * Math.ceilDiv(g.outputChannels() * pixels, lanes)
                * g.taps();
    }

    /** The matrix engine with fewest multipliers that needs at most {@code cycles}; the fastest if none does. */
    static MatrixSize smallestMatrix(Geometry g, int rowsPerFiring, int cycles) {
        MatrixSize best = null;
        long bestCycles = Long.MAX_VALUE;
        for (var size : candidates(g, rowsPerFiring)) {
            long needed = readCycles(g, rowsPerFiring, size, size.pixels());
            boolean fits = needed <= cycles;
            boolean bestFits = bestCycles <= cycles;
            boolean better = best == null
                    || (fits != bestFits ? fits : fits ? cheaper(size, needed, best, bestCycles) : needed < bestCycles);
            if (better) {
                best = size;
                bestCycles = needed;
            }
        }
        if (best == null) {
            throw new IllegalStateException("a layer has at least one engine size");
        }
        return withDrainFor(g, rowsPerFiring, best, Math.max(cycles, bestCycles));
    }

    private static boolean cheaper(MatrixSize a, long aCycles, MatrixSize b, long bCycles) {
        return a.multipliers() != b.multipliers() ? a.multipliers() < b.multipliers() : aCycles < bCycles;
    }

    /** The engine with as few requantizer lanes as the cycles allow. */
    static MatrixSize withDrainFor(Geometry g, int rowsPerFiring, MatrixSize size, long cycles) {
        boolean inner = inner(g, rowsPerFiring, size, size.pixels());
        for (int q = 1; q < size.outputs(); q++) {
            var drain = DrainSize.of(q);
            if (drainCycles(g, rowsPerFiring, size.outputs(), drain, inner, 4) <= cycles) {
                return size.withDrain(drain);
            }
        }
        return size.withDrain(DrainSize.of(size.outputs()));
    }

    /** The vector engine with fewest lanes that needs at most {@code cycles}; as many as it can use if none does. */
    static VectorSize smallestVector(Geometry g, int cycles) {
        int most = usefulLanes(g);
        for (int lanes = 1; lanes < most; lanes++) {
            if (reduceReads(g, lanes) <= cycles) {
                return VectorSize.of(lanes);
            }
        }
        return VectorSize.of(most);
    }

    /** Engine sizes that waste nothing obvious for a layer: P and S are the least for their number of tiles and segments. */
    static List<MatrixSize> candidates(Geometry g, int rowsPerFiring) {
        var sizes = new ArrayList<MatrixSize>();
        int clocksPerRow = g.outputColumns();
        for (int p : leastParts(g.outputChannels())) {
            for (int s : leastParts(Reduction.runElements(g))) {
                for (int x : PIXELS) {
                    if (x > 1 && x > clocksPerRow) {
                        break;
                    }
                    int rows = Math.min(rowsPerFiring, g.outputRows());
                    int clocks = rows * Math.ceilDiv(clocksPerRow, x);
                    int weightLanes = Math.ceilDiv(p * s, Math.min(p * s, clocks));
                    sizes.add(MatrixSize.of(p, s, x, 1, weightLanes));
                }
            }
        }
        return sizes;
    }

    /** For every number of parts the least part size that cuts {@code n} into it: {@code ceil(n / k)}, descending. */
    static List<Integer> leastParts(int n) {
        var parts = new ArrayList<Integer>();
        for (int k = 1; k <= n; k++) {
            int part = Math.ceilDiv(n, k);
            if (parts.isEmpty() || parts.getLast() != part) {
                parts.add(part);
            }
        }
        return parts;
    }

    /** The tile order an actor's work has. */
    static boolean isInner(Work.Multiply work) {
        return work.order() == TileOrder.OUTPUTS_INNER;
    }
}
