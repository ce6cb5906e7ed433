package io.millrace.boards.live;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.runtime.LinkStatistics;
import io.millrace.runtime.Session;
import io.millrace.runtime.SessionOptions;
import java.time.Duration;

/** Time limits for boards of some 100,000 clocks a second and less, on a computer that does other things besides. */
public final class Patience {
    /** Waits long before it gives a board up. Answers that come late are asked for again all the same. */
    public static final SessionOptions OPTIONS = new SessionOptions(
            255, Duration.ofSeconds(5), Duration.ZERO, Duration.ofSeconds(20), Duration.ofMinutes(2), 5);

    /** Asks again only when no busy computer can be the reason: for links on which nothing may be lost. */
    static final SessionOptions NOTHING_LOST = OPTIONS.withResendMin(OPTIONS.resendMax());

    private Patience() {}

    /** No packet was lost, damaged or sent twice on the way to a board and back. For sessions with {@link #NOTHING_LOST}. */
    static void assertNothingLost(Session session, Duration deadline) {
        var counters = session.counters(deadline);
        LinkStatistics host = session.statistics();
        assertEquals(0, host.packetsResent() + host.packetsDamaged() + host.packetsRepeated(), host::toString);
        assertEquals(0, counters.damaged() + counters.repeated() + counters.resent(), counters::toString);
    }
}
