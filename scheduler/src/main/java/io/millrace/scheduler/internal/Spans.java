package io.millrace.scheduler.internal;

import io.millrace.scheduler.Actor;
import io.millrace.scheduler.MachineOptions.Order;
import io.millrace.scheduler.Work;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;

/**
 * The part of a period in which a layer's firings lie, by the rows of its map. Layers of few rows that follow each other many times keep several frames in
 * their buffers when each takes a whole period; in a shorter time they keep less than one, and the layer before them keeps more.
 */
final class Spans {
    private static final int HALVINGS = 5;

    private final GlobalOrder.Network network;
    private final Flow flow;
    private final int slackPercent;
    private final Map<Integer, Integer> halvingsOfRows = new HashMap<>();

    private Spans(GlobalOrder.Network network, int slackPercent) {
        this.network = network;
        this.flow = network.flow();
        this.slackPercent = slackPercent;
    }

    /** Every layer has the whole period. */
    static Spans even(GlobalOrder.Network network) {
        return new Spans(network, 0);
    }

    /** As they take the least row memory, each number of rows by itself, fewest first, as long as that gets less. */
    static Spans compact(GlobalOrder.Network network, int slackPercent) {
        var spans = new Spans(network, slackPercent);
        var flow = network.flow();
        var rows = new TreeSet<Integer>();
        flow.actors().forEach(a -> rows.add(spans.rows(a)));
        rows.remove(rows.last());
        long least = spans.elements();
        boolean better = true;
        while (better) {
            better = false;
            for (int r : rows) {
                int before = spans.halvingsOfRows.getOrDefault(r, 0);
                int best = before;
                for (int h = 0; h <= HALVINGS; h++) {
                    spans.halvingsOfRows.put(r, h);
                    long found = h == before ? least : spans.elements();
                    if (found < least) {
                        least = found;
                        best = h;
                        better = true;
                    }
                }
                spans.halvingsOfRows.put(r, best);
            }
        }
        return spans;
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
