package io.millrace.scheduler.internal;

import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.Reduction;
import io.millrace.scheduler.Unit;
import java.util.ArrayList;
import java.util.List;

/**
 * R of the layers whose weights are streamed. A firing of more rows reads the weights less often and takes more row memory, so rows are given one step
 * after the other where they save most for their memory, until the engines and the DRAM port keep a number of cycles a frame.
 */
final class StreamedRows {
    /** Accumulators of a streamed engine, in pixel clocks: every row more in a firing is one time less that the weights are read. */
    static final int CLOCKS_MAX = 1024;

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

        Layer(int node, int engine, List<Step> steps) {
            this.node = node;
            this.engine = engine;
            this.steps = steps;
        }

        Step now() {
            return steps.get(at);
        }
    }

    private final MachineOptions options;
    private final double budget;
    private final List<Layer> layers = new ArrayList<>();
    /** Cycles by engine, and of the port. */
    private final double[] engineCycles;

    private double portCycles;

    private StreamedRows(QuantizedGraph graph, MachineOptions options, double budget) {
        this.options = options;
        this.budget = budget;
        var skeleton = Skeleton.of(graph, options);
        engineCycles = new double[skeleton.matrices()];
        for (var node : Skeleton.live(graph)) {
            if (!Skeleton.onMatrix(node)) {
                continue;
            }
            int engine = skeleton.engineOf().get(node.id());
            var m = (Unit.Matrix) skeleton.units().get(skeleton.matrix(engine));
            var g = Geometry.ofNode(graph, node.id());
            if (m.streamed()) {
                layers.add(new Layer(
                        node.id(), engine, steps(g, m, graph.precision().bits() / 8)));
            } else {
                engineCycles[engine] += Sizing.multiplyCycles(
                        g, options.rowsOf(node.id()), Sizing.size(m, m.weightLanes()), Sizing.pixels(g, m));
            }
        }
        for (var layer : layers) {
            engineCycles[layer.engine] += layer.now().cycles;
            portCycles += portCycles(layer.now());
        }
    }

    /** The options with R chosen for layers on streamed engines. */
    static MachineOptions choose(QuantizedGraph graph, MachineOptions options, double cycles) {
        return new StreamedRows(graph, options, cycles).run(graph);
    }

    private MachineOptions run(QuantizedGraph graph) {
        while (true) {
            Layer best = null;
            double bestWorth = 0;
            for (var layer : layers) {
                double worth = worth(layer);
                if (worth > bestWorth) {
                    best = layer;
                    bestWorth = worth;
                }
            }
            if (best == null) {
                break;
            }
            var before = best.now();
            best.at++;
            engineCycles[best.engine] += best.now().cycles - before.cycles;
            portCycles += portCycles(best.now()) - portCycles(before);
        }
        var rows = new ArrayList<Integer>();
        graph.nodes().forEach(n -> rows.add(options.rowsOf(n.id())));
        layers.forEach(l -> rows.set(l.node, l.now().rows));
        return options.withRows(rows);
    }

    /** Cycles over the budget that a layer's next step takes away, for an element of row memory. */
    private double worth(Layer layer) {
        if (layer.at + 1 == layer.steps.size()) {
            return 0;
        }
        var now = layer.now();
        var next = layer.steps.get(layer.at + 1);
        double engine =
                Math.clamp(engineCycles[layer.engine] - budget, 0, Math.max(0, (double) now.cycles - next.cycles));
        double port = Math.clamp(portCycles - budget, 0, portCycles(now) - portCycles(next));
        return (engine + port) / (next.elements - now.elements);
    }

    private double portCycles(Step step) {
        var dram = options.streams().dram();
        return step.bytes / (dram.dataBytes() * dram.efficiency());
    }

    /** R by R, as far as each makes fewer firings than the one before. */
    private List<Step> steps(Geometry g, Unit.Matrix m, int bytes) {
        int pixels = Sizing.pixels(g, m);
        int lanes =
                Math.max(1, (int) (m.weightLanes() * options.streams().dram().efficiency()));
        var size = Sizing.size(m, lanes);
        int most = Math.clamp(CLOCKS_MAX / Math.ceilDiv(g.outputColumns(), pixels), 1, g.outputRows());
        long tiles = (long) Math.ceilDiv(g.outputChannels(), m.outputs())
                * Reduction.segmentsPerTile(g, m.outputs(), m.lanes());
        var steps = new ArrayList<Step>();
        for (int r = 1; r <= most; r++) {
            int firings = g.firings(r);
            if (steps.isEmpty() || firings < g.firings(steps.getLast().rows)) {
                steps.add(new Step(
                        r,
                        Sizing.multiplyCycles(g, r, size, pixels),
                        tiles * m.outputs() * m.lanes() * bytes * firings,
                        (long) r * (g.outputRowElements() + g.rowStride() * g.inputRowElements())));
            }
        }
        return steps;
    }
}
