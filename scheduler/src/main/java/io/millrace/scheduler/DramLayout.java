package io.millrace.scheduler;

import java.util.ArrayList;
import java.util.List;

/**
 * Where the weights of streamed engines lie in DRAM, in bursts of {@link DramPort#burstBytes()}: actor after actor, each from a whole burst on, so that no
 * burst crosses a DRAM row.
 *
 * @param firstBurst by actor id; -1 for an actor whose weights are not in DRAM
 * @param words by actor id: words of {@link DramPort#dataBytes()} that a firing reads, 0 for an actor without
 * @param bursts of all actors
 */
public record DramLayout(List<Long> firstBurst, List<Integer> words, long bursts) {
    public DramLayout {
        firstBurst = List.copyOf(firstBurst);
        words = List.copyOf(words);
    }

    /** The layout of a schedule's weights. */
    public static DramLayout of(Schedule schedule) {
        var port = schedule.machine().dram();
        var first = new ArrayList<Long>();
        var words = new ArrayList<Integer>();
        long next = 0;
        for (var actor : schedule.actors()) {
            if (actor.work() instanceof Work.Multiply w
                    && schedule.machine().unit(actor.unit()) instanceof Unit.Matrix m
                    && m.streamed()) {
                int count = Math.multiplyExact(w.tiles(), m.tileLoadCycles());
                first.add(next);
                words.add(count);
                next += Math.ceilDiv(count, port.burstBeats());
            } else {
                first.add(-1L);
                words.add(0);
            }
        }
        return new DramLayout(first, words, next);
    }

    /** Bytes that a frame reads: every firing reads all weights of its actor. */
    public static long bytesPerFrame(Schedule schedule) {
        var layout = of(schedule);
        long sum = 0;
        for (var actor : schedule.actors()) {
            long words = layout.words.get(actor.id());
            if (words > 0) {
                sum += words * schedule.geometry(actor).firings(actor.rowsPerFiring());
            }
        }
        return sum * schedule.machine().dram().dataBytes();
    }
}
