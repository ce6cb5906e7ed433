package io.millrace.runtime;

import java.time.Duration;

/**
 * How a session behaves; never what a network computes.
 *
 * @param framesMax most frames unfinished at once; the board's own limit holds, too
 * @param hello time between two HELLO
 * @param resendMin shortest time-out before something is sent again; the link's own ({@link Link.Kind#resendMillisMin()}) holds, too
 * @param resendMax longest time-out before something is sent again
 * @param silence longest time without any answer before the board counts as lost
 * @param recoveriesMax new sessions without a finished frame between them
 */
public record SessionOptions(
        int framesMax, Duration hello, Duration resendMin, Duration resendMax, Duration silence, int recoveriesMax) {
    public static final SessionOptions DEFAULT = new SessionOptions(
            255, Duration.ofMillis(250), Duration.ZERO, Duration.ofSeconds(1), Duration.ofSeconds(2), 5);

    public SessionOptions {
        if (framesMax < 1 || recoveriesMax < 0) {
            throw new IllegalArgumentException(framesMax + " frames, " + recoveriesMax + " recoveries");
        }
        if (resendMin.isNegative() || resendMin.compareTo(resendMax) > 0) {
            throw new IllegalArgumentException("time-outs of " + resendMin + " to " + resendMax);
        }
        for (Duration d : new Duration[] {hello, resendMax, silence}) {
            if (!d.isPositive()) {
                throw new IllegalArgumentException("a time limit of " + d);
            }
        }
    }

    /** These options with another bound on unfinished frames. */
    public SessionOptions withFramesMax(int frames) {
        return new SessionOptions(frames, hello, resendMin, resendMax, silence, recoveriesMax);
    }

    /** These options with another shortest time-out: for boards whose answers may come late though nothing is lost. */
    public SessionOptions withResendMin(Duration least) {
        return new SessionOptions(framesMax, hello, least, resendMax, silence, recoveriesMax);
    }
}
