package io.millrace.scheduler;

import java.util.ArrayList;
import java.util.List;

/**
 * Where the weights of streamed engines lie in DRAM, in bursts of {@link DramPort#burstBytes()}: actor after actor, each from a whole burst on, so that no
 * burst crosses a DRAM row. Actors of one engine with the same tiles have them in one place. Spilled maps lie behind them all,
 * memory after memory.
 *
 * @param firstBurst by actor id; -1 for an actor whose weights are not in DRAM
 * @param words by actor id: words of {@link DramPort#dataBytes()} that a firing reads, 0 for an actor without
 * @param owner by actor id: whether its weights are there for it, and for others perhaps, or for an earlier actor
 * @param bursts of all actors: the number of the first burst of spilled maps
 */
public record DramLayout(List<Long> firstBurst, List<Integer> words, List<Boolean> owner, long bursts) {
    public DramLayout {
        firstBurst = List.copyOf(firstBurst);
        words = List.copyOf(words);
        owner = List.copyOf(owner);
    }

    /** The layout of a schedule's weights. */
    public static DramLayout of(Schedule schedule) {
        var port = schedule.machine().dram();
        var first = new ArrayList<Long>();
        var words = new ArrayList<Integer>();
        var owner = new ArrayList<Boolean>();
        int[] sharedWith = sharedWith(schedule);
        long next = 0;
        for (var actor : schedule.actors()) {
            if (actor.work() instanceof Work.Multiply w
                    && schedule.machine().unit(actor.unit()) instanceof Unit.Matrix m
                    && m.streamed()) {
                int count = m.beats(w.tiles());
                boolean owns = sharedWith[actor.id()] == actor.id();
                first.add(owns ? next : first.get(sharedWith[actor.id()]));
                words.add(count);
                owner.add(owns);
                next += owns ? Math.ceilDiv(count, port.burstBeats()) : 0;
            } else {
                first.add(-1L);
                words.add(0);
                owner.add(false);
            }
        }
        return new DramLayout(first, words, owner, next);
    }

    /** By actor of a streamed engine, the first actor of the engine with the same tiles. */
    private static int[] sharedWith(Schedule schedule) {
        var first = new int[schedule.actors().size()];
        for (var engine : schedule.machine().streamed()) {
            var actors = schedule.actors().stream()
                    .filter(a -> a.unit() == engine.id())
                    .toList();
            int[] firsts = WeightPlaces.firstsOf(
                    actors.stream().map(a -> WeightPlaces.Layer.of(schedule, a)).toList());
            for (int i = 0; i < firsts.length; i++) {
                first[actors.get(i).id()] = actors.get(firsts[i]).id();
            }
        }
        return first;
    }

    /** Burst with which an edge's buffer in DRAM begins. */
    public long firstBurst(Schedule schedule, Edge edge) {
        var machine = schedule.machine();
        var memory = machine.memories().get(edge.memory());
        if (!(machine.unit(memory.writer()) instanceof Unit.Store store)) {
            throw new IllegalArgumentException("edge " + edge.id() + " is on chip");
        }
        return firstBurst(machine, memory) + edge.base() / store.burstElements();
    }

    /** Burst with which a memory in DRAM begins. */
    public long firstBurst(Machine machine, RowMemory memory) {
        long before = machine.memories().subList(0, memory.id()).stream()
                .filter(machine::inDram)
                .mapToLong(m -> m.words() / machine.dram().burstBeats())
                .sum();
        return bursts + before;
    }

    /** Bursts of weights and maps together. */
    public static long allBursts(Schedule schedule) {
        var machine = schedule.machine();
        long maps = machine.memories().stream()
                .filter(machine::inDram)
                .mapToLong(m -> m.words() / machine.dram().burstBeats())
                .sum();
        return of(schedule).bursts() + maps;
    }

    /** Bytes that a frame moves: weights and spilled maps. */
    public static long bytesPerFrame(Schedule schedule) {
        return weightBytesPerFrame(schedule) + spilledBytesPerFrame(schedule);
    }

    /** Bytes of a map that are written to or read from DRAM: rows of whole beats. */
    public static long mapBytes(DramPort port, Geometry g, int bitsPerCode) {
        int rowBytes = g.outputRowElements() * bitsPerCode / 8;
        return (long) g.outputRows() * Math.ceilDiv(rowBytes, port.dataBytes()) * port.dataBytes();
    }

    /** Bytes of spilled maps that a frame writes and reads. */
    public static long spilledBytesPerFrame(Schedule schedule) {
        int bits = schedule.machine().precision().bits();
        return schedule.actors().stream()
                .filter(a -> a.work() instanceof Work.Spill || a.work() instanceof Work.Reload)
                .mapToLong(a -> mapBytes(schedule.machine().dram(), schedule.geometry(a), bits))
                .sum();
    }

    /** Bytes of weights that a frame reads: every firing reads all weights of its actor. */
    public static long weightBytesPerFrame(Schedule schedule) {
        var layout = of(schedule);
        int batch = schedule.batch();
        long sum = 0;
        for (var actor : schedule.actors()) {
            long words = layout.words.get(actor.id());
            if (words > 0) {
                int firings = actor.firings(schedule.geometry(actor));
                sum += words * firings * (batch / actor.batch());
            }
        }
        return Math.ceilDiv(sum * schedule.machine().dram().dataBytes(), batch);
    }
}
