package io.millrace.simulator.internal;

import io.millrace.scheduler.Timing;
import io.millrace.simulator.LinkTrace;
import java.util.stream.LongStream;

/** Cycles of the beats of a host unit, worked out again from the starts of its firings. */
public final class HostBeats {
    private HostBeats() {}

    public static LongStream of(CompiledSchedule p, UnitFirings firings, int unit, LinkTrace trace) {
        return switch (p.kind[unit]) {
            case CompiledSchedule.HOST_IN -> in(p, firings, new LinkClock(trace.in()));
            case CompiledSchedule.HOST_OUT -> out(p, firings, new LinkClock(trace.out()));
            default -> throw new IllegalArgumentException("unit " + unit + " has no link");
        };
    }

    private static LongStream in(CompiledSchedule p, UnitFirings firings, LinkClock link) {
        return LongStream.range(0, firings.size()).flatMap(i -> {
            long s = firings.start(i);
            int beats = p.work[firings.entry(i)];
            return LongStream.iterate(link.willing(s), c -> link.willing(c + 1)).limit(beats);
        });
    }

    private static LongStream out(CompiledSchedule p, UnitFirings firings, LinkClock link) {
        long[] pops = new long[Timing.HOST_OUT_BEATS];
        java.util.Arrays.fill(pops, Long.MIN_VALUE / 4);
        long[] step = {Long.MIN_VALUE / 4};
        long[] beat = {0};
        return LongStream.range(0, firings.size())
                .flatMap(i -> LongStream.range(0, p.work[firings.entry(i)]).map(_ -> {
                    int at = (int) (beat[0] % pops.length);
                    int before = (int) ((beat[0] + pops.length - 1) % pops.length);
                    step[0] = Math.max(Math.max(firings.start(i), step[0] + 1), pops[at] + 1);
                    pops[at] = link.willing(Math.max(step[0] + Timing.HOST_OUT_LATENCY, pops[before] + 1));
                    beat[0]++;
                    return pops[at];
                }));
    }
}
