package io.millrace.simulator.internal;

import io.millrace.scheduler.Timing;
import java.util.Arrays;

/** The beats of a host-out unit between being read and leaving, section 6 of {@code docs/machine.md}. */
final class SendQueue {
    private final LinkClock link;
    /** When the last beats left, a circular queue. */
    private final long[] pops = new long[Timing.HOST_OUT_BEATS];

    private int at;
    private long lastStep = TimingEngine.NEVER;
    private long lastPop = TimingEngine.NEVER;

    SendQueue(LinkClock link) {
        this.link = link;
        Arrays.fill(pops, TimingEngine.NEVER);
    }

    /** Reads {@code beats}, the first in cycle {@code s} or later; returns when the last one leaves. */
    long send(long s, int beats) {
        if (s >= link.end()
                && lastPop < s + Timing.HOST_OUT_LATENCY
                && Timing.HOST_OUT_LATENCY < Timing.HOST_OUT_BEATS) {
            sendFreely(s, beats);
        } else {
            for (int i = 0; i < beats; i++) {
                lastStep = Math.max(Math.max(s, lastStep + 1), pops[at] + 1);
                lastPop = link.willing(Math.max(lastStep + Timing.HOST_OUT_LATENCY, lastPop + 1));
                pops[at] = lastPop;
                at = at + 1 == pops.length ? 0 : at + 1;
            }
        }
        return lastPop;
    }

    /** Nothing is in the way: every beat leaves {@code HOST_OUT_LATENCY} after it is read. */
    private void sendFreely(long s, int beats) {
        for (int i = Math.max(0, beats - pops.length); i < beats; i++) {
            pops[(at + i) % pops.length] = s + i + Timing.HOST_OUT_LATENCY;
        }
        at = (at + beats) % pops.length;
        lastStep = s + beats - 1;
        lastPop = lastStep + Timing.HOST_OUT_LATENCY;
    }

    /** Last read step. */
    long lastStep() {
        return lastStep;
    }

    long lastPop() {
        return lastPop;
    }

    /** When the {@code i}-th of the last beats left, oldest first. */
    long pop(int i) {
        return pops[(at + i) % pops.length];
    }

    void shift(long cycles) {
        TimingEngine.shift(pops, cycles);
        lastStep += cycles;
        lastPop += cycles;
    }
}
