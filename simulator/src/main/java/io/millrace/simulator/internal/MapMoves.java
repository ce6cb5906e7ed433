package io.millrace.simulator.internal;

import io.millrace.scheduler.DramPort;
import io.millrace.scheduler.Timing;
import io.millrace.scheduler.Unit;
import java.util.Arrays;

/** The firing of a store or a load unit under way, burst by burst: section 9 of {@code docs/machine.md}. */
final class MapMoves extends DramClient {
    private final CompiledSchedule p;
    private final DramPort dram;
    private final boolean stores;
    /** By actor, rows moved so far, modulo the rows of its buffer in DRAM. */
    private final int[] nextSlot;

    // the firing
    private boolean active;
    private int actor;
    private int rowsLeft;
    /** Beats of the present row that are not in a burst yet, and bursts of it that are accepted. */
    private int beatsLeft;

    private int burstOfRow;
    /** First cycle in which the next request may be up. */
    private long ready;

    long start;
    /** First beat that the DRAM takes, or that comes from it. */
    long output;
    /** Last read step of a store, last beat taken of a load, once {@link #readsKnown}; commit, once {@link #complete}. */
    long last;

    long commit;
    private boolean inputsFreed;
    private final int[] waited = new int[4];

    // the beats of a store unit, which reads ahead of what the DRAM takes
    /** When the last {@code storeBeats} beats were taken, a circular queue. */
    private final long[] taken;

    private int takenAt;
    /** Beats read and not taken. */
    private int ahead;
    /** Rows of the firing, beats of the row and of the burst that are to be read. */
    private int rowsToRead;

    private int beatsToRead;
    private int burstRead;
    /** Read steps of the last beats of bursts that are not accepted, a circular queue. */
    private final long[] burstStep;

    private int burstAt;
    private int burstCount;
    private long step = TimingEngine.NEVER;
    private long lastTaken = TimingEngine.NEVER;

    MapMoves(CompiledSchedule p, int unit) {
        super(unit);
        this.p = p;
        dram = p.schedule.machine().dram();
        stores = p.kind[unit] == CompiledSchedule.STORE;
        int beats = p.schedule.machine().unit(unit) instanceof Unit.Store s ? Timing.storeBeats(s) : 0;
        nextSlot = new int[p.actors];
        taken = new long[beats];
        Arrays.fill(taken, TimingEngine.NEVER);
        burstStep = new long[taken.length];
    }

    /** A firing of {@code rows} rows of an actor starts in cycle {@code s}. */
    void begin(int firedActor, int rows, long s, int weights, int drain, int input, int space) {
        active = true;
        inputsFreed = false;
        actor = firedActor;
        rowsLeft = rows;
        start = s;
        output = TimingEngine.NEVER;
        waited[0] = weights;
        waited[1] = drain;
        waited[2] = input;
        waited[3] = space;
        ready = s;
        if (stores) {
            rowsToRead = rows;
            beatsToRead = p.rowBeats[actor];
            burstRead = 0;
            readAhead();
        }
        beginRow();
    }

    private void beginRow() {
        beatsLeft = p.rowBeats[actor];
        burstOfRow = 0;
    }

    /**
     * Reads as many beats of a store's firing as there is room for, whatever the DRAM takes next: the end of the reads frees rows, and what that starts may ask for
     * a burst before this unit does.
     */
    private void readAhead() {
        while (rowsToRead > 0 && ahead < taken.length) {
            step = Math.max(Math.max(start, step + 1), taken[(takenAt + ahead) % taken.length] + 1);
            ahead++;
            beatsToRead--;
            burstRead++;
            if (burstRead == dram.burstBeats() || beatsToRead == 0) {
                burstStep[(burstAt + burstCount) % burstStep.length] = step;
                burstCount++;
                burstRead = 0;
            }
            if (beatsToRead == 0) {
                rowsToRead--;
                beatsToRead = p.rowBeats[actor];
            }
        }
        last = step;
        if (burstCount > 0) {
            ready = Math.max(burstStep[burstAt] + Timing.STORE_REQUEST, lastTaken + 1);
        }
    }

    /** Whether a firing is under way. */
    boolean active() {
        return active;
    }

    /** Whether {@link #last} is known, and nobody has asked before. */
    boolean readsEndNow() {
        boolean known = active && !inputsFreed && (stores ? rowsToRead == 0 : rowsLeft == 0);
        inputsFreed |= known;
        return known;
    }

    /** Whether {@link #commit} is known. */
    boolean complete() {
        return active && rowsLeft == 0;
    }

    /** The firing is counted; cycles waited before it, by cause. */
    int[] end() {
        active = false;
        return waited;
    }

    @Override
    long request() {
        return active && rowsLeft > 0 ? ready : UNKNOWN;
    }

    @Override
    int beats() {
        return Math.min(beatsLeft, dram.burstBeats());
    }

    @Override
    long burst() {
        return p.burstBase[actor] + (long) nextSlot[actor] * p.rowBursts[actor] + burstOfRow;
    }

    @Override
    void accepted(long g, long first) {
        int n = beats();
        if (stores) {
            output = output == TimingEngine.NEVER ? g + 1 : output;
            for (int i = 0; i < n; i++) {
                lastTaken = g + 1 + i;
                taken[takenAt] = lastTaken;
                takenAt = takenAt + 1 == taken.length ? 0 : takenAt + 1;
            }
            ahead -= n;
            burstAt = burstAt + 1 == burstStep.length ? 0 : burstAt + 1;
            burstCount--;
            readAhead();
            commit = first + n + Timing.STORE_COMMIT;
        } else {
            output = output == TimingEngine.NEVER ? first + Timing.LOAD_BEAT : output;
            last = first + n - 1 + Timing.LOAD_BEAT;
            commit = last + Timing.HOST_COMMIT;
            ready = g + 1;
        }
        beatsLeft -= n;
        burstOfRow++;
        if (beatsLeft > 0) {
            return;
        }
        nextSlot[actor] = nextSlot[actor] + 1 == p.dramSlots[actor] ? 0 : nextSlot[actor] + 1;
        rowsLeft--;
        if (rowsLeft > 0) {
            beginRow();
        }
    }

    @Override
    void write(SteadyState state, long now, long portFree, long floor) {
        for (int slot : nextSlot) {
            state.put(slot);
        }
        state.put(active ? 1 : 0);
        if (active) {
            state.put(actor);
            state.put(rowsLeft);
            state.put(beatsLeft);
            state.put(burstOfRow);
            state.put(start - now);
            state.put(Math.max(ready, portFree) - now);
            state.put(last - now);
            state.put(commit - now);
            state.put(inputsFreed ? 1 : 0);
            state.put(rowsToRead);
            state.put(beatsToRead);
            state.put(burstRead);
            state.put(ahead);
            for (int i = 0; i < burstCount; i++) {
                state.put(Math.max(burstStep[(burstAt + i) % burstStep.length], floor) - now);
            }
        }
        state.put(Math.max(step, floor) - now);
        state.put(Math.max(lastTaken, floor) - now);
        for (int i = 0; i < taken.length; i++) {
            state.put(Math.max(taken[(takenAt + i) % taken.length], floor) - now);
        }
    }

    @Override
    void shift(long cycles) {
        ready += cycles;
        start += cycles;
        output += output > TimingEngine.NEVER / 2 ? cycles : 0;
        last += cycles;
        commit += cycles;
        step += step > TimingEngine.NEVER / 2 ? cycles : 0;
        lastTaken += lastTaken > TimingEngine.NEVER / 2 ? cycles : 0;
        TimingEngine.shift(taken, cycles);
        TimingEngine.shift(burstStep, cycles);
    }
}
