package io.millrace.boards.verify;

import io.millrace.boards.verilator.VerilatedCore;
import io.millrace.boards.verilator.VerilatedCore.UnitEvent;
import io.millrace.scheduler.Unit;
import io.millrace.simulator.FiringRecord;
import io.millrace.simulator.SimulationResult;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;

/** Compares the cycle of every start, last read and commit, and of every host beat, between simulator and RTL. */
final class TimingCheck {
    private final SimulationResult simulated;
    private final VerilatedCore.Trace trace;
    private long compared;
    private long worst;
    private long firstCycle = Long.MAX_VALUE;
    private Optional<String> first = Optional.empty();

    TimingCheck(SimulationResult simulated, VerilatedCore.Trace trace) {
        this.simulated = simulated;
        this.trace = trace;
        for (Unit unit : simulated.schedule().machine().units()) {
            checkUnit(unit);
        }
        note("run", "end", trace.cycles() - 1, simulated.endCycle());
    }

    long compared() {
        return compared;
    }

    long worst() {
        return worst;
    }

    Optional<String> first() {
        return first;
    }

    private void checkUnit(Unit unit) {
        long last = simulated.endCycle();
        List<FiringRecord> firings = simulated.firings(unit.id()).toList();
        check(unit, "start", trace.starts(), firings, FiringRecord::start, last);
        check(unit, "last read", trace.readEnds(), firings, FiringRecord::readEnd, last);
        boolean seenLater = unit instanceof Unit.HostOut;
        check(unit, "commit", trace.commits(), firings, FiringRecord::end, seenLater ? last : last + 1);
        if (unit instanceof Unit.HostOut) {
            long[] pops = simulated.hostBeats(unit.id()).filter(c -> c <= last).toArray();
            long[] seen = trace.outBeats().stream()
                    .mapToLong(VerilatedCore.OutBeat::cycle)
                    .toArray();
            compareBeats(unit, pops, seen);
        }
        if (unit instanceof Unit.HostIn) {
            long[] beats = simulated.hostBeats(unit.id()).filter(c -> c <= last).toArray();
            long[] seen = trace.inBeats().stream().mapToLong(Long::longValue).toArray();
            compareBeats(unit, beats, seen);
        }
    }

    private void compareBeats(Unit unit, long[] expected, long[] seen) {
        for (int i = 0; i < Math.max(expected.length, seen.length); i++) {
            note(
                    "unit '" + unit.name() + "' beat " + i,
                    "cycle",
                    i < seen.length ? seen[i] : -1,
                    i < expected.length ? expected[i] : -1);
        }
    }

    private void check(
            Unit unit,
            String what,
            List<UnitEvent> events,
            List<FiringRecord> firings,
            ToLongFunction<FiringRecord> cycle,
            long last) {
        var seen = events.stream().filter(e -> e.unit() == unit.id()).toList();
        var expected =
                firings.stream().filter(f -> cycle.applyAsLong(f) <= last).toList();
        for (int i = 0; i < Math.max(seen.size(), expected.size()); i++) {
            String name = i < expected.size()
                    ? name(simulated, unit.id(), i)
                    : "unit '%s' firing %d".formatted(unit.name(), i);
            note(
                    name,
                    what,
                    i < seen.size() ? seen.get(i).cycle() : -1,
                    i < expected.size() ? cycle.applyAsLong(expected.get(i)) : -1);
        }
    }

    /** A firing of a unit in words, with its layer. */
    static String name(SimulationResult simulated, int unit, int number) {
        var schedule = simulated.schedule();
        var f = simulated.firing(unit, number);
        return "unit '%s' firing %d (layer '%s', frame %d, firing %d)"
                .formatted(
                        schedule.machine().unit(unit).name(),
                        number,
                        schedule.actor(f.actor()).name(),
                        f.frame(),
                        f.firing());
    }

    private void note(String where, String what, long hardware, long simulator) {
        compared++;
        if (hardware == simulator) {
            return;
        }
        worst = Math.max(worst, Math.abs(hardware - simulator));
        long at = hardware < 0 ? simulator : simulator < 0 ? hardware : Math.min(hardware, simulator);
        if (at < firstCycle) {
            firstCycle = at;
            first = Optional.of("%s: %s in cycle %s in the RTL, %s in the simulator"
                    .formatted(where, what, hardware < 0 ? "(none)" : hardware, simulator < 0 ? "(none)" : simulator));
        }
    }
}
