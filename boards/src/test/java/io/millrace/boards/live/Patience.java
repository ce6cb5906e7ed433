package io.millrace.boards.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.runtime.LinkStatistics;
import io.millrace.runtime.Session;
import io.millrace.runtime.SessionOptions;
import java.time.Duration;

/** Time limits for boards of some 100,000 clocks a second and less, on a computer that does other things besides. */
public final class Patience {
    /** Waits long before it gives a board up. Answers that come late are asked for again all the same. */
    public static final SessionOptions OPTIONS =
            new SessionOptions(255, Duration.ofSeconds(5), Duration.ofSeconds(20), Duration.ofMinutes(2), 5);

    private Patience() {}

    /**
     * Nothing was lost or damaged on the way to a board and back. A busy computer makes answers late, so that packets are sent again which the board has: it counts
     * them, and a packet that was lost is none of them.
     */
    static void assertNothingLost(Session session, Duration deadline) {
        var counters = session.counters(deadline);
        LinkStatistics host = session.statistics();
        assertEquals(0, host.packetsDamaged(), host::toString);
        assertEquals(0, counters.damaged(), counters::toString);
        assertTrue(host.packetsResent() <= counters.repeated(), () -> host + ", board: " + counters);
    }
}
