package io.millrace.simulator.internal;

import io.millrace.scheduler.DramPort;
import io.millrace.scheduler.Timing;
import io.millrace.scheduler.Unit;
import org.jspecify.annotations.Nullable;

/**
 * The units that use the port to DRAM, the port and the DRAM behind it, section 8 of {@code docs/machine.md}: fetchers of streamed engines, and what moves
 * spilled maps.
 *
 * <p>The port's choice is the one thing in the machine that depends on which of two events is earlier. It is made when nothing else can go on: every
 * event that is not known then hangs on a burst that has not been chosen yet, so it comes later than the next choice, and all requests that
 * can be up by then are known.
 */
final class DramTraffic {
    private final DramPort dram;
    private final DramClient[] clients;
    private final Fetcher[] fetchers;
    private final MapMoves[] moves;
    /** First cycle in which the port can choose. */
    private long portFree;
    /** First cycle in which the DRAM accepts a burst of the same row. */
    private long dramFree = TimingEngine.NEVER;

    private long row = -1;
    private int turn;

    DramTraffic(CompiledSchedule p) {
        dram = p.schedule.machine().dram();
        clients = new DramClient[p.dramClients.length];
        fetchers = new Fetcher[p.units];
        moves = new MapMoves[p.units];
        for (int k = 0; k < clients.length; k++) {
            int u = p.dramClients[k];
            if (p.movesMaps(u)) {
                moves[u] = new MapMoves(p, u);
                clients[k] = moves[u];
            } else {
                fetchers[u] = new Fetcher(p, (Unit.Matrix) p.schedule.machine().unit(u), dram.burstBeats());
                clients[k] = fetchers[u];
            }
        }
        turn = clients.length - 1;
    }

    /** The fetcher, FIFO and word counts of one engine. */
    private static final class Fetcher extends DramClient {
        final CompiledSchedule p;
        final int burstBeats;
        final int tileWords;
        final int tilesPerBeat;
        // the walk
        int entry;
        int timesLeft;
        int jumpsTaken;
        int left;
        long burst;
        /** First cycle in which the next request may be up. */
        long ready = Timing.STREAM_NEXT - 1L;
        /** Free words with the loads counted so far, the last of which was over in {@code counted}. */
        int free;

        long counted = TimingEngine.NEVER;
        /** Cycles in which the words of loads are free that are not counted yet, a circular queue: those of a tile, or of several tiles one. */
        final long[] loadEnds;

        int loadAt;
        int loadSize;
        /** Bursts that are not taken whole: their first word and the cycle in which it counts, a circular queue. */
        final long[] burstWord;

        final long[] burstCycle;
        int burstAt;
        int burstSize;
        long granted;
        /** Words that are taken, and of the next one so many tiles. */
        long taken;

        int takenTiles;

        Fetcher(CompiledSchedule p, Unit.Matrix m, int burstBeats) {
            super(m.id());
            this.p = p;
            this.burstBeats = burstBeats;
            tileWords = m.tileLoadCycles();
            tilesPerBeat = m.tilesPerBeat();
            free = m.fifoWords();
            loadEnds = new long[m.fifoWords() + 1];
            burstWord = new long[m.fifoWords() + 1];
            burstCycle = new long[m.fifoWords() + 1];
            entry = p.firstEntry[unit];
            timesLeft = p.times[entry];
            begin();
        }

        private void begin() {
            left = p.fetchWords[entry];
            burst = p.fetchBurst[entry];
        }

        @Override
        int beats() {
            return Math.min(left, burstBeats);
        }

        @Override
        long burst() {
            return burst;
        }

        @Override
        long request() {
            while (free < beats()) {
                if (loadSize == 0) {
                    return UNKNOWN;
                }
                free += tileWords;
                counted = loadEnds[loadAt];
                loadAt = loadAt + 1 == loadEnds.length ? 0 : loadAt + 1;
                loadSize--;
            }
            return Math.max(ready, counted);
        }

        @Override
        void accepted(long g, long first) {
            int n = beats();
            int at = (burstAt + burstSize) % burstWord.length;
            burstWord[at] = granted;
            burstCycle[at] = first + Timing.DRAM_ARRIVAL;
            burstSize++;
            granted += n;
            free -= n;
            left -= n;
            burst++;
            ready = g + Timing.STREAM_REQUEST;
            if (left == 0) {
                ready = g + Timing.STREAM_NEXT;
                step();
                begin();
            }
        }

        private void step() {
            if (--timesLeft > 0) {
                return;
            }
            int to = p.next[entry];
            if (p.jumpTo[entry] >= 0) {
                if (jumpsTaken < p.jumpTimes[entry]) {
                    jumpsTaken++;
                    to = p.jumpTo[entry];
                } else {
                    jumpsTaken = 0;
                }
            }
            entry = to;
            timesLeft = p.times[to];
        }

        /**
         * The cycle in which the next tile's load begins, {@code earliest} or later; {@link TimingEngine#NEVER} while it is not known. A firing's first tile is the first of a
         * word.
         */
        long load(long earliest, boolean first) {
            boolean skips = first && takenTiles > 0;
            long last = taken + (skips ? 1 : 0) + tileWords - 1;
            if (last >= granted) {
                return TimingEngine.NEVER;
            }
            int tiles = (first ? 0 : takenTiles) + 1;
            boolean whole = tiles == tilesPerBeat;
            takenTiles = whole ? 0 : tiles;
            while (burstSize > 1 && burstWord[(burstAt + 1) % burstWord.length] <= last) {
                burstAt = (burstAt + 1) % burstWord.length;
                burstSize--;
            }
            long begin = Math.max(earliest, burstCycle[burstAt] + last - burstWord[burstAt]);
            boolean frees = whole || skips;
            taken = whole ? last + 1 : last;
            if (burstSize == 1 && taken == granted) {
                burstAt = (burstAt + 1) % burstWord.length;
                burstSize = 0;
            }
            if (frees) {
                loadEnds[(loadAt + loadSize) % loadEnds.length] = begin + tileWords + Timing.STREAM_FREE;
                loadSize++;
            }
            return begin;
        }

        @Override
        void write(SteadyState state, long now, long portFree, long floor) {
            state.put(entry);
            state.put(timesLeft);
            state.put(jumpsTaken);
            state.put(left);
            state.put(Math.max(ready, portFree) - now);
            state.put(free);
            state.put(Math.max(counted, portFree) - now);
            state.put(loadSize);
            for (int i = 0; i < loadSize; i++) {
                state.put(Math.max(loadEnds[(loadAt + i) % loadEnds.length], portFree) - now);
            }
            state.put(granted - taken);
            state.put(takenTiles);
            state.put(burstSize);
            for (int i = 0; i < burstSize; i++) {
                int at = (burstAt + i) % burstWord.length;
                state.put(burstWord[at] - taken);
                // Words that came before the engine's last start cannot delay a load.
                long length = (i + 1 < burstSize ? burstWord[(at + 1) % burstWord.length] : granted) - burstWord[at];
                state.put(Math.max(burstCycle[at], floor - length) - now);
            }
        }

        @Override
        void shift(long cycles) {
            ready += cycles;
            counted += counted > TimingEngine.NEVER / 2 ? cycles : 0;
            TimingEngine.shift(loadEnds, cycles);
            TimingEngine.shift(burstCycle, cycles);
        }
    }

    /** Whether any unit uses the port. */
    boolean any() {
        return clients.length > 0;
    }

    /**
     * The cycle in which the next tile's load of a streamed engine begins, {@code earliest} or later; {@link TimingEngine#NEVER} while it is not known.
     *
     * @param first whether it is the first of a firing
     */
    long load(int unit, long earliest, boolean first) {
        return fetchers[unit].load(earliest, first);
    }

    /** The firing of a unit that moves spilled maps; null of any other. */
    @Nullable
    MapMoves moves(int unit) {
        return moves[unit];
    }

    /** The cycle of the next choice, a very late one when no request can come up. */
    long nextChoice() {
        long first = DramClient.UNKNOWN;
        for (var c : clients) {
            first = Math.min(first, c.request());
        }
        return first == DramClient.UNKNOWN ? first : Math.max(first, portFree);
    }

    /** Makes the next choice, in cycle {@code choice}, and lets the DRAM accept the burst; returns the unit that it is for. */
    int grant(long choice) {
        int k = turn;
        do {
            k = k + 1 == clients.length ? 0 : k + 1;
        } while (clients[k].request() > choice);
        turn = k;
        var c = clients[k];
        int n = c.beats();
        long itsRow = c.burst() * dram.burstBytes() / dram.rowBytes();
        long from = dramFree + (itsRow == row ? 0 : dram.rowMissGap());
        long g = dram.afterRefresh(Math.max(choice + Timing.DRAM_REQUEST, from));
        dramFree = g + dram.busy(n);
        row = itsRow;
        portFree = g + 1;
        c.accepted(g, g + dram.latency());
        return c.unit;
    }

    /** Writes down all that decides what follows, relative to cycle {@code now}. */
    void write(SteadyState state, long now, long[] startPrev) {
        if (clients.length == 0) {
            return;
        }
        state.put(portFree - now);
        state.put(dramFree > TimingEngine.NEVER / 2 ? dramFree - now : TimingEngine.NEVER);
        state.put(row);
        state.put(turn);
        state.put(dram.refreshPeriod() == 0 ? 0 : now % dram.refreshPeriod());
        state.put(dram.refreshPeriod() > now ? 1 : 0);
        for (var c : clients) {
            c.write(state, now, portFree, startPrev[c.unit]);
        }
    }

    void shift(long cycles) {
        portFree += cycles;
        dramFree += dramFree > TimingEngine.NEVER / 2 ? cycles : 0;
        for (var c : clients) {
            c.shift(cycles);
        }
    }
}
