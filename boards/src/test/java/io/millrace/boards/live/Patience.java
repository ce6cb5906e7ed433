package io.millrace.boards.live;

import io.millrace.runtime.SessionOptions;
import java.time.Duration;

/** Time limits for boards of some 100,000 clocks a second and less, on a computer that does other things besides. */
public final class Patience {
    /** Waits long before it gives a board up. Answers that come late are asked for again all the same. */
    public static final SessionOptions OPTIONS =
            new SessionOptions(255, Duration.ofSeconds(5), Duration.ofSeconds(20), Duration.ofMinutes(2), 5);

    private Patience() {}
}
