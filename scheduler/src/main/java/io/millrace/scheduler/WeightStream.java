package io.millrace.scheduler;

import io.millrace.scheduler.internal.ListCompressor;
import java.util.ArrayList;
import java.util.List;

/**
 * What the fetcher of a streamed engine reads: for each firing of the engine's list the words of its actor. The entries run as those of a
 * {@link FiringList} do.
 *
 * @param loopStart entry that follows the last one
 */
public record WeightStream(List<Entry> entries, int loopStart) {
    public WeightStream {
        entries = List.copyOf(entries);
    }

    /**
     * {@code times} firings that read the same words, then perhaps a jump.
     *
     * @param burst where the words begin, in bursts
     * @param words of a firing
     */
    public record Entry(long burst, int words, int times, int jumpBack, int jumpTimes) {}

    /** The stream of an engine; without entries where nothing is on the engine. */
    public static WeightStream of(Schedule schedule, Unit.Matrix engine, DramLayout layout) {
        var list = schedule.lists().get(engine.id());
        var shorter = compressed(list);
        var used = shorter.entries().size() <= list.entries().size() ? shorter : list;
        var entries = new ArrayList<Entry>();
        for (var e : used.entries()) {
            entries.add(new Entry(
                    layout.firstBurst().get(e.actor()),
                    layout.words().get(e.actor()),
                    e.times(),
                    e.jumpBack(),
                    e.jumpTimes()));
        }
        return new WeightStream(entries, used.loopStart());
    }

    /** The list with nothing but the actors in it. */
    private static FiringList compressed(FiringList list) {
        var once = ListCompressor.compress(firings(list.entries().subList(0, list.loopStart())));
        var loop = ListCompressor.compress(
                firings(list.entries().subList(list.loopStart(), list.entries().size())));
        var all = new ArrayList<>(once);
        all.addAll(loop);
        return new FiringList(list.unit(), all, once.size());
    }

    private static List<FiringList.Entry> firings(List<FiringList.Entry> entries) {
        var firings = new ArrayList<FiringList.Entry>();
        if (entries.isEmpty()) {
            return firings;
        }
        var cursor = new ListCursor(new FiringList(0, entries, 0));
        do {
            firings.add(new FiringList.Entry(cursor.head().actor(), 1, 1, List.of(), List.of(), false));
            cursor.advance();
        } while (cursor.position() > 0 || cursor.inside());
        return firings;
    }
}
