package io.millrace.boards.verify;

import io.millrace.boards.flow.ListedFirings;
import io.millrace.boards.verilator.VerilatedCore;
import io.millrace.scheduler.Actor;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Unit;
import io.millrace.scheduler.Work;
import io.millrace.simulator.SimulationResult;
import java.util.Optional;

/** Compares what leaves the machine with the golden codes of the outputs: beats of the RTL, frames of the simulator. */
final class OutputCheck {
    private OutputCheck() {}

    /**
     * Follows the host-out unit's list beat by beat.
     *
     * @return the first beat whose marks, tensor and end of tensor, are wrong
     */
    static Optional<String> check(Schedule schedule, VerilatedCore.Trace trace, Golden golden) {
        Unit.HostOut unit = (Unit.HostOut) schedule.machine().units().stream()
                .filter(u -> u instanceof Unit.HostOut)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("a machine has a host-out unit"));
        var walk = new ListedFirings(schedule, schedule.lists().get(unit.id()));
        var beats = trace.outBeats();
        var senders = schedule.actors().stream()
                .filter(a -> a.unit() == unit.id())
                .map(Actor::id)
                .toList();
        var marks = Optional.<String>empty();
        int next = 0;
        while (true) {
            var firing = walk.next();
            int elements = schedule.geometry(schedule.actor(firing.actor())).outputRowElements();
            int count = Math.ceilDiv(elements, unit.lanes());
            for (int row = firing.firstRow(); row < firing.firstRow() + firing.rows(); row++) {
                if (next + count > beats.size()) {
                    return marks;
                }
                var codes = new short[count * unit.lanes()];
                int rows = schedule.geometry(schedule.actor(firing.actor())).outputRows();
                int tensor = senders.indexOf(firing.actor());
                for (int b = 0; b < count; b++) {
                    var beat = beats.get(next + b);
                    boolean last = row == rows - 1 && b == count - 1;
                    if (marks.isEmpty() && (beat.last() != last || beat.tensor() != tensor)) {
                        marks = Optional.of(
                                "unit '%s' beat %d: %s of tensor %d in cycle %d, where it is %s of tensor %d"
                                        .formatted(
                                                unit.name(),
                                                next + b,
                                                place(beat.last()),
                                                beat.tensor(),
                                                beat.cycle(),
                                                place(last),
                                                tensor));
                    }
                    System.arraycopy(beats.get(next + b).codes(), 0, codes, b * unit.lanes(), unit.lanes());
                }
                long cycle = beats.get(next).cycle();
                next += count;
                golden.compare(firing.actor(), firing.frame(), row, cycle, codes, 0);
                golden.comparePadding(firing.actor(), firing.frame(), row, cycle, codes, elements);
            }
        }
    }

    private static String place(boolean last) {
        return last ? "the last beat" : "a beat before the last";
    }

    /** Compares the simulator's outputs. */
    static void check(Schedule schedule, SimulationResult simulated, Golden golden) {
        for (var actor : schedule.actors()) {
            if (actor.work() instanceof Work.Send send) {
                var geometry = schedule.geometry(actor);
                for (int frame = 0; frame < golden.frames(); frame++) {
                    short[] codes = simulated.outputs().get(frame).get(send.output());
                    for (int row = 0; row < geometry.outputRows(); row++) {
                        golden.compare(
                                actor.id(),
                                frame,
                                row,
                                simulated.endCycle(),
                                codes,
                                row * geometry.outputRowElements());
                    }
                }
            }
        }
    }
}
