package io.millrace.scheduler.internal.verify;

import io.millrace.scheduler.Edge;
import io.millrace.scheduler.ProgramLayout;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Unit;

/** SCH-0905: buffers lie inside their memories, apart from each other where that is not shared, with the pitch of the rows in them. */
public final class Memories {
    private static final String CODE = "SCH-0905";

    private Memories() {}

    public static void check(Schedule schedule, Findings findings) {
        for (var memory : schedule.machine().memories()) {
            int written = switch (schedule.machine().unit(memory.writer())) {
                case Unit.HostIn h -> h.lanes();
                case Unit.Matrix m -> m.drain().lanes();
                case Unit.Vector v -> v.drain().lanes();
                case Unit.Store s -> s.lanes();
                case Unit.Load l -> l.lanes();
                case Unit.HostOut _ -> Integer.MAX_VALUE;
            };
            int read = switch (schedule.machine().unit(memory.reader())) {
                case Unit.HostOut h -> h.lanes();
                case Unit.Matrix m -> m.readElements();
                case Unit.Vector v -> v.lanes();
                case Unit.Store s -> s.lanes();
                case Unit.Load l -> l.lanes();
                case Unit.HostIn _ -> Integer.MAX_VALUE;
            };
            findings.require(
                    !memory.shared() || !schedule.machine().inDram(memory),
                    CODE,
                    "memory " + memory.id() + " lies in DRAM, where buffers do not overlap");
            findings.require(
                    memory.lanes() >= Math.max(written, read),
                    CODE,
                    "memory " + memory.id() + " has " + memory.lanes() + " lanes for " + written + " written and "
                            + read + " read at once");
        }
        for (var e : schedule.edges()) {
            inside(schedule, e, findings);
            for (var o : schedule.edges()) {
                if (o.id() > e.id()) {
                    apart(schedule, e, o, findings);
                }
            }
        }
    }

    private static void inside(Schedule schedule, Edge e, Findings findings) {
        var memory = schedule.machine().memories().get(e.memory());
        var producer = schedule.actor(e.producer());
        int elements = schedule.geometry(producer).outputRowElements();
        int pitch = elements;
        if (schedule.machine().unit(memory.writer()) instanceof Unit.Store s) {
            pitch = s.rowBursts(elements) * s.burstElements();
            findings.require(
                    e.base() % s.burstElements() == 0,
                    CODE,
                    producer,
                    "edge " + e.id() + " begins in DRAM at " + e.base() + ", within a burst of " + s.burstElements());
        }
        findings.require(
                e.rowPitch() == pitch,
                CODE,
                producer,
                "edge " + e.id() + " has pitch " + e.rowPitch() + " for rows of " + pitch);
        findings.require(
                e.base() % memory.granule() == 0 && e.rowPitch() % memory.granule() == 0,
                CODE,
                producer,
                "edge " + e.id() + " has rows that begin within a granule of " + memory.granule());
        findings.require(
                e.slots() >= 1
                        && e.base() >= 0
                        && (long) e.base() + (long) e.rowPitch() * e.slots() <= memory.elements(),
                CODE,
                producer,
                "buffer of edge " + e.id() + " ends behind memory " + memory.id() + " of " + memory.elements());
        findings.require(
                schedule.machine().inDram(memory)
                        || memory.elements() <= 1 << schedule.machine().addressBits()
                                && ProgramLayout.of(schedule.machine()).edgeMemoryId() > 0,
                CODE,
                producer,
                "addresses are too narrow");
    }

    private static void apart(Schedule schedule, Edge a, Edge b, Findings findings) {
        var producer = schedule.actor(a.producer());
        if (a.producer() == b.producer()) {
            findings.require(
                    a.rowPitch() == b.rowPitch() && (a.memory() != b.memory() || a.slots() == b.slots()),
                    CODE,
                    producer,
                    "edges " + a.id() + " and " + b.id() + " hold the same rows in unequal buffers");
        }
        if (a.memory() != b.memory()) {
            return;
        }
        if (a.producer() == b.producer()) {
            findings.require(
                    a.base() == b.base(),
                    CODE,
                    producer,
                    "edges " + a.id() + " and " + b.id() + " do not share a buffer");
            return;
        }
        boolean mayOverlap = schedule.machine().memories().get(a.memory()).shared();
        findings.require(
                mayOverlap || !a.overlaps(b),
                CODE,
                producer,
                "buffers of edges " + a.id() + " and " + b.id() + " overlap");
    }
}
