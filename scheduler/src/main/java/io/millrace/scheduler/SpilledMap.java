package io.millrace.scheduler;

import java.util.List;

/**
 * A map that goes through DRAM, for reports.
 *
 * @param from the layer whose map it is
 * @param to the layers that read it from DRAM
 * @param bytesPerFrame written once, and read for each of these layers
 * @param rowsKept most rows that lie in DRAM
 * @param rows of the map
 */
public record SpilledMap(String from, List<String> to, long bytesPerFrame, int rowsKept, int rows) {
    public SpilledMap {
        to = List.copyOf(to);
    }

    /** The spilled maps of a schedule, in the order of their actors. */
    public static List<SpilledMap> of(Schedule schedule) {
        return schedule.actors().stream()
                .filter(a -> a.work() instanceof Work.Spill)
                .map(a -> of(schedule, a))
                .toList();
    }

    private static SpilledMap of(Schedule schedule, Actor store) {
        var g = schedule.geometry(store);
        var readers = store.outputs().stream()
                .map(e -> schedule.actor(schedule.edge(e).consumer()))
                .flatMap(load -> load.outputs().stream())
                .map(e -> schedule.actor(schedule.edge(e).consumer()).name())
                .distinct()
                .toList();
        long bytes = DramLayout.mapBytes(
                schedule.machine().dram(), g, schedule.machine().precision().bits());
        return new SpilledMap(
                schedule.node(store).name(),
                readers,
                (1L + store.outputs().size()) * bytes,
                schedule.edge(store.outputs().getFirst()).slots(),
                g.outputRows());
    }

    /** One line for people. */
    @Override
    public String toString() {
        return "spilled: '" + from + "' to '" + String.join("', '", to) + "', " + bytesPerFrame
                + " bytes a frame, because up to " + rowsKept + " rows of " + rows + " a frame wait for it";
    }
}
