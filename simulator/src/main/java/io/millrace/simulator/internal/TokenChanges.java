package io.millrace.simulator.internal;

import io.millrace.scheduler.Timing;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The token counters of all edges over a run. */
public final class TokenChanges {
    /** New values of an edge's counters, visible from {@code cycle} on. */
    public record Change(long cycle, int edge, int available, int occupied) {}

    private TokenChanges() {}

    /**
     * Every change of a counter up to a cycle, by cycle and then edge; changes of one edge in one cycle are one. Both
     * counters are 0 before the first.
     */
    public static List<Change> of(CompiledSchedule p, TimingEngine engine, long lastCycle) {
        var deltas = new ArrayList<Change>();
        for (int u = 0; u < p.units; u++) {
            var f = engine.firings(u);
            for (long i = 0; i < f.size() && f.start(i) <= lastCycle; i++) {
                int e = f.entry(i);
                for (int k = p.inputFrom[e]; k < p.inputFrom[e + 1]; k++) {
                    deltas.add(new Change(f.start(i), p.inputEdge[k], -p.free[k], 0));
                    deltas.add(new Change(f.readEnd(i) + Timing.FREE, p.inputEdge[k], 0, -p.free[k]));
                }
                int a = p.actor[e];
                for (int k = p.outputFrom[a]; k < p.outputFrom[a + 1]; k++) {
                    deltas.add(new Change(f.start(i), p.outputEdge[k], 0, p.reserves[e]));
                    deltas.add(new Change(f.end(i), p.outputEdge[k], p.commits[e], 0));
                }
            }
        }
        deltas.removeIf(d -> d.cycle() > lastCycle || (d.available() == 0 && d.occupied() == 0));
        deltas.sort(Comparator.comparingLong(Change::cycle).thenComparingInt(Change::edge));
        return sums(deltas, p.edges);
    }

    private static List<Change> sums(List<Change> deltas, int edges) {
        int[] available = new int[edges];
        int[] occupied = new int[edges];
        var changes = new ArrayList<Change>();
        for (int i = 0; i < deltas.size(); i++) {
            var d = deltas.get(i);
            available[d.edge()] += d.available();
            occupied[d.edge()] += d.occupied();
            boolean last = i + 1 == deltas.size()
                    || deltas.get(i + 1).cycle() != d.cycle()
                    || deltas.get(i + 1).edge() != d.edge();
            if (last) {
                changes.add(new Change(d.cycle(), d.edge(), available[d.edge()], occupied[d.edge()]));
            }
        }
        return changes;
    }
}
