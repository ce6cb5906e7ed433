package io.millrace.boards.verify;

import io.millrace.boards.verilator.VerilatedCore;
import io.millrace.scheduler.Actor;
import io.millrace.scheduler.Edge;
import io.millrace.scheduler.RowMemory;
import io.millrace.scheduler.Schedule;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Follows the row memories of a Verilated run write by write, and compares every committed row, in every buffer that holds it, with the
 * golden codes.
 */
final class RowCheck {
    /** A row's last write reaches its memory a few cycles after the commit is visible, and before anyone reads it. */
    private static final int WRITE_LAG = 4;

    private final Schedule schedule;
    /** By frame, then node. */
    private final List<List<short[]>> golden;

    private final List<short[]> memories = new ArrayList<>();
    private long rows;
    private long values;
    private long mismatches;
    private Optional<Mismatch> first = Optional.empty();

    RowCheck(Schedule schedule, List<List<short[]>> golden) {
        this.schedule = schedule;
        this.golden = golden;
        for (RowMemory memory : schedule.machine().memories()) {
            memories.add(new short[memory.elements()]);
        }
    }

    record Result(long rows, long values, long mismatches, Optional<Mismatch> first) {}

    Result check(VerilatedCore.Trace trace) {
        var walks = schedule.lists().stream()
                .map(l -> new ListedFirings(schedule, l))
                .toList();
        var writes = trace.writes();
        int next = 0;
        for (var commit : trace.commits()) {
            while (next < writes.size() && writes.get(next).cycle() <= commit.cycle() + WRITE_LAG) {
                apply(writes.get(next++));
            }
            var firing = walks.get(commit.unit()).next();
            if (firing.frame() < golden.size()) {
                compare(firing, commit.cycle());
            }
        }
        return new Result(rows, values, mismatches, first);
    }

    private void apply(VerilatedCore.RowWrite write) {
        short[] memory = memories.get(write.memory());
        for (int i = 0; i < write.codes().length; i++) {
            memory[(write.address() + i) & (memory.length - 1)] = write.codes()[i];
        }
    }

    private void compare(ListedFirings.Firing firing, long cycle) {
        Actor actor = schedule.actor(firing.actor());
        var geometry = schedule.geometry(actor);
        short[] expected = golden.get(firing.frame()).get(actor.node());
        for (int e : actor.outputs()) {
            Edge edge = schedule.edge(e);
            short[] memory = memories.get(edge.memory());
            for (int row = firing.firstRow(); row < firing.firstRow() + firing.rows(); row++) {
                long total = (long) firing.frame() * geometry.outputRows() + row;
                int at = edge.base() + (int) (total % edge.slots()) * edge.rowPitch();
                int elements = geometry.outputRowElements();
                rows++;
                values += elements;
                for (int i = 0; i < elements; i++) {
                    int actual = memory[at + i];
                    int wanted = expected[row * elements + i];
                    if (actual != wanted) {
                        mismatches++;
                        if (first.isEmpty()) {
                            int channels = geometry.outputChannels();
                            first = Optional.of(new Mismatch(
                                    actor.name(),
                                    firing.frame(),
                                    row,
                                    i / channels,
                                    i % channels,
                                    wanted,
                                    actual,
                                    cycle));
                        }
                    }
                }
            }
        }
    }
}
