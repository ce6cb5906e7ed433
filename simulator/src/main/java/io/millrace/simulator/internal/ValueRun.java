package io.millrace.simulator.internal;

import io.millrace.ir.Diagnostic;
import io.millrace.scheduler.Actor;
import io.millrace.scheduler.Edge;
import io.millrace.simulator.RowListener;
import io.millrace.simulator.SimulationOptions;
import java.util.ArrayList;
import java.util.List;

/**
 * The codes of a run, computed after its cycles, which do not depend on them.
 *
 * <p>First every firing's reads are held against the buffers as they stood: row {@code g} of an edge (counted over all
 * frames) lies in slot {@code g mod slots} from its commit until the machine begins to write row {@code g + slots}.
 * When each firing finds the rows it means to read, frames do not depend on each other and whole maps are computed,
 * frames in parallel. When one does not, everything is computed firing by firing, each from the rows that really lay in
 * the slots, so a wrong slot, need or free count gives the wrong codes that it gives in hardware (to the row: rows that
 * are overwritten while they are read count as the old ones).
 */
public final class ValueRun {
    private static final int HAZARDS_TOLD = 20;

    private final CompiledSchedule p;
    private final SimulationOptions options;
    private final ValueLayers layers;
    private final List<Diagnostic> hazards = new ArrayList<>();
    private List<List<short[]>> outputs = List.of();

    public ValueRun(CompiledSchedule program, ValueLayers layers, SimulationOptions options) {
        p = program;
        this.layers = layers;
        this.options = options;
        InputCheck.requireFit(p.schedule.graph(), options.inputs());
    }

    public List<List<short[]>> outputs() {
        return outputs;
    }

    public List<Diagnostic> hazards() {
        return hazards;
    }

    /** Computes the codes of a finished run. */
    public void run(TimingEngine engine) {
        var times = new RowTimes[p.actors];
        for (var a : p.schedule.actors()) {
            times[a.id()] = RowTimes.of(p, engine.firings(a.unit()), a.id());
        }
        boolean inPlace = true;
        for (var a : p.schedule.actors()) {
            for (int k = 0; k < a.inputs().size(); k++) {
                inPlace &= readsInPlace(a, k, engine.firings(a.unit()), times);
            }
        }
        if (inPlace) {
            outputs = new FrameByFrame(p, layers).run(options, (f, maps) -> tell(f, maps, times));
        } else {
            outputs = new FiringByFiring(p, layers, times).run(engine, options, (f, maps) -> tell(f, maps, times));
        }
    }

    private boolean readsInPlace(Actor a, int input, UnitFirings firings, RowTimes[] times) {
        var edge = p.schedule.edge(a.inputs().get(input));
        var g = p.schedule.geometry(a);
        boolean all = true;
        int row = 0;
        for (long i = 0; i < firings.size(); i++) {
            int e = firings.entry(i);
            if (p.actor[e] != a.id()) {
                continue;
            }
            int rows = p.rows[e];
            int frame = firings.frame(i);
            int from = row % g.outputRows();
            row += p.commits[e];
            boolean single = g.single().get(input);
            int first = single ? 0 : Reach.first(g, from);
            int last = single ? 0 : Reach.last(g, from + rows - 1);
            if ((long) frame * a.batch() >= options.frames() || first > last) {
                continue;
            }
            int before = frame * g.rowsOfInput(input);
            var t = times[edge.producer()];
            if (!t.inPlace(before + first, before + last, edge.slots(), firings.start(i), firings.readEnd(i))) {
                all = false;
                hazard(a, edge, firings, i, first, last);
            }
        }
        return all;
    }

    private void hazard(Actor a, Edge edge, UnitFirings firings, long i, int first, int last) {
        if (hazards.size() < HAZARDS_TOLD) {
            hazards.add(new Diagnostic(
                    "SIM-0005",
                    p.schedule.node(a).source(),
                    "'" + a.name() + "' reads rows " + first + " to " + last + " in cycles " + firings.start(i) + " to "
                            + firings.readEnd(i) + " (frame " + firings.frame(i) + ", firing " + firings.firing(i)
                            + "), which are not all in their slots of edge "
                            + edge.id()
                            + " at that time",
                    "compile the model again: need, free or slots of this edge do not fit the layer"));
        }
    }

    /** Tells the listener the rows of a frame. */
    private void tell(int frame, short[][] maps, RowTimes[] times) {
        RowListener listener = options.listener().orElse(null);
        if (listener == null) {
            return;
        }
        for (var a : layers.order()) {
            var g = p.schedule.frameGeometry(a);
            for (int edge : a.outputs()) {
                for (int r = 0; r < g.outputRows(); r++) {
                    int at = r * g.outputRowElements();
                    listener.row(
                            edge,
                            a.id(),
                            frame,
                            r,
                            times[a.id()].commit(frame * g.outputRows() + r),
                            java.util.Arrays.copyOfRange(maps[a.id()], at, at + g.outputRowElements()));
                }
            }
        }
    }
}
