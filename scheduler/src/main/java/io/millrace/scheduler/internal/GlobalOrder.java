package io.millrace.scheduler.internal;

import io.millrace.scheduler.Actor;
import io.millrace.scheduler.FiringList;
import io.millrace.scheduler.FiringList.Entry;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.MachineOptions.Order;
import io.millrace.scheduler.Work;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * One sequential order of all firings of an endless stream of frames, from which the lists of all units are taken.
 *
 * <ol>
 *   <li>Every firing gets a key: firings of an actor are spread evenly over a period; an actor begins as late as the rows it needs
 *       ask for, plus the latency of their producer and some slack. The same firing of frame n has the key {@code key + n * period}.
 *   <li>All firings sorted by key are an order that can be followed one by one, because a consumer's key is always above its
 *       producer's. Buffers as deep as this order fills them make it possible with finite memory.
 *   <li>Each unit's list is that order seen from the unit. Execution is monotone, so it never stops where the one by one order goes on.
 * </ol>
 *
 * Since keys run over frame borders, a unit shared by early and late layers interleaves frame n + 1's early layers with frame n's
 * late ones, and never waits for its own latency.
 */
final class GlobalOrder {
    /** A firing of frame 0. */
    private record Step(int actor, int firing, long key, Entry entry) {}

    /** A firing in the loop of its unit: the frame it has is {@code turn} behind the newest. */
    private record Folded(Step step, int turn, long phase) {}

    /** Key units a cycle. Keys are whole numbers, so that all units see ties alike. */
    private static final long SCALE = 64;

    private static final Comparator<Step> BY_KEY =
            Comparator.comparingLong(Step::key).thenComparingInt(Step::actor);

    private final Flow flow;
    private final FiringCosts costs;
    private final int slackPercent;
    private final Spans spans;
    private final List<List<Step>> stepsOf = new ArrayList<>();
    private final long[] longestOther;

    /** Key distance of a firing in frame n and in frame n + 1. */
    private long period;

    private GlobalOrder(Flow flow, int slackPercent, Spans spans) {
        this.flow = flow;
        this.costs = new FiringCosts(flow);
        this.slackPercent = slackPercent;
        this.spans = spans;
        this.period = costs.period() * SCALE;
        longestOther = longestOthers();
    }

    /**
     * @param slackPercent cycles added to each dependency, in percent of the longest firing on either of its units that is
     *     shared
     */
    static GlobalOrder of(Flow flow, Order kind, int slackPercent) {
        return of(
                flow, kind, slackPercent, kind == Order.COMPACT ? Spans.compact(flow, slackPercent) : Spans.even(flow));
    }

    static GlobalOrder of(Flow flow, Order kind, int slackPercent, Spans spans) {
        var order = new GlobalOrder(flow, slackPercent, spans);
        switch (kind) {
            case SPREAD, COMPACT -> {
                flow.actors().forEach(order::placeSpread);
                flow.actors().reversed().forEach(order::postpone);
            }
            case LAYERED -> order.placeLayered();
        }
        return order;
    }

    private void placeSpread(Actor actor) {
        long span = spans.of(actor, period);
        place(actor, span, earliest(actor, span));
    }

    /**
     * Moves an actor's firings to just before they are needed, where its own rows would wait longer for their readers than they take: a branch that is shorter
     * than the one it joins. Rows it reads that others read later are kept for those anyway; where it becomes the last reader, its inputs must be smaller than
     * its output.
     */
    private void postpone(Actor actor) {
        // A map is spilled to be off the chip soon.
        if (actor.outputs().isEmpty() || actor.work() instanceof Work.Spill) {
            return;
        }
        long room = Long.MAX_VALUE;
        for (int l : actor.outputs()) {
            room = Math.min(room, room(flow.links().get(l)));
        }
        long free = room;
        long lengthened = 0;
        for (int l : actor.inputs()) {
            long others = keptByOthers(actor, l);
            free = Math.min(free, others);
            lengthened += others < room ? flow.rowPitch(flow.links().get(l)) : 0;
        }
        long written = flow.geometry(actor).outputRowElements();
        long by = lengthened <= written ? room : free;
        if (by > 0) {
            stepsOf.get(actor.id()).replaceAll(s -> new Step(s.actor(), s.firing(), s.key() + by, s.entry()));
        }
    }

    /** By how much a producer may be later without its reader being so. */
    private long room(Flow.Link link) {
        var producer = flow.actors().get(link.producer());
        var consumer = flow.actors().get(link.consumer());
        var g = flow.geometry(consumer);
        long distance = distance(producer, consumer);
        long room = Long.MAX_VALUE;
        for (var s : stepsOf.get(consumer.id())) {
            int rows = g.rowsNeeded(s.firing(), consumer.rowsPerFiring(), link.operand());
            if (rows > 0) {
                int last = Math.ceilDiv(rows, producer.rowsPerFiring()) - 1;
                room = Math.min(room, s.key() - distance - keyOf(producer, last));
            }
        }
        return Math.max(0, room);
    }

    /** By how much the reader of a link may be later before its producer's rows are kept for nobody but it. */
    private long keptByOthers(Actor reader, int link) {
        long latest = 0;
        long own = keyOf(reader, flow.firings(reader) - 1);
        for (int l : flow.actors().get(flow.links().get(link).producer()).outputs()) {
            int other = flow.links().get(l).consumer();
            if (other != reader.id()) {
                latest = Math.max(latest, stepsOf.get(other).getLast().key() - own);
            }
        }
        return latest;
    }

    /** Keys from a producer's firing to the first one that may read its rows. */
    private long distance(Actor producer, Actor consumer) {
        long other = Math.max(longestOther[producer.id()], longestOther[consumer.id()]);
        return SCALE * (costs.latency(producer) + slackPercent * other / 100);
    }

    /** Each layer's firings as fast as it and its producer go, after those of earlier layers on its unit. */
    private void placeLayered() {
        var spans = new long[flow.actors().size()];
        var endOf = new long[flow.units().size()];
        for (var actor : flow.actors()) {
            long span = SCALE * costs.occupancy(actor) * flow.firings(actor);
            for (int input : actor.inputs()) {
                span = Math.max(span, spans[flow.links().get(input).producer()]);
            }
            spans[actor.id()] = span;
            long begin = Math.max(earliest(actor, span), endOf[actor.unit()]);
            place(actor, span, begin);
            endOf[actor.unit()] = begin + span;
        }
        for (var actor : flow.actors()) {
            if (actor.work() instanceof Work.Receive) {
                delay(actor);
            }
        }
        for (var unit : flow.units()) {
            var keys = flow.actorsOn(unit.id()).stream()
                    .flatMap(a -> stepsOf.get(a.id()).stream())
                    .mapToLong(Step::key)
                    .summaryStatistics();
            period = Math.max(period, keys.getCount() == 0 ? 0 : keys.getMax() - keys.getMin() + SCALE);
        }
    }

    /** Moves a receiver's firings to just before they are needed; where that is, its list does not say. */
    private void delay(Actor actor) {
        var steps = stepsOf.get(actor.id());
        var keys = new long[steps.size()];
        java.util.Arrays.fill(keys, Long.MAX_VALUE);
        for (int link : actor.outputs()) {
            var consumer = flow.actors().get(flow.links().get(link).consumer());
            var g = flow.geometry(consumer);
            for (var s : stepsOf.get(consumer.id())) {
                int rows = g.rowsNeeded(
                        s.firing(),
                        consumer.rowsPerFiring(),
                        flow.links().get(link).operand());
                for (int f = 0; f < steps.size() && f * actor.rowsPerFiring() < rows; f++) {
                    keys[f] = Math.min(keys[f], s.key() - SCALE * costs.latency(actor));
                }
            }
        }
        for (int f = 0; f < keys.length; f++) {
            steps.set(f, new Step(actor.id(), f, keys[f], steps.get(f).entry()));
        }
    }

    /** Least key of an actor's first firing with which every firing's key is above those of the firings it needs. */
    private long earliest(Actor actor, long span) {
        var g = flow.geometry(actor);
        int firings = flow.firings(actor);
        long begin = 0;
        for (int k = 0; k < actor.inputs().size(); k++) {
            var producer =
                    flow.actors().get(flow.links().get(actor.inputs().get(k)).producer());
            long distance = distance(producer, actor);
            for (int f = 0; f < firings; f++) {
                int rows = g.rowsNeeded(f, actor.rowsPerFiring(), k);
                if (rows > 0) {
                    int last = Math.ceilDiv(rows, producer.rowsPerFiring()) - 1;
                    begin = Math.max(begin, keyOf(producer, last) + distance - f * span / firings);
                }
            }
        }
        return begin;
    }

    private void place(Actor actor, long span, long begin) {
        var entries = FrameFirings.of(actor, flow.geometry(actor));
        var steps = new ArrayList<Step>();
        for (int f = 0; f < entries.size(); f++) {
            steps.add(new Step(actor.id(), f, begin + f * span / entries.size(), entries.get(f)));
        }
        stepsOf.add(steps);
    }

    /** By actor: cycles of the longest firing of the others on its unit. */
    private long[] longestOthers() {
        var longest = new long[flow.actors().size()];
        for (var unit : flow.units()) {
            var actors = flow.actorsOn(unit.id());
            long most = 0;
            long second = 0;
            int mostOf = -1;
            for (var a : actors) {
                long cycles = costs.occupancy(a);
                if (cycles > most) {
                    second = most;
                    most = cycles;
                    mostOf = a.id();
                } else {
                    second = Math.max(second, cycles);
                }
            }
            for (var a : actors) {
                longest[a.id()] = a.id() == mostOf ? second : most;
            }
        }
        return longest;
    }

    private long keyOf(Actor actor, int firing) {
        return stepsOf.get(actor.id()).get(firing).key();
    }

    /** The lists of all units, by unit id. */
    List<FiringList> lists() {
        var lists = new ArrayList<FiringList>();
        for (int u = 0; u < flow.units().size(); u++) {
            lists.add(list(u));
        }
        return lists;
    }

    private FiringList list(int unit) {
        var steps = new ArrayList<Step>();
        flow.actorsOn(unit).forEach(a -> steps.addAll(stepsOf.get(a.id())));
        if (steps.isEmpty()) {
            return new FiringList(unit, List.of(), 0);
        }
        long origin = steps.stream().mapToLong(Step::key).min().orElseThrow();
        // A firing belongs to the turn of the loop in which frame 0 has it; a turn is ordered by what is left of the
        // key.
        var body = new ArrayList<Folded>();
        for (var s : steps) {
            int turn = (int) ((s.key() - origin) / period);
            body.add(new Folded(s, turn, s.key() - turn * period));
        }
        body.sort(Comparator.comparingLong(Folded::phase)
                .thenComparingInt(f -> f.step().actor()));
        int turns = body.stream().mapToInt(Folded::turn).max().orElse(0);
        var prologue = new ArrayList<Entry>();
        for (int turn = 0; turn < turns; turn++) {
            for (var f : body) {
                if (f.turn() <= turn) {
                    prologue.add(f.step().entry());
                }
            }
        }
        var first = ListCompressor.compress(prologue);
        var loop =
                ListCompressor.compress(body.stream().map(f -> f.step().entry()).toList());
        var all = new ArrayList<>(first);
        all.addAll(loop);
        return new FiringList(unit, all, first.size());
    }

    /**
     * Least rows of each actor's buffers with which the order can be followed one by one, also above the highest row of the readers'
     * windows; by actor id, 0 for senders.
     */
    int[] slots() {
        var held = held();
        var slots = new int[flow.actors().size()];
        for (int l = 0; l < held.length; l++) {
            int producer = flow.links().get(l).producer();
            slots[producer] = Math.max(slots[producer], held[l]);
        }
        return slots;
    }

    /** The same by link, each for itself. */
    int[] held() {
        int frames = 4 + (int) (lastKey() / period);
        var order = new ArrayList<Step>();
        for (int n = 0; n < frames; n++) {
            for (var steps : stepsOf) {
                for (var s : steps) {
                    order.add(new Step(s.actor(), s.firing(), s.key() + n * period, s.entry()));
                }
            }
        }
        order.sort(BY_KEY);
        var held = new int[flow.links().size()];
        var filled = new int[flow.links().size()];
        for (var s : order) {
            var actor = flow.actors().get(s.actor());
            for (int link : actor.outputs()) {
                filled[link] += s.entry().rows();
                held[link] = Math.max(held[link], filled[link]);
            }
            for (int k = 0; k < actor.inputs().size(); k++) {
                int link = actor.inputs().get(k);
                filled[link] -= s.entry().free().get(k);
                if (filled[link] < 0) {
                    throw new IllegalStateException("the order fires '" + actor.name() + "' before its rows are there");
                }
            }
        }
        for (int l = 0; l < held.length; l++) {
            held[l] = Math.max(held[l], windowRows(flow.links().get(l)));
        }
        return held;
    }

    /** Rows from the top of a reader's window to its bottom. */
    private int windowRows(Flow.Link link) {
        Geometry g = flow.geometries().get(link.consumer());
        return switch (flow.actors().get(link.consumer()).work()) {
            case Work.Multiply _, Work.Reduce _ -> g.rowExtent();
            case Work.Receive _, Work.Send _, Work.Spill _, Work.Reload _ -> 1;
        };
    }

    private long lastKey() {
        return stepsOf.stream().mapToLong(s -> s.getLast().key()).max().orElse(0);
    }
}
