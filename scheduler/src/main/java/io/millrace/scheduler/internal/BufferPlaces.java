package io.millrace.scheduler.internal;

import io.millrace.scheduler.Unit;
import io.millrace.scheduler.internal.Demand.Pair;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.TreeMap;

/**
 * Where buffers lie in the row memory of their writing and reading unit. Buffers that never hold rows at the same time may have the same place: the
 * largest are placed first, each at the lowest address at which it meets none that holds rows when it does.
 */
final class BufferPlaces {
    private final Flow flow;
    /** By buffer. */
    private final int[] elements;

    private final Lifetimes lifetimes;
    private final int[] bases;
    private final TreeMap<Pair, OfMemory> memories = new TreeMap<>();

    /**
     * A row memory.
     *
     * @param shared whether buffers in it overlap
     */
    record OfMemory(int elements, boolean shared) {}

    private BufferPlaces(Flow flow, int[] slots, Lifetimes lifetimes) {
        this.flow = flow;
        this.lifetimes = lifetimes;
        bases = new int[slots.length];
        elements = new int[slots.length];
        for (int b = 0; b < slots.length; b++) {
            elements[b] = flow.rowPitch(flow.buffers().get(b)) * slots[b];
        }
    }

    /** @param slots by buffer */
    static BufferPlaces of(Flow flow, int[] slots, Lifetimes lifetimes) {
        var places = new BufferPlaces(flow, slots, lifetimes);
        var buffersOf = new TreeMap<Pair, LinkedHashSet<Integer>>();
        for (var link : flow.links()) {
            buffersOf
                    .computeIfAbsent(new Pair(flow.writer(link), flow.reader(link)), _ -> new LinkedHashSet<>())
                    .add(link.buffer());
        }
        buffersOf.forEach((pair, buffers) -> places.place(pair, List.copyOf(buffers)));
        return places;
    }

    /** The places of the same buffers with other slots. */
    BufferPlaces with(int[] others) {
        return of(flow, others, lifetimes);
    }

    /** Element address of a buffer's first row. */
    int base(int buffer) {
        return bases[buffer];
    }

    /** The memory between a writing and a reading unit. */
    OfMemory memory(Pair pair) {
        return memories.getOrDefault(pair, new OfMemory(0, false));
    }

    /** Elements of all memories. */
    long elements() {
        return memories.values().stream().mapToLong(OfMemory::elements).sum();
    }

    private void place(Pair pair, List<Integer> buffers) {
        // What is in DRAM has room.
        boolean inDram = flow.units().get(pair.writer()) instanceof Unit.Store;
        if (inDram || lifetimes.period() == 0) {
            int next = 0;
            for (int b : buffers) {
                bases[b] = next;
                next += elements[b];
            }
            memories.put(pair, new OfMemory(next, false));
            return;
        }
        var placed = new ArrayList<Integer>();
        int end = 0;
        int sum = 0;
        for (int b : buffers.stream()
                .sorted(Comparator.comparingInt((Integer b) -> -elements[b]).thenComparingInt(b -> b))
                .toList()) {
            bases[b] = lowest(b, placed);
            insert(b, placed);
            end = Math.max(end, bases[b] + elements[b]);
            sum += elements[b];
        }
        memories.put(pair, new OfMemory(end, end < sum));
    }

    /** Puts a buffer among the others, which are ordered by their places. */
    private void insert(int buffer, List<Integer> placed) {
        int at = placed.size();
        while (at > 0 && bases[placed.get(at - 1)] > bases[buffer]) {
            at--;
        }
        placed.add(at, buffer);
    }

    /**
     * The lowest address of a buffer behind, before or between those it must not meet.
     *
     * @param placed by ascending address
     */
    private int lowest(int buffer, List<Integer> placed) {
        int at = 0;
        int size = elements[buffer];
        for (int o : placed) {
            if (at + size <= bases[o]) {
                break;
            }
            if (at < bases[o] + elements[o] && !lifetimes.apart(buffer, o)) {
                at = bases[o] + elements[o];
            }
        }
        return at;
    }
}
