package io.millrace.simulator;

import io.millrace.scheduler.Actor;
import io.millrace.scheduler.DramLayout;
import io.millrace.scheduler.DramPort;
import io.millrace.scheduler.FiringList;
import io.millrace.scheduler.FiringList.Entry;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.ListCursor;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Timing;
import io.millrace.scheduler.Unit;
import io.millrace.scheduler.Work;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * docs/machine.md read literally: every cycle, every unit. Slow, and nothing of it comes from the simulator; it is what
 * the simulator's run-ahead is held against.
 */
final class ClockedMachine {
    private final Schedule schedule;
    private final LinkTrace link;
    private final DramLayout layout;
    private final long[] available;
    private final long[] occupied;
    private final Map<Long, List<Runnable>> visible = new HashMap<>();
    private final List<Clocked> units = new ArrayList<>();
    final List<FiringRecord> firings = new ArrayList<>();
    private final int[] frame;
    private final int[] firing;
    private final int[] sent;
    long completion;

    /** Of every cycle, if watched: {@code available} and {@code occupied} of edge 0, edge 1... */
    final List<long[]> counters = new ArrayList<>();

    private boolean watched;

    // The fetchers of streamed engines, by the order of their units, and the port.
    private final DramPort dram;
    private final List<Fetcher> fetchers = new ArrayList<>();
    private int turn;
    private @Nullable Fetcher waiting;
    private long accepted = Long.MIN_VALUE / 2;
    private long acceptedBeats;
    private long acceptedRow = -1;
    private long waitsSince;

    ClockedMachine(Schedule schedule, LinkTrace link) {
        this.schedule = schedule;
        this.link = link;
        layout = DramLayout.of(schedule);
        available = new long[schedule.edges().size()];
        occupied = new long[schedule.edges().size()];
        frame = new int[schedule.actors().size()];
        firing = new int[schedule.actors().size()];
        sent = new int[schedule.actors().size()];
        dram = schedule.machine().dram();
        for (var unit : schedule.machine().units()) {
            units.add(
                    switch (unit) {
                        case Unit.HostIn in -> new Receiver(in);
                        case Unit.HostOut out -> new Sender(out);
                        case Unit.Matrix m -> new Engine(m, m.drain());
                        case Unit.Vector v -> new Engine(v, v.drain());
                        case Unit.Store _, Unit.Load _ ->
                            throw new IllegalArgumentException("units that move spilled maps are held against the RTL");
                    });
        }
    }

    /** Runs until every sender has sent its frames; keeps the firings that have started until then. */
    void run(int frames, long cycleLimit) {
        for (long c = 0; c < cycleLimit; c++) {
            for (var change : visible.getOrDefault(c, List.of())) {
                change.run();
            }
            visible.remove(c);
            if (watched) {
                counters.add(java.util.stream.IntStream.range(0, 2 * available.length)
                        .mapToLong(i -> i % 2 == 0 ? available[i / 2] : occupied[i / 2])
                        .toArray());
            }
            dramCycle(c);
            for (var u : units) {
                u.cycle(c);
            }
            boolean done = schedule.actors().stream()
                    .allMatch(a -> !(a.work() instanceof Work.Send) || sent[a.id()] >= frames);
            if (done) {
                completion = c;
                firings.removeIf(f -> f.start() > completion);
                return;
            }
            for (var u : units) {
                u.decide(c);
            }
        }
        throw new AssertionError("not done after " + cycleLimit + " cycles");
    }

    /** What a streamed engine asks the port for. */
    private final class Fetcher {
        final ListCursor cursor;
        final int tileWords;
        final int tilesPerBeat;
        int free;
        int words;
        /** Tiles that are gone from the first of the words. */
        int gone;

        int left;
        long burst;
        long from = Timing.STREAM_NEXT - 1L;

        Fetcher(Unit.Matrix m) {
            cursor = new ListCursor(schedule.lists().get(m.id()));
            tileWords = m.tileLoadCycles();
            tilesPerBeat = m.tilesPerBeat();
            free = m.fifoWords();
            next();
        }

        void next() {
            left = layout.words().get(cursor.head().actor());
            burst = layout.firstBurst().get(cursor.head().actor());
            cursor.advance();
        }

        int beats() {
            return Math.min(left, dram.burstBeats());
        }

        boolean asks(long c) {
            return c >= from && free >= beats();
        }
    }

    /** One cycle of port and DRAM. */
    private void dramCycle(long c) {
        if (waiting == null) {
            for (int i = 1; i <= fetchers.size() && waiting == null; i++) {
                int k = (turn + i) % fetchers.size();
                if (fetchers.get(k).asks(c)) {
                    waiting = fetchers.get(k);
                    waitsSince = c;
                    turn = k;
                }
            }
            return;
        }
        var f = waiting;
        long row = f.burst * dram.burstBytes() / dram.rowBytes();
        boolean refreshes = dram.refreshPeriod() > 0
                && c >= dram.refreshPeriod()
                && c % dram.refreshPeriod() < dram.refreshCycles();
        long open = accepted + dram.busy(acceptedBeats) + (row == acceptedRow ? 0 : dram.rowMissGap());
        if (refreshes || c < open || c < waitsSince + Timing.DRAM_REQUEST) {
            return;
        }
        int n = f.beats();
        accepted = c;
        acceptedBeats = n;
        acceptedRow = row;
        waiting = null;
        f.burst++;
        f.left -= n;
        f.from = c + (f.left == 0 ? Timing.STREAM_NEXT : Timing.STREAM_REQUEST);
        at(c + 1, () -> f.free -= n);
        for (int i = 0; i < n; i++) {
            at(c + dram.latency() + i + Timing.DRAM_ARRIVAL, () -> f.words++);
        }
        if (f.left == 0) {
            f.next();
        }
    }

    void watchCounters() {
        watched = true;
    }

    private void at(long cycle, Runnable change) {
        visible.computeIfAbsent(cycle, _ -> new ArrayList<>()).add(change);
    }

    private static boolean willing(List<Integer> runs, long c) {
        long at = 0;
        for (int i = 0; i < runs.size(); i++) {
            at += runs.get(i);
            if (c < at) {
                return i % 2 == 0;
            }
        }
        return true;
    }

    /** A firing under way. */
    private final class Firing {
        final Entry entry;
        final Actor actor;
        final Geometry geometry;
        final long start;
        final int inFrame;
        final int ofFrame;
        long last;

        Firing(Entry entry, long start) {
            this.entry = entry;
            this.actor = schedule.actor(entry.actor());
            this.geometry = schedule.geometry(actor);
            this.start = start;
            this.inFrame = firing[actor.id()]++;
            this.ofFrame = frame[actor.id()];
            if (actor.completesFrame(entry)) {
                firing[actor.id()] = 0;
                frame[actor.id()]++;
            }
            at(start, () -> {
                for (int k = 0; k < actor.inputs().size(); k++) {
                    available[actor.inputs().get(k)] -= entry.free().get(k);
                }
                actor.outputs().forEach(e -> occupied[e] += actor.reserves(entry));
            });
        }

        void readsEnd(long c) {
            last = c;
            at(c + Timing.FREE, () -> {
                for (int k = 0; k < actor.inputs().size(); k++) {
                    occupied[actor.inputs().get(k)] -= entry.free().get(k);
                }
            });
        }

        void commit(long c) {
            at(c, () -> actor.outputs().forEach(e -> available[e] += actor.commits(entry)));
            firings.add(new FiringRecord(actor.unit(), actor.id(), ofFrame, inFrame, start, last, c));
        }
    }

    /** What all units have: a list, and the rules of section 2. */
    private abstract class Clocked {
        final Unit unit;
        private final FiringList list;
        private int position;
        private int fired;
        private int jumped;
        /** Cycle from which the next head is there. */
        long headThere;

        /** The firing that reads, or will from its start. */
        @Nullable
        Firing current;

        final Firing running() {
            return Objects.requireNonNull(current);
        }

        Clocked(Unit unit) {
            this.unit = unit;
            list = schedule.lists().get(unit.id());
            headThere = Timing.head(schedule.machine(), unit);
        }

        /** Whether the unit's last firing is over, or in its last cycle. */
        abstract boolean free(long c);

        boolean ready(long c) {
            return true;
        }

        abstract void begin(Firing f);

        abstract void cycle(long c);

        final void decide(long c) {
            if (list.entries().isEmpty() || c < headThere || !free(c)) {
                return;
            }
            var e = list.entries().get(position);
            var a = schedule.actor(e.actor());
            for (int k = 0; k < a.inputs().size(); k++) {
                if (available[a.inputs().get(k)] < e.need().get(k)) {
                    return;
                }
            }
            for (int edge : a.outputs()) {
                if (occupied[edge] + a.reserves(e) > schedule.edge(edge).slots()) {
                    return;
                }
            }
            for (int edge : schedule.sharing(a)) {
                if (e.range() == 0 && occupied[edge] > 0) {
                    return;
                }
            }
            if (!ready(c)) {
                return;
            }
            headThere = c + 1 + Timing.head(schedule.machine(), unit);
            current = new Firing(e, c + 1);
            begin(running());
            if (++fired == e.times()) {
                fired = 0;
                if (e.jumpBack() > 0 && jumped++ < e.jumpTimes()) {
                    position -= e.jumpBack();
                } else {
                    jumped = e.jumpBack() > 0 ? 0 : jumped;
                    position = position + 1 == list.entries().size() ? list.loopStart() : position + 1;
                }
            }
        }
    }

    private final class Receiver extends Clocked {
        private int beatsLeft;
        private long lastBeat = -2;

        Receiver(Unit.HostIn unit) {
            super(unit);
        }

        @Override
        boolean free(long c) {
            return beatsLeft == 0 && c >= lastBeat + 1;
        }

        @Override
        void begin(Firing f) {
            beatsLeft = f.entry.rows() * Math.ceilDiv(f.geometry.outputRowElements(), ((Unit.HostIn) unit).lanes());
        }

        @Override
        void cycle(long c) {
            if (beatsLeft > 0 && c >= running().start && willing(link.in(), c)) {
                lastBeat = c;
                if (--beatsLeft == 0) {
                    running().readsEnd(c);
                    running().commit(c + Timing.HOST_COMMIT);
                }
            }
        }
    }

    private final class Sender extends Clocked {
        private int stepsLeft;
        /** Cycles of the steps that have not left, and whose last beat they are. */
        private final ArrayDeque<Long> steps = new ArrayDeque<>();

        private final ArrayDeque<Firing> owners = new ArrayDeque<>();

        Sender(Unit.HostOut unit) {
            super(unit);
        }

        @Override
        boolean free(long c) {
            return stepsLeft == 0;
        }

        @Override
        void begin(Firing f) {
            stepsLeft = f.entry.rows() * Math.ceilDiv(f.geometry.inputRowElements(), ((Unit.HostOut) unit).lanes());
        }

        @Override
        void cycle(long c) {
            // A step may follow the pop that makes room by a cycle: what pops in this cycle still counts.
            int held = steps.size();
            if (!steps.isEmpty() && c >= steps.peek() + Timing.HOST_OUT_LATENCY && willing(link.out(), c)) {
                steps.remove();
                var f = owners.remove();
                boolean lastOfFiring = owners.isEmpty() ? f != current || stepsLeft == 0 : owners.peek() != f;
                if (lastOfFiring && f.entry.endsFrame()) {
                    sent[f.actor.id()]++;
                }
            }
            if (stepsLeft > 0 && c >= running().start && held < Timing.HOST_OUT_BEATS) {
                steps.add(c);
                owners.add(running());
                if (--stepsLeft == 0) {
                    running().readsEnd(c);
                    running().commit(c);
                }
            }
        }
    }

    /** A group on its way to the drain. */
    private record Job(Firing firing, long end, int cycles, boolean last) {}

    private final class Engine extends Clocked {
        private final Unit.Drain drain;
        private final ArrayDeque<Job> jobs = new ArrayDeque<>();
        private @Nullable Job draining;
        private long drainLeft;
        private long drainedLast = Long.MIN_VALUE / 2;
        /** Ends of the drains, by group. */
        private final List<Long> drained = new ArrayList<>();

        private long groupsOpened;
        private int tile = -1;
        private int tiles;
        private long tileStart;
        private long loadBegin;
        private final @Nullable Fetcher fetcher;
        /** Whether the load is still to begin: a streamed tile's, when its words are there. */
        private boolean loadWaits;

        Engine(Unit unit, Unit.Drain drain) {
            super(unit);
            this.drain = drain;
            boolean streamed = unit instanceof Unit.Matrix m
                    && m.streamed()
                    && !schedule.lists().get(m.id()).entries().isEmpty();
            fetcher = streamed ? new Fetcher((Unit.Matrix) unit) : null;
            if (fetcher != null) {
                fetchers.add(fetcher);
                turn = fetchers.size() - 1;
                loadWaits = true;
            }
            loadBegin = Timing.head(schedule.machine(), unit);
        }

        /** Pixels whose channels are taken as those of one. */
        private static int side(Firing f) {
            return f.actor.work() instanceof Work.Reduce w ? w.pixels() : 1;
        }

        private static int columns(Firing f) {
            return f.actor.range(f.geometry, f.entry.range()).columns();
        }

        private int tileLength() {
            var f = running();
            return f.actor.work() instanceof Work.Multiply w
                    ? Math.max(f.entry.rows() * Math.ceilDiv(columns(f), w.pixelsPerClock()), Timing.tileCyclesMin(w))
                    : f.entry.rows()
                            * columns(f)
                            / side(f)
                            * ((Work.Reduce) f.actor.work()).channelGroups()
                            * ((Work.Reduce) f.actor.work()).taps().size();
        }

        private boolean outer() {
            return running().actor.work() instanceof Work.Multiply w && w.order() == Work.TileOrder.OUTPUTS_OUTER;
        }

        private int tilesPerGroup() {
            return outer() ? ((Work.Multiply) running().actor.work()).segments().size() : tiles;
        }

        @Override
        boolean free(long c) {
            return tile < 0 || (tile == tiles - 1 && c >= tileStart + tileLength() - 1);
        }

        /** Whether the half for the next group can be written from cycle {@code s} on. */
        private boolean halfFree(long s) {
            int before = (int) groupsOpened - 2;
            return before < 0 || (drained.size() > before && s >= drained.get(before) + 2);
        }

        private boolean weightsThere(long s) {
            return !(unit instanceof Unit.Matrix m) || (!loadWaits && s >= loadBegin + m.tileLoadCycles());
        }

        private void load(long c) {
            if (fetcher == null || !loadWaits || c < loadBegin) {
                return;
            }
            var f = fetcher;
            // A firing's first tile leaves alone what the one before it has left of a word.
            int left = tile == tiles - 1 && f.gone > 0 ? 1 : 0;
            if (f.words < left + f.tileWords) {
                return;
            }
            loadWaits = false;
            loadBegin = c;
            int gone = left > 0 ? 1 : f.gone + 1;
            int used = gone == f.tilesPerBeat ? left + f.tileWords : left;
            f.gone = gone % f.tilesPerBeat;
            at(c + 1, () -> f.words -= used);
            at(c + f.tileWords + Timing.STREAM_FREE, () -> f.free += used);
        }

        @Override
        boolean ready(long c) {
            return halfFree(c + 1) && weightsThere(c + 1);
        }

        @Override
        void begin(Firing f) {
            tile = 0;
            tiles = f.actor.work() instanceof Work.Multiply w ? w.segments().size() * w.outputTiles() : 1;
            tileStart = f.start;
            groupsOpened++;
            loadWaits = fetcher != null;
            loadBegin = tiles > 1 ? tileStart : f.start + Timing.head(schedule.machine(), unit);
        }

        @Override
        void cycle(long c) {
            drainCycle(c);
            load(c);
            if (tile < 0 || c < tileStart) {
                return;
            }
            int length = tileLength();
            if (c == tileStart + length - 1) {
                boolean groupEnds = (tile + 1) % tilesPerGroup() == 0;
                if (groupEnds) {
                    jobs.add(new Job(running(), c, drainCycles(tile / tilesPerGroup()), tile == tiles - 1));
                }
                if (tile == tiles - 1) {
                    running().readsEnd(c);
                }
            }
            // The next tile would start in c + 1.
            boolean opens = tile + 1 < tiles && (tile + 1) % tilesPerGroup() == 0;
            if (tile + 1 < tiles && c + 1 >= tileStart + length && weightsThere(c + 1) && (!opens || halfFree(c + 1))) {
                tile++;
                tileStart = c + 1;
                groupsOpened += opens ? 1 : 0;
                loadWaits = fetcher != null;
                loadBegin = tile == tiles - 1
                        ? Math.max(tileStart, running().start + Timing.head(schedule.machine(), unit))
                        : tileStart;
            }
        }

        private int drainCycles(int group) {
            int p = unit instanceof Unit.Matrix m ? m.outputs() : ((Unit.Vector) unit).lanes();
            int channels = running().geometry.outputChannels() * side(running());
            int beats = 0;
            for (int og = 0; og * p < channels; og++) {
                if (!outer() || og == group) {
                    beats += Math.ceilDiv(Math.min(p, channels - og * p), drain.lanes());
                }
            }
            int columns = columns(running()) / side(running());
            return running().entry.rows() * columns * beats * drain.interval();
        }

        private void drainCycle(long c) {
            if (draining == null
                    && !jobs.isEmpty()
                    && c >= jobs.peek().end() + Timing.drainDelay(schedule.machine(), unit)
                    && c >= drainedLast + Timing.drainFetch(schedule.machine(), unit)) {
                draining = jobs.remove();
                drainLeft = draining.cycles();
            }
            if (draining != null && --drainLeft == 0) {
                drainedLast = c;
                drained.add(c);
                if (draining.last()) {
                    draining.firing()
                            .commit(c + Timing.commit(schedule.machine().precision(), drain));
                }
                draining = null;
            }
        }
    }
}
