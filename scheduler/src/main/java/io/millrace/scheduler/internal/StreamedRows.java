package io.millrace.scheduler.internal;

import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.Reduction;
import io.millrace.scheduler.Unit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntToLongFunction;
import java.util.function.Predicate;

/**
 * R of all layers where weights are streamed. A firing of more rows reads streamed weights less often, or pays once more seldom for what every firing costs, and takes
 * more row memory; so rows are given one step after the other where they save most for their memory, until the engines and the DRAM port keep a number of cycles
 * a frame.
 */
final class StreamedRows {
    /** Accumulators of a streamed engine, in pixel clocks: every row more in a firing is one time less that the weights are read. */
    private static final int CLOCKS_MAX = 1024;

    /** Of the cycles of a frame, what the port may be busy: engines that want weights at once wait for each other, and longer the busier it is. */
    static final double PORT_PART = 0.75;

    /** Most rows of a firing that reads no weights from DRAM. */
    private static final int ROWS_MAX = 8;

    /** Most steps that are taken before it is seen whether they fit. */
    private static final int STEPS_TOGETHER = 64;

    /**
     * One way to run a layer.
     *
     * @param cycles a frame on its engine
     * @param bytes of weights a frame
     * @param elements of rows that its firings write and read at once
     */
    private record Step(int rows, long cycles, long bytes, long elements) {}

    /** A layer with its steps, from fewest rows on, and the one it has. */
    private static final class Layer {
        final int node;
        final int engine;
        final List<Step> steps;
        int at;
        /** Whether a firing of more rows does not fit. */
        boolean full;

        Layer(int node, int engine, List<Step> steps) {
            this.node = node;
            this.engine = engine;
            this.steps = steps;
        }

        Step now() {
            return steps.get(at);
        }

        /** The first step of no fewer rows. */
        void startWith(int rows) {
            while (at + 1 < steps.size() && now().rows < rows) {
                at++;
            }
        }
    }

    private final MachineOptions options;
    private final double budget;
    private final double portPart;
    private final List<Layer> layers = new ArrayList<>();
    /** Cycles by engine, and of the port. */
    private final double[] engineCycles;

    private double portCycles;

    private StreamedRows(QuantizedGraph graph, MachineOptions options, double budget, double portPart) {
        this.options = options;
        this.budget = budget;
        this.portPart = portPart;
        var skeleton = Skeleton.of(graph, options);
        engineCycles = new double[skeleton.units().size()];
        int bytes = graph.precision().bits() / 8;
        for (var node : Skeleton.live(graph)) {
            boolean matrix = Skeleton.onMatrix(node);
            if (!matrix && !Skeleton.onVector(node)) {
                continue;
            }
            int engine = skeleton.engineOf().get(node.id());
            int unit = matrix ? skeleton.matrix(engine) : skeleton.vector(engine);
            var g = Geometry.ofNode(graph, node.id());
            var steps = switch (skeleton.units().get(unit)) {
                case Unit.Matrix m when options.batch() > 1 && g.batches() -> together(g, m, bytes);
                // What it takes there is not a matter of its rows.
                case Unit.Matrix m when m.hasSlots() -> List.of(new Step(options.rowsOf(node.id()), 0, 0, 0));
                case Unit.Matrix m -> m.streamed() ? streamed(g, m, bytes) : resident(g, m);
                case Unit.Vector v -> pooled(g, v);
                case Unit.HostIn _, Unit.HostOut _, Unit.Store _, Unit.Load _ ->
                    throw new IllegalStateException(node.name() + " is on a host unit");
            };
            layers.add(new Layer(node.id(), unit, steps));
        }
    }

    /** The options with R chosen. */
    static MachineOptions choose(QuantizedGraph graph, MachineOptions options, double cycles) {
        return new StreamedRows(graph, options, cycles, PORT_PART).run(graph, _ -> true);
    }

    /**
     * The options with R made larger, a layer after the other, as long as machines of such options fit.
     *
     * @param portPart of the cycles of a frame, what weights may keep the port busy
     */
    static MachineOptions grown(
            QuantizedGraph graph,
            MachineOptions options,
            double cycles,
            double portPart,
            Predicate<MachineOptions> fits) {
        var rows = new StreamedRows(graph, options, cycles, portPart);
        rows.layers.forEach(l -> l.startWith(options.rowsOf(l.node)));
        return rows.run(graph, fits);
    }

    private MachineOptions run(QuantizedGraph graph, Predicate<MachineOptions> fits) {
        for (var layer : layers) {
            engineCycles[layer.engine] += layer.now().cycles;
            portCycles += portCycles(layer.now());
        }
        var chosen = withRows(graph);
        // Where many steps at once fit, so does each; where they do not, half of them may.
        int together = STEPS_TOGETHER;
        while (true) {
            var taken = new ArrayList<Layer>();
            for (var next = worthiest(); next.isPresent() && taken.size() < together; next = worthiest()) {
                move(next.get(), 1);
                taken.add(next.get());
            }
            if (taken.isEmpty()) {
                return chosen;
            }
            var larger = withRows(graph);
            if (fits.test(larger)) {
                chosen = larger;
                together = Math.min(2 * together, STEPS_TOGETHER);
                continue;
            }
            taken.reversed().forEach(layer -> move(layer, -1));
            if (taken.size() == 1) {
                taken.getFirst().full = true;
            }
            together = Math.max(1, taken.size() / 2);
        }
    }

    /** The layer whose next step takes away most cycles over the budget for an element of row memory, if one does. */
    private Optional<Layer> worthiest() {
        Layer best = null;
        double bestWorth = 0;
        for (var layer : layers) {
            double worth = worth(layer);
            if (worth > bestWorth) {
                best = layer;
                bestWorth = worth;
            }
        }
        return Optional.ofNullable(best);
    }

    private void move(Layer layer, int steps) {
        var before = layer.now();
        layer.at += steps;
        engineCycles[layer.engine] += layer.now().cycles - before.cycles;
        portCycles += portCycles(layer.now()) - portCycles(before);
    }

    private MachineOptions withRows(QuantizedGraph graph) {
        var rows = new ArrayList<Integer>();
        graph.nodes().forEach(n -> rows.add(options.rowsOf(n.id())));
        layers.forEach(l -> rows.set(l.node, l.now().rows));
        return options.withRows(rows);
    }

    /** Cycles over the budget that a layer's next step takes away, for an element of row memory. */
    private double worth(Layer layer) {
        if (layer.full || layer.at + 1 == layer.steps.size()) {
            return 0;
        }
        var now = layer.now();
        var next = layer.steps.get(layer.at + 1);
        double engine =
                Math.clamp(engineCycles[layer.engine] - budget, 0, Math.max(0, (double) now.cycles - next.cycles));
        double port = Math.clamp(portCycles - portPart * budget, 0, portCycles(now) - portCycles(next));
        return (engine + port) / (next.elements - now.elements);
    }

    private double portCycles(Step step) {
        var dram = options.streams().dram();
        return step.bytes / (dram.dataBytes() * dram.efficiency());
    }

    /** The one way to run a layer whose firings are those of all frames of a batch: its share of a firing. */
    private List<Step> together(Geometry g, Unit.Matrix m, int bytes) {
        int frames = options.batch();
        var size = Sizing.size(m, m.streamed() ? streamedLanes(m) : m.weightLanes());
        int segments = Reduction.segmentsPerTile(g, m.outputs(), m.lanes());
        long cycles = Sizing.multiplyCycles(g.batched(frames), frames, size, Sizing.pixels(g, m), segments);
        long read = m.streamed() ? weights(g, m, segments) * bytes / frames : 0;
        return List.of(new Step(1, Math.ceilDiv(cycles, frames), read, 0));
    }

    /** Weights that come in a clock, gaps and refreshes of the DRAM averaged. */
    private int streamedLanes(Unit.Matrix m) {
        return m.weightsPerCycle(options.streams().dram().efficiency());
    }

    /** Weights that a firing reads. */
    private static long weights(Geometry g, Unit.Matrix m, int segments) {
        return (long) Math.ceilDiv(g.outputChannels(), m.outputs()) * segments * m.outputs() * m.lanes();
    }

    private static List<Step> pooled(Geometry g, Unit.Vector v) {
        var size = Sizing.size(v);
        return steps(g, ROWS_MAX, r -> Sizing.reduceCycles(g, r, size), 0);
    }

    private static List<Step> resident(Geometry g, Unit.Matrix m) {
        var size = Sizing.size(m, m.weightLanes());
        int pixels = Sizing.pixels(g, m);
        int segments = Reduction.segmentsPerTile(g, m.outputs(), m.lanes());
        return steps(g, ROWS_MAX, r -> Sizing.multiplyCycles(g, r, size, pixels, segments), 0);
    }

    /** Most rows of a firing of a streamed layer. */
    static int rowsMost(Geometry g, int pixels) {
        return Math.clamp(CLOCKS_MAX / Math.ceilDiv(g.outputColumns(), pixels), 1, g.outputRows());
    }

    private List<Step> streamed(Geometry g, Unit.Matrix m, int bytes) {
        int pixels = Sizing.pixels(g, m);
        var size = Sizing.size(m, streamedLanes(m));
        int most = rowsMost(g, pixels);
        int segments = Reduction.segmentsPerTile(g, m.outputs(), m.lanes());
        return steps(
                g, most, r -> Sizing.multiplyCycles(g, r, size, pixels, segments), weights(g, m, segments) * bytes);
    }

    /**
     * R by R, as far as each makes fewer firings than the one before.
     *
     * @param most largest R
     * @param cycles a frame, by R
     * @param bytes that each firing reads from DRAM
     */
    private static List<Step> steps(Geometry g, int most, IntToLongFunction cycles, long bytes) {
        var steps = new ArrayList<Step>();
        for (int r = 1; r <= Math.min(most, g.outputRows()); r++) {
            int firings = g.firings(r);
            if (steps.isEmpty() || firings < g.firings(steps.getLast().rows)) {
                long elements = (long) r * (g.outputRowElements() + g.rowStride() * g.inputRowElements());
                steps.add(new Step(r, cycles.applyAsLong(r), bytes * firings, elements));
            }
        }
        return steps;
    }
}
