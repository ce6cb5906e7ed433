package io.millrace.scheduler.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.scheduler.FiringList;
import io.millrace.scheduler.FiringList.Entry;
import io.millrace.scheduler.ListCursor;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ListCompressorTest {
    @Test
    void aCompressedListFiresTheSame() {
        var random = new SplittableRandom(5);
        for (int n = 0; n < 3000; n++) {
            var firings = new ArrayList<Entry>();
            int parts = random.nextInt(1, 6);
            for (int p = 0; p < parts; p++) {
                var block = new ArrayList<Entry>();
                int length = random.nextInt(1, 6);
                for (int i = 0; i < length; i++) {
                    block.add(entry(random.nextInt(3)));
                }
                int repeats = random.nextInt(1, 9);
                for (int i = 0; i < repeats; i++) {
                    firings.addAll(block);
                }
            }
            var list = new FiringList(0, ListCompressor.compress(firings), 0);
            var cursor = new ListCursor(list);
            for (int turn = 0; turn < 2; turn++) {
                for (var due : firings) {
                    assertEquals(due.actor(), cursor.head().actor(), "sequence " + n);
                    cursor.advance();
                }
                assertEquals(0, cursor.position());
                assertTrue(!cursor.inside());
            }
        }
    }

    @Test
    void repeatsBecomeTimesAndJumps() {
        var block = List.of(entry(0), entry(0), entry(1), entry(2));
        var firings = new ArrayList<Entry>();
        for (int i = 0; i < 50; i++) {
            firings.addAll(block);
        }
        var compressed = ListCompressor.compress(firings);
        assertEquals(3, compressed.size());
        assertEquals(2, compressed.getFirst().times());
        assertEquals(2, compressed.getLast().jumpBack());
        assertEquals(49, compressed.getLast().jumpTimes());
    }

    @Test
    void timesStayInTheirField() {
        var compressed = ListCompressor.compress(java.util.Collections.nCopies(10_000, entry(0)));
        assertEquals(3, compressed.size());
        assertEquals(10_000, compressed.stream().mapToInt(Entry::times).sum());
        assertTrue(compressed.stream().allMatch(e -> e.times() <= ListCompressor.TIMES_MAX));
    }

    private static Entry entry(int actor) {
        return new Entry(actor, 1, 1, List.of(1), List.of(1), false);
    }
}
