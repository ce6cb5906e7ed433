package io.millrace.simulator.internal;

import java.util.Arrays;

/** The firings of one unit, in order of their start, as columns. Skipped periods are derived. */
public final class UnitFirings {
    private final CompiledSchedule program;
    private final Series series = new Series();
    private Repeat repeat = Repeat.NONE;
    private int stored;
    private long size;

    private int[] entry = new int[64];
    private int[] frame = new int[64];
    private int[] firing = new int[64];
    private long[] start = new long[64];
    private long[] readEnd = new long[64];
    private long[] end = new long[64];
    private long[] output = new long[64];
    private int[] waits = new int[4 * 64];
    /** Cycles within a firing in which tiles waited for weights; only of streamed engines. */
    private int[] tileWaits = new int[0];

    UnitFirings(CompiledSchedule program) {
        this.program = program;
    }

    void add(int e, int frameOf, int firingOf, long s, long last, long commit, long out) {
        if (stored == entry.length) {
            grow();
        }
        entry[stored] = e;
        frame[stored] = frameOf;
        firing[stored] = firingOf;
        start[stored] = s;
        readEnd[stored] = last;
        end[stored] = commit;
        output[stored] = out;
        stored++;
    }

    /** Waiting before the firing just added, by cause. */
    void waits(int weights, int drain, int input, int space) {
        int at = 4 * (stored - 1);
        waits[at] = weights;
        waits[at + 1] = drain;
        waits[at + 2] = input;
        waits[at + 3] = space;
    }

    /** Cycles within the firing just added in which tiles waited for weights. */
    void tileWait(int cycles) {
        if (tileWaits.length < stored) {
            tileWaits = Arrays.copyOf(tileWaits, entry.length);
        }
        tileWaits[stored - 1] = cycles;
    }

    private void grow() {
        int n = 2 * stored;
        entry = Arrays.copyOf(entry, n);
        frame = Arrays.copyOf(frame, n);
        firing = Arrays.copyOf(firing, n);
        start = Arrays.copyOf(start, n);
        readEnd = Arrays.copyOf(readEnd, n);
        end = Arrays.copyOf(end, n);
        output = Arrays.copyOf(output, n);
        waits = Arrays.copyOf(waits, 4 * n);
    }

    int stored() {
        return stored;
    }

    void skip(long from, Repeat r) {
        series.skip(from, stored, r.times());
        repeat = r;
    }

    /** Drops the firings that start after {@code cycle}. Called once, at the end of a run. */
    void cutAfter(long cycle) {
        size = series.size(stored);
        while (size > 0 && start(size - 1) > cycle) {
            size--;
        }
    }

    public long size() {
        return size;
    }

    /** First firing of the stored period. */
    public long periodFrom() {
        return series.from();
    }

    /** First firing after the stored period; equal to {@link #periodFrom()} when there is none. */
    public long periodTo() {
        return series.to();
    }

    /** Whole skipped periods before the last firing. */
    public long periodsSkipped() {
        long period = series.to() - series.from();
        return period == 0 ? 0 : Math.max(0, Math.min(size - 1, series.to() + series.skipped()) - series.to()) / period;
    }

    public int entry(long i) {
        return entry[series.stored(i)];
    }

    /** The frame, or of a firing that computes several frames together, which of these it is. */
    public int frame(long i) {
        int at = series.stored(i);
        return frame[at] + (int) (series.periods(i) * repeat.frames()) / program.batch[program.actor[entry[at]]];
    }

    public int firing(long i) {
        return firing[series.stored(i)];
    }

    public long start(long i) {
        return start[series.stored(i)] + series.periods(i) * repeat.cycles();
    }

    public long readEnd(long i) {
        return readEnd[series.stored(i)] + series.periods(i) * repeat.cycles();
    }

    public long end(long i) {
        return end[series.stored(i)] + series.periods(i) * repeat.cycles();
    }

    /** Engines: first drain cycle; host-in: first beat; host-out: the last beat's way out. */
    public long output(long i) {
        return output[series.stored(i)] + series.periods(i) * repeat.cycles();
    }

    /** Cycles within a streamed engine's firing in which tiles waited for weights. */
    public int tileWaited(long i) {
        return tileWaits[series.stored(i)];
    }

    /** Cycles waited before the start: 0 weights, 1 drain, 2 input, 3 output space. */
    public int waited(long i, int cause) {
        return waits[4 * series.stored(i) + cause];
    }
}
