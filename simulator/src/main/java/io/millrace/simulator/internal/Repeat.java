package io.millrace.simulator.internal;

/**
 * The period of a run, and how much of it was skipped.
 *
 * @param times how often the period was skipped
 * @param cycles length of the period, 0 when none was found
 * @param frames frames a period
 */
public record Repeat(long times, long cycles, int frames) {
    public static final Repeat NONE = new Repeat(0, 0, 0);
}
