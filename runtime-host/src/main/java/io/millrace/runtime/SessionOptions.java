package io.millrace.runtime;

import java.time.Duration;

/**
 * How a session behaves; never what a network computes.
 *
 * @param framesMax most frames unfinished at once; the board's own limit holds, too
 * @param hello time between two HELLO
 * @param resendMax longest time-out before something is sent again
 * @param silence longest time without any answer before the board counts as lost
 * @param recoveriesMax new sessions without a finished frame between them
 */
public record SessionOptions(int framesMax, Duration hello, Duration resendMax, Duration silence, int recoveriesMax) {
    public static final SessionOptions DEFAULT =
            new SessionOptions(255, Duration.ofMillis(250), Duration.ofSeconds(1), Duration.ofSeconds(2), 5);

    public SessionOptions {
        if (framesMax < 1 || recoveriesMax < 0) {
            throw new IllegalArgumentException(framesMax + " frames, " + recoveriesMax + " recoveries");
        }
        for (Duration d : new Duration[] {hello, resendMax, silence}) {
            if (!d.isPositive()) {
                throw new IllegalArgumentException("a time limit of " + d);
            }
        }
    }

    /** These options with another bound on unfinished frames. */
    public SessionOptions withFramesMax(int frames) {
        return new SessionOptions(frames, hello, resendMax, silence, recoveriesMax);
    }
}
