package io.millrace.simulator.internal;

import io.millrace.scheduler.Actor;
import io.millrace.scheduler.Work;
import io.millrace.simulator.SimulationOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Computes whole maps, frames in parallel, for runs in which every firing finds the rows it means to read. */
final class FrameByFrame {
    private final CompiledSchedule p;
    private final ValueLayers layers;

    FrameByFrame(CompiledSchedule program, ValueLayers layers) {
        p = program;
        this.layers = layers;
    }

    List<List<short[]>> run(SimulationOptions options, FrameSink sink) {
        int threads = Math.min(options.threads(), options.frames());
        var outputs = new ArrayList<List<short[]>>();
        if (threads == 1) {
            var worker = new Worker(options);
            for (int f = 0; f < options.frames(); f++) {
                take(f, worker.maps(f), outputs, sink);
            }
            return outputs;
        }
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            inBlocks(options, pool, threads, outputs, sink);
        }
        return outputs;
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

    private static short[][][] finished(Future<short[][][]> part) {
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

    /** The working memory of one thread. */
    private final class Worker {
        private final SimulationOptions options;
        private final Object[] scratch = new Object[p.actors];

        Worker(SimulationOptions options) {
            this.options = options;
            for (int a = 0; a < p.actors; a++) {
                scratch[a] = layers.of(a).isPresent() ? layers.of(a).get().scratch() : this;
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
            layer.rows(in, 0, g.outputRows(), out, 0, scratch[a.id()]);
            return out;
        }
    }
}
