package io.millrace.scheduler.internal;

import io.millrace.scheduler.Actor;
import io.millrace.scheduler.Edge;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.RowMemory;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Work;

/**
 * Finds the row memories of a machine for one program that are only ever read at the beginning of a word, and whose words are written element by
 * element from the first on: those of vectors, maps of one pixel, that a matrix engine reads for a fully-connected layer.
 */
final class WholeWords {
    private WholeWords() {}

    /** The schedule with these memories marked, where control is fixed to it. */
    static Schedule mark(Schedule schedule) {
        Machine m = schedule.machine();
        if (m.control() != Machine.Control.FIXED) {
            return schedule;
        }
        var memories = m.memories().stream()
                .map(memory -> memory.withWhole(holds(schedule, memory)))
                .toList();
        var machine =
                new Machine(m.name(), m.precision(), m.units(), memories, m.edges(), m.limits(), m.control(), m.dram());
        return new Schedule(
                schedule.graph(), schedule.target(), machine, schedule.actors(), schedule.edges(), schedule.lists());
    }

    private static boolean holds(Schedule schedule, RowMemory memory) {
        var units = schedule.machine().units();
        return memory.lanes() > 1
                && Placement.writtenElements(units.get(memory.writer())) == 1
                && Placement.readElements(units.get(memory.reader())) == memory.lanes()
                && schedule.edges().stream()
                        .filter(edge -> edge.memory() == memory.id())
                        .allMatch(edge -> vector(schedule, memory.lanes(), edge));
    }

    private static boolean vector(Schedule schedule, int lanes, Edge edge) {
        Actor producer = schedule.actors().get(edge.producer());
        Actor consumer = schedule.actors().get(edge.consumer());
        if (producer.batch() != 1 || consumer.batch() != 1 || !(consumer.work() instanceof Work.Multiply work)) {
            return false;
        }
        Geometry made = Geometry.of(schedule.graph(), producer);
        Geometry read = Geometry.of(schedule.graph(), consumer);
        return edge.base() % lanes == 0
                && edge.rowPitch() % lanes == 0
                && made.outputColumns() == 1
                && read.outputColumns() == 1
                && read.inputColumns() == 1
                && read.padLeft() == 0
                && work.segments().stream().allMatch(s -> s.offset() % lanes == 0);
    }
}
