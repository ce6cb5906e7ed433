package io.millrace.scheduler.internal;

import io.millrace.scheduler.Actor;
import io.millrace.scheduler.MachineOptions.Order;
import io.millrace.scheduler.Work;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * The part of a period in which a layer's firings lie, by the rows of its map. Layers of few rows that follow each other many times keep several frames in
 * their buffers when each takes a whole period; in a shorter time they keep less than one, and the layer before them keeps more.
 */
final class Spans {
    private static final int HALVINGS = 5;

    private final GlobalOrder.Network network;
    private final Flow flow;
    private final int slackPercent;
    private final Map<Integer, Integer> halvingsOfRows;

    private Spans(GlobalOrder.Network network, int slackPercent, Map<Integer, Integer> halvingsOfRows) {
        this.network = network;
        this.flow = network.flow();
        this.slackPercent = slackPercent;
        this.halvingsOfRows = Map.copyOf(halvingsOfRows);
    }

    /** Every layer has the whole period. */
    static Spans even(GlobalOrder.Network network) {
        return new Spans(network, 0, Map.of());
    }

    /** As they take the least row memory, each number of rows by itself, fewest first, as long as that gets less. */
    static Spans compact(GlobalOrder.Network network, int slackPercent) {
        var spans = new Spans(network, slackPercent, Map.of());
        var rows = new TreeSet<Integer>();
        for (var actor : network.flow().actors()) {
            rows.add(spans.rows(actor));
        }
        rows.remove(rows.last());
        long least = spans.elements();
        boolean better = true;
        while (better) {
            better = false;
            for (int r : rows) {
                var others = spans.others(r);
                var elements =
                        others.parallelStream().mapToLong(Spans::elements).toArray();
                for (int i = 0; i < elements.length; i++) {
                    if (elements[i] < least) {
                        least = elements[i];
                        spans = others.get(i);
                        better = true;
                    }
                }
            }
        }
        return spans;
    }

    /** The same with any other part for layers of so many rows. */
    private List<Spans> others(int rows) {
        int now = halvingsOfRows.getOrDefault(rows, 0);
        return IntStream.rangeClosed(0, HALVINGS)
                .filter(h -> h != now)
                .mapToObj(h -> {
                    var changed = new HashMap<>(halvingsOfRows);
                    changed.put(rows, h);
                    return new Spans(network, slackPercent, changed);
                })
                .toList();
    }

    /** Cycles or keys of an actor's firings when a period has so many. */
    long of(Actor actor, long period) {
        return Math.max(1, period >> halvingsOfRows.getOrDefault(rows(actor), 0));
    }

    private int rows(Actor actor) {
        return flow.geometry(actor).outputRows();
    }

    private long elements() {
        var slots = GlobalOrder.of(network, Order.SPREAD, slackPercent, this).slots();
        long elements = 0;
        for (int b = 0; b < slots.length; b++) {
            var buffer = flow.buffers().get(b);
            // What is in DRAM costs nothing here.
            boolean inDram = flow.actors().get(buffer.producer()).work() instanceof Work.Spill;
            elements += inDram ? 0 : (long) slots[b] * flow.rowPitch(buffer);
        }
        return elements;
    }
}
