package io.millrace.simulator.internal;

import io.millrace.scheduler.Actor;
import io.millrace.scheduler.DramLayout;
import io.millrace.scheduler.FiringList;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Timing;
import io.millrace.scheduler.Unit;
import io.millrace.scheduler.Work;
import java.util.Arrays;

/**
 * A schedule as primitive arrays, for a hot path without objects. List entries of all units lie one after another;
 * every duration that does not depend on the run is worked out here from {@code docs/machine.md}.
 */
public final class CompiledSchedule {
    /** What a unit does with time. */
    static final int HOST_IN = 0;

    static final int HOST_OUT = 1;
    static final int MATRIX = 2;
    static final int VECTOR = 3;
    static final int STORE = 4;
    static final int LOAD = 5;

    public final Schedule schedule;
    public final int units;
    public final int actors;
    public final int edges;

    // units
    final int[] kind;
    final int[] head;
    final int[] load;
    final int[] drainDelay;
    final int[] drainFetch;
    final int[] commitDelay;
    final int[] firstEntry;
    final int[] entryCount;

    /** Units whose weights come from DRAM, by id. */
    final int[] streamed;

    /** Units that use the port to DRAM, in the order in which it knows them. */
    final int[] dramClients;

    // spilled maps, by actor on the store or load unit; else 0
    /** Beats of a row. */
    final int[] rowBeats;
    /** Burst with which the buffer in DRAM begins, and bursts of a row of it. */
    final long[] burstBase;

    final int[] rowBursts;
    /** Rows of the buffer in DRAM. */
    final int[] dramSlots;

    // list entries, absolute numbers
    public final int[] actor;
    public final int[] rows;
    /** Rows that a firing reserves at its start, and rows that it commits; none, in between, of ranges of columns. */
    final int[] reserves;

    final int[] commits;
    /** Output columns that a firing computes. */
    final int[] firstColumn;

    final int[] columns;
    final int[] times;
    /** Whether a frame is complete after a firing. */
    final boolean[] endsFrame;
    /** Entry to jump back to, or -1. */
    final int[] jumpTo;

    final int[] jumpTimes;
    final int[] next;
    /** First of the entry's inputs in {@link #inputEdge}. */
    final int[] inputFrom;

    final int[] inputEdge;
    final int[] need;
    final int[] free;
    /** Of a streamed engine: words that a firing fetches, the burst at which they begin, and tiles of a group; else 0. */
    final int[] fetchWords;

    final long[] fetchBurst;
    final int[] groupTiles;
    /** Groups of a firing. */
    final int[] groups;
    /** From the start of a group's first tile to that of its last. */
    final int[] groupSpan;
    /** Least distance of two tile starts. */
    final int[] tileStep;
    /** Cycles of the firing's last tile (vector: all of it; host units: its beats). */
    final int[] lastTile;

    final int[] drainFull;
    final int[] drainLast;
    /** Cycles in which a firing reads or moves something it must: the rest of its span is waiting. */
    final int[] work;
    /** Tile cycles of a firing that are there only because the weight load is longer. */
    final int[] weightWait;

    // actors
    final int[] outputFrom;
    final int[] outputEdge;
    /** By actor, edges that have to be empty before it fires. */
    final int[][] sharing;

    final boolean[] sends;
    /** Frames of a firing that computes several, else 1. */
    final int[] batch;

    // edges
    final int[] slots;
    final int[] producerUnit;
    final int[] consumerUnit;
    final int[] ringFrom;
    final int[] ringMask;
    final int ringLength;
    private final DramLayout layout;

    public CompiledSchedule(Schedule schedule) {
        ScheduleCheck.requireSound(schedule);
        this.schedule = schedule;
        var machine = schedule.machine();
        units = machine.units().size();
        actors = schedule.actors().size();
        edges = schedule.edges().stream().mapToInt(e -> e.id() + 1).max().orElse(0);
        kind = new int[units];
        head = new int[units];
        load = new int[units];
        drainDelay = new int[units];
        drainFetch = new int[units];
        commitDelay = new int[units];
        firstEntry = new int[units];
        entryCount = new int[units];
        for (var unit : machine.units()) {
            compileUnit(unit);
        }

        int entries =
                schedule.lists().stream().mapToInt(l -> l.entries().size()).sum();
        int inputs = schedule.lists().stream()
                .flatMap(l -> l.entries().stream())
                .mapToInt(e -> e.need().size())
                .sum();
        actor = new int[entries];
        rows = new int[entries];
        reserves = new int[entries];
        commits = new int[entries];
        firstColumn = new int[entries];
        columns = new int[entries];
        times = new int[entries];
        endsFrame = new boolean[entries];
        jumpTo = new int[entries];
        jumpTimes = new int[entries];
        next = new int[entries];
        inputFrom = new int[entries + 1];
        inputEdge = new int[inputs];
        need = new int[inputs];
        free = new int[inputs];
        streamed = machine.streamed().stream()
                .mapToInt(Unit.Matrix::id)
                .filter(u -> entryCount(u) > 0)
                .toArray();
        dramClients = machine.dramClients().stream()
                .mapToInt(Unit::id)
                .filter(u -> entryCount(u) > 0)
                .toArray();
        layout = DramLayout.of(schedule);
        rowBeats = new int[actors];
        burstBase = new long[actors];
        rowBursts = new int[actors];
        dramSlots = new int[actors];
        schedule.actors().forEach(this::compileSpilled);
        fetchWords = new int[entries];
        fetchBurst = new long[entries];
        groupTiles = new int[entries];
        groups = new int[entries];
        groupSpan = new int[entries];
        tileStep = new int[entries];
        lastTile = new int[entries];
        drainFull = new int[entries];
        drainLast = new int[entries];
        work = new int[entries];
        weightWait = new int[entries];
        int at = 0;
        for (var list : schedule.lists()) {
            compileList(list, at);
            at += list.entries().size();
        }

        outputFrom = new int[actors + 1];
        outputEdge = new int[edges];
        sharing = schedule.actors().stream()
                .map(a ->
                        schedule.sharing(a).stream().mapToInt(Integer::intValue).toArray())
                .toArray(int[][]::new);
        sends = new boolean[actors];
        batch = schedule.actors().stream().mapToInt(Actor::batch).toArray();
        for (var a : schedule.actors()) {
            outputFrom[a.id() + 1] = outputFrom[a.id()] + a.outputs().size();
            for (int i = 0; i < a.outputs().size(); i++) {
                outputEdge[outputFrom[a.id()] + i] = a.outputs().get(i);
            }
            sends[a.id()] = a.work() instanceof Work.Send;
        }

        slots = new int[edges];
        producerUnit = new int[edges];
        consumerUnit = new int[edges];
        ringFrom = new int[edges];
        ringMask = new int[edges];
        int ring = 0;
        for (var e : schedule.edges()) {
            slots[e.id()] = e.slots();
            producerUnit[e.id()] = schedule.actor(e.producer()).unit();
            consumerUnit[e.id()] = schedule.actor(e.consumer()).unit();
            int length = Integer.highestOneBit(Math.max(1, 2 * e.slots() - 1));
            ringFrom[e.id()] = ring;
            ringMask[e.id()] = length - 1;
            ring += length;
        }
        ringLength = ring;
    }

    private int entryCount(int unit) {
        return schedule.lists().get(unit).entries().size();
    }

    private void compileUnit(Unit unit) {
        var machine = schedule.machine();
        int u = unit.id();
        head[u] = Timing.head(machine, unit);
        switch (unit) {
            case Unit.HostIn _ -> {
                kind[u] = HOST_IN;
                commitDelay[u] = Timing.HOST_COMMIT;
            }
            case Unit.HostOut _ -> kind[u] = HOST_OUT;
            case Unit.Store _ -> {
                kind[u] = STORE;
                commitDelay[u] = Timing.STORE_COMMIT;
            }
            case Unit.Load _ -> {
                kind[u] = LOAD;
                commitDelay[u] = Timing.HOST_COMMIT;
            }
            case Unit.Matrix m -> {
                kind[u] = MATRIX;
                load[u] = m.tileLoadCycles();
                compileDrain(m, m.drain());
            }
            case Unit.Vector v -> {
                kind[u] = VECTOR;
                compileDrain(v, v.drain());
            }
        }
    }

    private void compileSpilled(Actor a) {
        int edge;
        switch (a.work()) {
            case Work.Spill _ -> edge = a.outputs().getFirst();
            case Work.Reload _ -> edge = a.inputs().getFirst();
            case Work.Receive _, Work.Send _, Work.Multiply _, Work.Reduce _ -> {
                return;
            }
        }
        var dram = schedule.machine().dram();
        var e = schedule.edge(edge);
        int rowBytes = schedule.geometry(a).outputRowElements()
                * schedule.machine().precision().bits()
                / 8;
        rowBeats[a.id()] = Math.ceilDiv(rowBytes, dram.dataBytes());
        burstBase[a.id()] = layout.firstBurst(schedule, e);
        rowBursts[a.id()] = e.rowPitch() / dram.elements(schedule.machine().precision(), dram.burstBeats());
        dramSlots[a.id()] = e.slots();
    }

    private void compileDrain(Unit unit, Unit.Drain drain) {
        drainDelay[unit.id()] = Timing.drainDelay(schedule.machine(), unit);
        drainFetch[unit.id()] = Timing.drainFetch(schedule.machine(), unit);
        commitDelay[unit.id()] = Timing.commit(schedule.machine().precision(), drain);
    }

    private void compileList(FiringList list, int from) {
        firstEntry[list.unit()] = from;
        int count = list.entries().size();
        entryCount[list.unit()] = count;
        for (int i = 0; i < count; i++) {
            var entry = list.entries().get(i);
            int e = from + i;
            var a = schedule.actor(entry.actor());
            actor[e] = entry.actor();
            rows[e] = entry.rows();
            times[e] = entry.times();
            reserves[e] = a.reserves(entry);
            commits[e] = a.commits(entry);
            endsFrame[e] = a.completesFrame(entry);
            jumpTo[e] = entry.jumpBack() == 0 ? -1 : e - entry.jumpBack();
            jumpTimes[e] = entry.jumpTimes();
            next[e] = i + 1 < count ? e + 1 : from + list.loopStart();
            int in = inputFrom[e];
            for (int k = 0; k < entry.need().size(); k++) {
                inputEdge[in] = a.inputs().get(k);
                need[in] = entry.need().get(k);
                free[in] = entry.free().get(k);
                in++;
            }
            inputFrom[e + 1] = in;
            compileFiring(e, a, schedule.machine().unit(list.unit()), entry.range());
        }
    }

    private void compileFiring(int e, Actor a, Unit unit, int number) {
        var g = schedule.geometry(a);
        int r = rows[e];
        var range = a.range(g, number);
        int width = range.columns();
        firstColumn[e] = range.first();
        columns[e] = width;
        groups[e] = 1;
        switch (unit) {
            case Unit.HostIn h -> hostFiring(e, r * Math.ceilDiv(g.outputRowElements(), h.lanes()));
            case Unit.HostOut h -> hostFiring(e, r * Math.ceilDiv(g.inputRowElements(), h.lanes()));
            case Unit.Store _, Unit.Load _ -> hostFiring(e, r * rowBeats[a.id()]);
            case Unit.Matrix m -> {
                var w = (Work.Multiply) a.work();
                int tile = Timing.readsOfTile(w, r, width);
                int tiles = w.tilesOfGroup();
                if (m.streamed()) {
                    fetchWords[e] = layout.words().get(a.id());
                    fetchBurst[e] = layout.firstBurst().get(a.id());
                    groupTiles[e] = tiles;
                }
                groups[e] = w.groups();
                tileStep[e] = Math.max(tile, m.tileLoadCycles());
                groupSpan[e] = (tiles - 1) * tileStep[e];
                lastTile[e] = tile;
                work[e] = tiles * groups[e] * tile;
                weightWait[e] = (tiles * groups[e] - 1) * (tileStep[e] - tile);
                int pixels = r * width;
                drainFull[e] = Timing.drainCycles(m.drain(), m.outputs(), pixels, w.groupChannels(m.outputs(), g));
                drainLast[e] = Timing.drainCycles(m.drain(), m.outputs(), pixels, w.lastGroupChannels(m.outputs(), g));
            }
            case Unit.Vector v -> {
                var w = (Work.Reduce) a.work();
                lastTile[e] = w.readsOf(r, width);
                work[e] = lastTile[e];
                drainLast[e] = Timing.drainCycles(v, g, w, r, width);
            }
        }
    }

    private void hostFiring(int e, int beats) {
        lastTile[e] = beats;
        work[e] = beats;
    }

    /** Cycles of an entry's firing that are not waiting. */
    public int workCycles(int e) {
        return work[e];
    }

    /** Cycles of an entry's firing in which tiles wait for their weights. */
    public int weightCycles(int e) {
        return weightWait[e];
    }

    /** Whether a unit's weights come from DRAM. */
    public boolean isStreamed(int unit) {
        return Arrays.stream(streamed).anyMatch(u -> u == unit);
    }

    /** Whether a unit moves rows to or from DRAM. */
    public boolean movesMaps(int unit) {
        return kind[unit] == STORE || kind[unit] == LOAD;
    }

    public boolean isHost(int unit) {
        return kind[unit] == HOST_IN || kind[unit] == HOST_OUT;
    }

    /** Actor whose firing an entry is, for messages. */
    public Actor actorOf(int entry) {
        return schedule.actor(actor[entry]);
    }
}
