package io.millrace.boards.verify;

import io.millrace.boards.flow.ListedFirings;
import io.millrace.boards.verilator.VerilatedCore;
import io.millrace.scheduler.Actor;
import io.millrace.scheduler.DramLayout;
import io.millrace.scheduler.Edge;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.ProgramLayout;
import io.millrace.scheduler.RowMemory;
import io.millrace.scheduler.Schedule;
import java.util.ArrayList;
import java.util.List;

/**
 * Follows the row memories of a Verilated run write by write, and compares every committed row, in every buffer that holds it, with the
 * golden codes.
 */
final class RowCheck {
    /** A row's last write reaches its memory a few cycles after the commit is visible, and before anyone reads it. */
    private static final int WRITE_LAG = 4;

    private final Schedule schedule;
    private final Golden golden;
    private final List<short[]> memories = new ArrayList<>();
    /** Where spilled maps lie. */
    private final DramLayout dram;

    RowCheck(Schedule schedule, Golden golden) {
        this.schedule = schedule;
        this.golden = golden;
        dram = DramLayout.of(schedule);
        for (RowMemory memory : schedule.machine().memories()) {
            memories.add(new short[memory.elements()]);
        }
    }

    void check(VerilatedCore.Trace trace) {
        var walks = schedule.lists().stream()
                .map(l -> new ListedFirings(schedule, l))
                .toList();
        var writes = trace.writes();
        int next = 0;
        for (var commit : trace.commits()) {
            while (next < writes.size() && writes.get(next).cycle() <= commit.cycle() + WRITE_LAG) {
                apply(writes.get(next++));
            }
            compare(walks.get(commit.unit()).next(), commit.cycle());
        }
    }

    private void apply(VerilatedCore.RowWrite write) {
        short[] memory = memories.get(write.memory());
        if (schedule.machine().inDram(schedule.machine().memories().get(write.memory()))) {
            applyInDram(write, memory);
            return;
        }
        int addresses = 1 << ProgramLayout.indexBits(memory.length);
        for (int i = 0; i < write.codes().length; i++) {
            int at = (write.address() + i) & (addresses - 1);
            if (at < memory.length) {
                memory[at] = write.codes()[i];
            }
        }
    }

    /** Maps lie behind the weights; what is written elsewhere is missing here. */
    private void applyInDram(VerilatedCore.RowWrite write, short[] memory) {
        int lanes = write.codes().length;
        var machine = schedule.machine();
        long begin = dram.firstBurst(machine, machine.memories().get(write.memory()));
        long first =
                Integer.toUnsignedLong(write.address()) - begin * machine.dram().burstBeats();
        if (first >= 0 && (first + 1) * lanes <= memory.length) {
            System.arraycopy(write.codes(), 0, memory, (int) first * lanes, lanes);
        }
    }

    private void compare(ListedFirings.Firing firing, long cycle) {
        Actor actor = schedule.actor(firing.actor());
        int rowsOfBatch = schedule.geometry(actor).outputRows();
        int rowsOfFrame = rowsOfBatch / actor.batch();
        for (int e : actor.outputs()) {
            Edge edge = schedule.edge(e);
            for (int row = firing.firstRow(); row < firing.firstRow() + firing.rows(); row++) {
                long total = (long) firing.frame() * rowsOfBatch + row;
                int at = edge.base() + (int) (total % edge.slots()) * edge.rowPitch();
                short[] memory = memories.get(edge.memory());
                golden.compare(
                        actor.id(),
                        (int) (total / rowsOfFrame),
                        (int) (total % rowsOfFrame),
                        cycle,
                        actor.planes() ? byColumn(schedule.geometry(actor), memory, at) : memory,
                        actor.planes() ? 0 : at);
            }
        }
    }

    /** A row that lies channel by channel, column by column. */
    private static short[] byColumn(Geometry g, short[] memory, int at) {
        var row = new short[g.outputRowElements()];
        for (int i = 0; i < row.length; i++) {
            row[i] = memory[at + i % g.outputChannels() * g.outputColumns() + i / g.outputChannels()];
        }
        return row;
    }
}
