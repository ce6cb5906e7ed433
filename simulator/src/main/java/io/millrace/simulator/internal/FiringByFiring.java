package io.millrace.simulator.internal;

import io.millrace.scheduler.Actor;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.Work;
import io.millrace.simulator.SimulationOptions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Computes firings in the order of their start, each from the rows that lie in the slots at that time. Slots that were
 * never written, and rows of frames that have no input codes, read as 0.
 */
final class FiringByFiring {
    /**
     * One firing of a frame asked for, or its part of a firing for several.
     *
     * @param entry of the list
     */
    private record Firing(Actor actor, int entry, int frame, int from, int rows, long start) {}

    private final CompiledSchedule p;
    private final ValueLayers layers;
    private final RowTimes[] times;

    FiringByFiring(CompiledSchedule program, ValueLayers layers, RowTimes[] times) {
        p = program;
        this.layers = layers;
        this.times = times;
    }

    List<List<short[]>> run(TimingEngine engine, SimulationOptions options, FrameSink sink) {
        var scratch = new Object[p.actors];
        var maps = new short[options.frames()][p.actors][];
        for (var a : layers.order()) {
            var g = p.schedule.frameGeometry(a);
            scratch[a.id()] =
                    layers.of(a.id()).isPresent() ? layers.of(a.id()).get().scratch() : this;
            for (int f = 0; f < options.frames(); f++) {
                maps[f][a.id()] = a.work() instanceof Work.Receive receive
                        ? options.inputs().get(f).get(receive.input())
                        : new short[g.outputRows() * g.outputRowElements()];
            }
        }
        for (var firing : firings(engine, options.frames())) {
            if (!(firing.actor().work() instanceof Work.Receive)) {
                compute(firing, maps, scratch[firing.actor().id()]);
            }
        }
        var outputs = new ArrayList<List<short[]>>();
        for (int f = 0; f < maps.length; f++) {
            outputs.add(FrameByFrame.results(p, maps[f]));
            sink.frame(f, maps[f]);
        }
        return outputs;
    }

    private List<Firing> firings(TimingEngine engine, int frames) {
        var all = new ArrayList<Firing>();
        var rows = new int[p.actors];
        for (int u = 0; u < p.units; u++) {
            var firings = engine.firings(u);
            for (long i = 0; i < firings.size(); i++) {
                int e = firings.entry(i);
                var a = p.actorOf(e);
                int from = rows[a.id()] % p.schedule.frameGeometry(a).outputRows();
                rows[a.id()] += p.commits[e];
                for (int k = 0; k < a.batch(); k++) {
                    int frame = firings.frame(i) * a.batch() + k;
                    if (frame < frames) {
                        all.add(new Firing(a, e, frame, from, p.rows[e] / a.batch(), firings.start(i)));
                    }
                }
            }
        }
        all.sort(Comparator.comparingLong(Firing::start)
                .thenComparingInt(f -> f.actor().unit()));
        return all;
    }

    private void compute(Firing firing, short[][][] maps, Object scratch) {
        var a = firing.actor();
        var g = p.schedule.frameGeometry(a);
        short[] out = maps[firing.frame()][a.id()];
        int at = firing.from() * g.outputRowElements();
        if (layers.of(a.id()).isPresent()) {
            var in = new ArrayList<RowSource>();
            for (int k = 0; k < a.inputs().size(); k++) {
                in.add(new RowSource.Bound(bound(firing, g, k, maps)));
            }
            var rows = new short[firing.rows() * g.outputRowElements()];
            layers.of(a.id()).get().rows(in, firing.from(), firing.from() + firing.rows(), rows, 0, scratch);
            keepColumns(firing, g, rows, out);
            return;
        }
        int elements = g.outputRowElements();
        var bound = bound(firing, g, 0, maps);
        for (int r = 0; r < firing.rows(); r++) {
            System.arraycopy(bound[firing.from() + r], 0, out, at + r * elements, elements);
        }
    }

    /** Of rows computed as a whole, the columns that the firing computes. */
    private void keepColumns(Firing firing, Geometry g, short[] rows, short[] out) {
        int elements = g.outputRowElements();
        int first = p.firstColumn[firing.entry()] * g.outputChannels();
        int count = p.columns[firing.entry()] * g.outputChannels();
        for (int r = 0; r < firing.rows(); r++) {
            System.arraycopy(rows, r * elements + first, out, (firing.from() + r) * elements + first, count);
        }
    }

    /** The rows that a firing finds in the slots of an input's edge, by their index in the frame. */
    private short[][] bound(Firing firing, Geometry g, int input, short[][][] maps) {
        var edge = p.schedule.edge(firing.actor().inputs().get(input));
        int rows = g.rowsOfInput(input);
        boolean single = g.single().get(input);
        int pitch = p.schedule.geometry(p.schedule.actor(edge.producer())).outputRowElements();
        var bound = new short[rows][];
        int top = single ? 0 : g.topRow(firing.from());
        int bottom = single ? 1 : g.topRow(firing.from() + firing.rows() - 1) + g.rowExtent();
        for (int r = Math.max(0, top); r < Math.min(bottom, rows); r++) {
            int found = times[edge.producer()].found(firing.frame() * rows + r, edge.slots(), firing.start());
            bound[r] = new short[pitch];
            if (found >= 0 && found / rows < maps.length) {
                short[] map = maps[found / rows][edge.producer()];
                System.arraycopy(map, found % rows * pitch, bound[r], 0, pitch);
            }
        }
        return bound;
    }
}
