package io.millrace.simulator.internal;

import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import java.util.ArrayList;
import java.util.List;

/** Says what units wait for when a run cannot go on. */
final class Waiting {
    private Waiting() {}

    /** No unit can fire: one {@code SIM-0001} for each waiting unit. */
    static CompileException deadlock(TimingEngine t) {
        var found = new ArrayList<Diagnostic>();
        for (int u = 0; u < t.p.units; u++) {
            if (t.waitsFor[u] != TimingEngine.RUNNING) {
                found.add(waits(t, u));
            }
        }
        if (found.isEmpty()) {
            found.add(new Diagnostic(
                    "SIM-0001",
                    SourceRef.file(t.p.schedule.graph().name()),
                    "no unit has anything to fire",
                    "compile the model again: every firing list is empty"));
        }
        return new CompileException(6, found);
    }

    private static Diagnostic waits(TimingEngine t, int u) {
        var schedule = t.p.schedule;
        int id = t.waitsFor[u] / 2;
        boolean forRows = t.waitsFor[u] % 2 == 0;
        var edge = schedule.edge(id);
        int e = t.entry[u];
        var actor = t.p.actorOf(e);
        long available = t.committed[id] - t.claimed[id];
        long occupied = t.reserved[id] - t.freed[id];
        long wanted = forRows ? t.waitTarget[u] - t.claimed[id] : t.p.reserves[e];
        String what = forRows
                ? "'" + actor.name() + "' needs " + wanted + " rows of '"
                        + schedule.actor(edge.producer()).name() + "'"
                : "'" + actor.name() + "' needs space for " + wanted + " rows to '"
                        + schedule.actor(edge.consumer()).name() + "'";
        return new Diagnostic(
                "SIM-0001",
                schedule.node(actor).source(),
                "the machine stands still: unit '" + schedule.machine().unit(u).name() + "' waits for ever from cycle "
                        + (t.endPrev[u] + 1) + ", where " + what + " on edge " + id + " (available " + available
                        + ", occupied " + occupied + " of " + edge.slots() + " slots; frame " + t.frame[actor.id()]
                        + ", firing " + t.firing[actor.id()] + "; nothing happens after cycle " + lastEvent(t) + ")",
                forRows
                        ? "give the buffers before '" + actor.name() + "' more slots, or reorder the firing lists"
                        : "give edge " + id + " more than " + edge.slots() + " slots, or reorder the firing lists");
    }

    private static long lastEvent(TimingEngine t) {
        long last = 0;
        for (long[] column : List.of(t.endPrev, t.commitCycle, t.freeCycle)) {
            for (long cycle : column) {
                last = Math.max(last, cycle);
            }
        }
        for (var queue : t.sends) {
            last = Math.max(last, queue.lastPop());
        }
        return last;
    }

    static CompileException firingLimit(TimingEngine t, long limit, long cycle) {
        return new CompileException(
                9,
                new Diagnostic(
                        "SIM-0002",
                        SourceRef.file(t.p.schedule.graph().name()),
                        "the run was given up after " + limit + " firings, in cycle " + cycle + ", with "
                                + t.framesDone() + " of " + t.framesWanted() + " frames done",
                        "ask for fewer frames or raise the limit of firings"));
    }
}
