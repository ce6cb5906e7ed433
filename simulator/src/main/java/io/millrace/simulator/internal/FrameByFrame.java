package io.millrace.simulator.internal;

import io.millrace.scheduler.Actor;
import io.millrace.scheduler.Work;
import io.millrace.simulator.SimulationOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Computes whole maps, frames or rows of a layer in parallel, for runs in which every firing finds the rows it means to read. */
final class FrameByFrame {
    private final CompiledSchedule p;
    private final ValueLayers layers;

    FrameByFrame(CompiledSchedule program, ValueLayers layers) {
        p = program;
        this.layers = layers;
    }

    /** Frames in parallel; where there are fewer than threads, one after the other, and rows of each layer in parallel. */
    List<List<short[]>> run(SimulationOptions options, FrameSink sink) {
        var outputs = new ArrayList<List<short[]>>();
        if (options.threads() == 1) {
            var worker = new Worker(options);
            for (int f = 0; f < options.frames(); f++) {
                take(f, worker.maps(f), outputs, sink);
            }
            return outputs;
        }
        try (ExecutorService pool = Executors.newFixedThreadPool(options.threads())) {
            if (options.frames() < options.threads()) {
                oneByOne(options, pool, outputs, sink);
            } else {
                inBlocks(options, pool, options.threads(), outputs, sink);
            }
        }
        return outputs;
    }

    private void oneByOne(
            SimulationOptions options, ExecutorService pool, List<List<short[]>> outputs, FrameSink sink) {
        var worker = new Worker(options, pool);
        for (int f = 0; f < options.frames(); f++) {
            take(f, worker.maps(f), outputs, sink);
        }
    }

    /** Each thread computes its share of a block of frames; the caller takes the block in order. */
    private void inBlocks(
            SimulationOptions options, ExecutorService pool, int threads, List<List<short[]>> outputs, FrameSink sink) {
        int share = 16;
        var workers = new ArrayList<Worker>();
        for (int t = 0; t < threads; t++) {
            workers.add(new Worker(options));
        }
        for (int from = 0; from < options.frames(); from += threads * share) {
            var parts = new ArrayList<Future<short[][][]>>();
            for (int t = 0; t < threads; t++) {
                var worker = workers.get(t);
                int first = Math.min(options.frames(), from + t * share);
                int end = Math.min(options.frames(), first + share);
                parts.add(pool.submit(() -> worker.maps(first, end)));
            }
            int f = from;
            for (var part : parts) {
                for (var maps : finished(part)) {
                    take(f++, maps, outputs, sink);
                }
            }
        }
    }

    private static <T> T finished(Future<T> part) {
        try {
            return part.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while values are computed", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("a layer's values could not be computed", e.getCause());
        }
    }

    private void take(int frame, short[][] maps, List<List<short[]>> outputs, FrameSink sink) {
        outputs.add(results(p, maps));
        sink.frame(frame, maps);
    }

    /** The maps that senders send, in the order of the graph's outputs. */
    static List<short[]> results(CompiledSchedule p, short[][] maps) {
        var results = new short[p.schedule.graph().outputs().size()][];
        for (var a : p.schedule.actors()) {
            if (a.work() instanceof Work.Send send) {
                results[send.output()] = maps[a.id()].clone();
            }
        }
        return List.of(results);
    }

    /** Computes frames; the working memory of one thread, or of several that share the rows of each layer. */
    private final class Worker {
        private final SimulationOptions options;
        private final Optional<ExecutorService> pool;
        /** By thread and actor. */
        private final Object[][] scratch;

        Worker(SimulationOptions options) {
            this(options, Optional.empty(), 1);
        }

        Worker(SimulationOptions options, ExecutorService pool) {
            this(options, Optional.of(pool), options.threads());
        }

        private Worker(SimulationOptions options, Optional<ExecutorService> pool, int threads) {
            this.options = options;
            this.pool = pool;
            scratch = new Object[threads][p.actors];
            for (var ofThread : scratch) {
                for (int a = 0; a < p.actors; a++) {
                    ofThread[a] = layers.of(a).isPresent() ? layers.of(a).get().scratch() : this;
                }
            }
        }

        short[][][] maps(int from, int to) {
            var all = new short[to - from][][];
            for (int f = from; f < to; f++) {
                all[f - from] = maps(f);
            }
            return all;
        }

        short[][] maps(int frame) {
            var maps = new short[p.actors][];
            for (var a : layers.order()) {
                maps[a.id()] = map(a, frame, maps);
            }
            return maps;
        }

        private short[] map(Actor a, int frame, short[][] maps) {
            if (a.work() instanceof Work.Receive receive) {
                return options.inputs().get(frame).get(receive.input());
            }
            if (layers.of(a.id()).isEmpty()) {
                return maps[p.schedule.edge(a.inputs().getFirst()).producer()];
            }
            var layer = layers.of(a.id()).get();
            var g = layer.geometry();
            var in = new ArrayList<RowSource>();
            for (int e : a.inputs()) {
                var edge = p.schedule.edge(e);
                in.add(new RowSource.WholeMap(maps[edge.producer()], edge.rowPitch()));
            }
            var out = new short[g.outputRows() * g.outputRowElements()];
            rows(layer, a.id(), in, out);
            return out;
        }

        /** All rows of a layer, each thread neighbouring ones. */
        private void rows(Layer layer, int actor, List<RowSource> in, short[] out) {
            int rows = layer.geometry().outputRows();
            int elements = layer.geometry().outputRowElements();
            int parts = Math.min(rows, scratch.length);
            if (parts == 1 || pool.isEmpty()) {
                layer.rows(in, 0, rows, out, 0, scratch[0][actor]);
                return;
            }
            var done = new ArrayList<Future<?>>();
            for (int k = 0; k < parts; k++) {
                int from = (int) ((long) rows * k / parts);
                int to = (int) ((long) rows * (k + 1) / parts);
                var own = scratch[k][actor];
                done.add(pool.get().submit(() -> layer.rows(in, from, to, out, from * elements, own)));
            }
            done.forEach(FrameByFrame::finished);
        }
    }
}
