package io.millrace.scheduler.internal;

import io.millrace.scheduler.Actor;
import io.millrace.scheduler.FiringList;
import io.millrace.scheduler.FiringList.Entry;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.MachineOptions.Order;
import io.millrace.scheduler.MachineOptions.Pacing;
import io.millrace.scheduler.Unit;
import io.millrace.scheduler.Work;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

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
    /** A firing in the loop of its unit: the frame it has is {@code turn} behind the newest. */
    private record Folded(int actor, Entry entry, int turn, long phase) {}

    /** Key units a cycle. Keys are whole numbers, so that all units see ties alike. */
    private static final long SCALE = 64;

    /**
     * What orders of one network have in common.
     *
     * @param chains last first
     */
    record Network(Flow flow, FiringCosts costs, List<OfActor> actors, long[] longestOthers, List<Chain> chains) {
        Network {
            actors = List.copyOf(actors);
            chains = List.copyOf(chains);
        }

        static Network of(Flow flow) {
            var costs = new FiringCosts(flow);
            var actors = flow.actors().stream().map(a -> OfActor.of(flow, a)).toList();
            var chains = flow.actors().reversed().stream()
                    .map(a -> Chain.to(flow, a))
                    .flatMap(Optional::stream)
                    .toList();
            return new Network(flow, costs, actors, GlobalOrder.longestOthers(flow, costs), chains);
        }
    }

    /** Actors from an input's receiver on, each the only one that reads the one before, to one with one reader or more; last first, without the receiver. */
    record Chain(Actor receiver, List<Actor> actors) {
        Chain {
            actors = List.copyOf(actors);
        }

        static Optional<Chain> to(Flow flow, Actor last) {
            if (last.outputs().isEmpty()) {
                return Optional.empty();
            }
            var chain = new ArrayList<Actor>();
            var at = last;
            while (!at.inputs().isEmpty()) {
                chain.add(at);
                var producer = flow.actors()
                        .get(flow.links().get(at.inputs().getFirst()).producer());
                boolean alone = at.inputs().size() == 1 && producer.outputs().size() == 1;
                if (!alone || producer.work() instanceof Work.Spill) {
                    return Optional.empty();
                }
                at = producer;
            }
            return Optional.of(new Chain(at, chain));
        }

        /** The one at its end, whose rows others read. */
        Actor last() {
            return actors.isEmpty() ? receiver : actors.getFirst();
        }
    }

    /**
     * An actor's firings for all frames of the network's batch.
     *
     * @param perFrame firings of a frame; of one that computes the batch together, its only firing
     * @param ranges of columns: as many firings follow each other in one go, so that rows are kept no longer than if they were one
     * @param written by firing: rows that are whole behind it
     * @param reserved by firing: rows that it and those before it take
     * @param needed by operand and firing: rows that must have been written before it
     * @param freed by operand and number of firings: rows that so many free
     */
    record OfActor(
            List<Entry> firings,
            int perFrame,
            int ranges,
            int[] written,
            int[] reserved,
            List<int[]> needed,
            List<int[]> freed) {
        static OfActor of(Flow flow, Actor actor) {
            var ofFrame = FrameFirings.of(actor, flow.geometry(actor));
            var all = new ArrayList<Entry>();
            for (int frame = 0; frame < flow.batch(); frame += actor.batch()) {
                all.addAll(ofFrame);
            }
            var written = new int[all.size()];
            var reserved = new int[all.size()];
            int rows = 0;
            int taken = 0;
            for (int f = 0; f < written.length; f++) {
                rows += actor.commits(all.get(f));
                written[f] = rows;
                taken += actor.reserves(all.get(f));
                reserved[f] = taken;
            }
            var needed = new ArrayList<int[]>();
            var freed = new ArrayList<int[]>();
            for (int k = 0; k < actor.inputs().size(); k++) {
                var neededOf = new int[all.size()];
                var freedOf = new int[all.size() + 1];
                for (int f = 0; f < neededOf.length; f++) {
                    neededOf[f] = freedOf[f] + all.get(f).need().get(k);
                    freedOf[f + 1] = freedOf[f] + all.get(f).free().get(k);
                }
                needed.add(neededOf);
                freed.add(freedOf);
            }
            return new OfActor(all, ofFrame.size(), actor.ranges(), written, reserved, needed, freed);
        }

        /** The firing behind which a row is whole, counted from 1: the first of those behind which it is. */
        int writes(int row) {
            int low = 0;
            int high = written.length;
            while (low < high) {
                int middle = (low + high) >>> 1;
                if (written[middle] >= row) {
                    high = middle;
                } else {
                    low = middle + 1;
                }
            }
            return low;
        }
    }

    private final Network network;
    private final Flow flow;
    private final FiringCosts costs;
    private final int slackPercent;
    private final Spans spans;
    /** By actor and firing of frame 0, ascending; empty for an actor that has no place yet. */
    private final long[][] keys;

    /** Whether a frame is over before the next one begins. */
    private boolean oneByOne;

    private final long[] longestOther;

    /** Key distance of a firing in frame n and in frame n + 1, or as many frames later as the batch has. */
    private long period;

    private GlobalOrder(Network network, int slackPercent, Spans spans) {
        this.network = network;
        this.flow = network.flow();
        this.costs = network.costs();
        this.slackPercent = slackPercent;
        this.spans = spans;
        this.period = Math.ceilDiv(costs.period() * SCALE, flow.batch()) * flow.batch();
        longestOther = network.longestOthers();
        keys = new long[flow.actors().size()][0];
    }

    /** In phases, if there are several, else as the pacing says. */
    static GlobalOrder of(Flow flow, Pacing pacing, int slackPercent) {
        if (!inPhases(flow, pacing)) {
            return of(flow, pacing.order(), slackPercent);
        }
        return pacing.folded()
                ? folded(
                        Network.of(flow),
                        pacing,
                        slackPercent,
                        new int[flow.actors().size()])
                : phased(Network.of(flow), pacing.phases(), slackPercent);
    }

    /** Whether firings are ordered by phases. */
    static boolean inPhases(Flow flow, Pacing pacing) {
        return !pacing.phases().isEmpty() && flow.batch() == 1;
    }

    /** @param phases nodes with which later phases begin */
    static GlobalOrder phased(Network network, List<Integer> phases, int slackPercent) {
        var order = new GlobalOrder(network, slackPercent, Spans.even(network));
        order.placePhased(Phases.of(network.flow(), phases), false);
        return order;
    }

    /**
     * In phases of which, on the same engines, those of the later half, of the frame before, come in turn with those of the earlier half. What a phase reads from DRAM is there long before then, and comes just before it is
     * needed.
     *
     * @param early by actor that loads rows: of how many firings of its reader the rows come as soon as the phase before has read its own
     */
    static GlobalOrder folded(Network network, Pacing pacing, int slackPercent, int[] early) {
        var order = new GlobalOrder(network, slackPercent, Spans.even(network));
        var phases = Phases.of(network.flow(), pacing.phases());
        order.placeFolded(phases, pacing.folds(), early);
        return order;
    }

    /** In phases each of which begins when the first layers of the one before have no more to do: the last ones have, and buffers of both hold rows then. */
    static GlobalOrder overlapped(Network network, List<Integer> phases, int slackPercent) {
        var order = new GlobalOrder(network, slackPercent, Spans.even(network));
        order.placePhased(Phases.of(network.flow(), phases), true);
        return order;
    }

    /**
     * @param slackPercent cycles added to each dependency, in percent of the longest firing on either of its units that is
     *     shared
     */
    static GlobalOrder of(Flow flow, Order kind, int slackPercent) {
        var network = Network.of(flow);
        var spans = kind == Order.COMPACT ? Spans.compact(network, slackPercent) : Spans.even(network);
        return of(network, kind, slackPercent, spans);
    }

    static GlobalOrder of(Network network, Order kind, int slackPercent, Spans spans) {
        var order = new GlobalOrder(network, slackPercent, spans);
        var flow = network.flow();
        // Layer after layer has no place for layers of a batch: which frame's turn would they take?
        switch (flow.batch() > 1 ? Order.SPREAD : kind) {
            case SPREAD, COMPACT -> {
                flow.actors().forEach(order::placeSpread);
                flow.actors().reversed().forEach(order::postpone);
                if (flow.batch() == 1) {
                    network.chains().forEach(order::postpone);
                }
            }
            case LAYERED -> order.placeLayered();
        }
        return order;
    }

    /**
     * Each phase's firings evenly over the cycles of its busiest unit, after those of the phases before on its engines: phases that share none run side by side, on frames
     * that follow each other. On engines that have no other phase, a frame's rows follow those of the one before.
     *
     * @param overlapped whether after those of the first layers there
     */
    private void placePhased(List<List<Actor>> phases, boolean overlapped) {
        var free = new long[flow.units().size()];
        placeInSequence(phases, turns(phases), overlapped, free);
        period = 0;
        for (var unit : flow.units()) {
            period = Math.max(period, turn(unit, free));
        }
        oneByOne = true;
    }

    /** By unit, phases in which it computes. */
    private int[] turns(List<List<Actor>> phases) {
        var turns = new int[flow.units().size()];
        phases.forEach(phase -> computing(phase).map(Actor::unit).distinct().forEach(u -> turns[u]++));
        return turns;
    }

    /**
     * Places some phases after each other.
     *
     * @param turns by unit, of all phases
     * @param free by unit, from where on it is free
     */
    private void placeInSequence(List<List<Actor>> phases, int[] turns, boolean overlapped, long[] free) {
        for (var phase : phases) {
            var computing = computing(phase).toList();
            long after = computing.stream().mapToLong(a -> free[a.unit()]).max().orElse(0);
            long span = SCALE * Math.max(1, busiest(phase));
            for (var actor : phase) {
                place(actor, span, Math.max(after, earliest(actor, span)));
            }
            postpone(phase);
            boolean alone = computing.stream().allMatch(a -> turns[a.unit()] == 1);
            long end = overlapped || alone
                    ? span
                            + computing.stream()
                                    .mapToLong(a -> first(a.id()))
                                    .min()
                                    .orElse(after)
                    : SCALE + phase.stream().mapToLong(a -> last(a.id())).max().orElse(after);
            computing.forEach(a -> free[a.unit()] = end);
        }
    }

    /** Keys from the first of a frame's firings on a unit to where the next frame's may begin. */
    private long turn(Unit unit, long[] free) {
        if (unit instanceof Unit.HostIn) {
            // The inputs of a frame come before any of the next.
            return turn(unit);
        }
        long end = free[unit.id()];
        long begin = flow.actorsOn(unit.id()).stream()
                .mapToLong(a -> first(a.id()))
                .min()
                .orElse(end);
        return end - begin;
    }

    /**
     * Stage by stage, those that are folded by turns. What is later in such a stage, and in all behind it, is of the frame before.
     *
     * @param folds of each folded stage the first node of its later half
     */
    private void placeFolded(List<List<Actor>> phases, List<Integer> folds, int[] early) {
        var free = new long[flow.units().size()];
        var turns = turns(phases);
        var alternating = new BitSet();
        var halves = new ArrayList<Integer>();
        for (int begin = 0, end; begin < phases.size(); begin = end) {
            end = endOfStage(phases, begin);
            var stage = phases.subList(begin, end);
            int half = half(stage, folds);
            if (half == 0) {
                placeInSequence(stage, turns, false, free);
            } else {
                placeByTurns(stage, half, early, free);
                stage.forEach(phase -> phase.forEach(a -> alternating.set(a.unit())));
                halves.add(begin + half);
            }
        }
        period = 0;
        for (var unit : flow.units()) {
            period = Math.max(
                    period, alternating.get(unit.id()) ? turnWithoutLoads(flow.actorsOn(unit.id())) : turn(unit, free));
        }
        var late = halves.stream()
                .map(half -> phases.subList(half, phases.size()).stream()
                        .flatMap(List::stream)
                        .toList())
                .toList();
        late.stream()
                .flatMap(List::stream)
                .flatMap(a -> a.inputs().stream())
                .forEach(l -> period = Math.max(period, -ahead(flow.links().get(l))));
        late.forEach(actors -> actors.forEach(a -> later(a, period)));
        oneByOne = true;
    }

    /** Phases of a stage before the first node of its later half; 0 where it has none. */
    private static int half(List<List<Actor>> stage, List<Integer> folds) {
        var nodes = stage.stream()
                .flatMap(GlobalOrder::computing)
                .mapToInt(Actor::node)
                .summaryStatistics();
        return folds.stream()
                .filter(fold -> nodes.getMin() < fold && fold <= nodes.getMax())
                .findFirst()
                .map(fold -> (int) stage.stream()
                        .takeWhile(phase -> computing(phase).allMatch(a -> a.node() < fold))
                        .count())
                .orElse(0);
    }

    /** Behind the phases from one on that follow each other on the same engines. */
    private static int endOfStage(List<List<Actor>> phases, int begin) {
        var engines = new BitSet();
        int end = begin;
        do {
            computing(phases.get(end)).forEach(a -> engines.set(a.unit()));
            end++;
        } while (end < phases.size() && computing(phases.get(end)).anyMatch(a -> engines.get(a.unit())));
        return end;
    }

    /**
     * A stage by turns: each phase's firings evenly over the cycles of its busiest unit, on each unit after those of the phase whose turn was before. What loads rows comes last, since the turn before
     * that of the first phase is the last phase's.
     *
     * @param half phases of the earlier half
     */
    private void placeByTurns(List<List<Actor>> stage, int half, int[] early, long[] free) {
        var phases = byTurns(stage, half);
        for (var phase : phases) {
            long span = SCALE * Math.max(1, busiest(phase));
            phase.forEach(a -> place(a, span, Math.max(free[a.unit()], earliest(a, span))));
            postpone(phase);
            computing(phase).forEach(a -> free[a.unit()] = Math.max(free[a.unit()], SCALE + last(a.id())));
        }
        var actors = stage.stream().flatMap(List::stream).toList();
        long turn = actors.stream().collect(Collectors.groupingBy(Actor::unit)).values().stream()
                .mapToLong(this::turnWithoutLoads)
                .max()
                .orElse(0);
        var earlier = ids(stage.subList(0, half));
        var later = ids(stage.subList(half, stage.size()));
        var from = readBefore(phases, turn);

        // Rows of the stages before are in DRAM when they may be loaded.
        long wait = loads(actors)
                .filter(a -> early[a.id()] > 0)
                .filter(a -> producers(a).noneMatch(p -> earlier.get(p.id()) || later.get(p.id())))
                .mapToLong(a -> there(a, 0) - from[a.id()])
                .reduce(0, Math::max);
        actors.forEach(a -> later(a, wait));
        computing(actors).mapToInt(Actor::unit).distinct().forEach(u -> free[u] += wait);
        loads(actors).forEach(a -> {
            boolean ofFrameBefore = later.get(a.id()) && producers(a).anyMatch(p -> earlier.get(p.id()));
            load(a, early[a.id()], Math.max(wait + from[a.id()], there(a, ofFrameBefore ? turn : 0)));
        });
    }

    /** By actor that loads rows: from where on its readers' unit has read those of the phase whose turn was before, which for the first phase is the last one, a turn ago. */
    private long[] readBefore(List<List<Actor>> phases, long turn) {
        var from = new long[flow.actors().size()];
        var read = new long[flow.units().size()];
        Arrays.fill(read, Long.MIN_VALUE / 2);
        phases.forEach(phase -> read(phase, -turn, read));
        for (var phase : phases) {
            loads(phase)
                    .forEach(a -> from[a.id()] =
                            readers(a).mapToLong(r -> read[r.unit()]).max().orElse(0));
            read(phase, 0, read);
        }
        return from;
    }

    /** By unit, behind its firings that read what is loaded for a phase, moved by a turn. */
    private void read(List<Actor> phase, long by, long[] read) {
        loads(phase)
                .flatMap(this::readers)
                .forEach(r -> read[r.unit()] = Math.max(read[r.unit()], 1 + last(r.id()) + by));
    }

    private static BitSet ids(List<List<Actor>> phases) {
        var ids = new BitSet();
        phases.forEach(phase -> phase.forEach(a -> ids.set(a.id())));
        return ids;
    }

    private static Stream<Actor> loads(List<Actor> actors) {
        return actors.stream().filter(a -> a.work() instanceof Work.Reload);
    }

    /**
     * The phases of either half by turns, evenly. The half that has more of them begins, so that of two that follow each other over the end of the loop the later one is of the next frame, and
     * waits for nothing that the one before makes.
     */
    static <T> List<T> byTurns(List<T> phases, int half) {
        var earlier = phases.subList(0, half);
        var later = phases.subList(half, phases.size());
        var many = later.size() > half ? later : earlier;
        var few = later.size() > half ? earlier : later;
        var turns = new ArrayList<T>();
        for (int i = 0, next = 0; i < many.size(); i++) {
            turns.add(many.get(i));
            for (; next * many.size() < (i + 1) * few.size(); next++) {
                turns.add(few.get(next));
            }
        }
        return turns;
    }

    /** Postpones those of a phase whose rows are all read in it. */
    private void postpone(List<Actor> phase) {
        var ofPhase = new BitSet();
        phase.forEach(a -> ofPhase.set(a.id()));
        phase.reversed().stream().filter(a -> staysIn(ofPhase, a)).forEach(this::postpone);
    }

    private Stream<Actor> producers(Actor actor) {
        return actor.inputs().stream()
                .map(l -> flow.actors().get(flow.links().get(l).producer()));
    }

    private Stream<Actor> readers(Actor actor) {
        return actor.outputs().stream()
                .map(l -> flow.actors().get(flow.links().get(l).consumer()));
    }

    /**
     * Moves the firings of an actor that loads rows to just before these are needed.
     *
     * @param early firings of each reader whose rows come earlier
     * @param from from where on they may
     */
    private void load(Actor actor, int early, long from) {
        var own = keys[actor.id()];
        Arrays.fill(own, Long.MAX_VALUE);
        // What is loaded waits for other loads, not for other firings of its reader's unit, which may take as long as
        // all of this map's.
        long ahead = SCALE * (costs.latency(actor) + slackPercent * longestOther[actor.id()] / 100);
        for (int l : actor.outputs()) {
            var link = flow.links().get(l);
            var reader = flow.actors().get(link.consumer());
            var needed = needed(reader, link.operand());
            for (int g = 0; g < needed.length; g++) {
                if (needed[g] > 0) {
                    int f = network.actors().get(actor.id()).writes(needed[g]);
                    long just = keys[reader.id()][g] - ahead;
                    own[f] = Math.min(own[f], g < early ? Math.min(just, from + f) : just);
                }
            }
        }
        long next = Arrays.stream(own).filter(k -> k < Long.MAX_VALUE).max().orElseThrow();
        for (int f = own.length - 1; f >= 0; f--) {
            own[f] = Math.min(own[f], next);
            next = own[f] - 1;
        }
    }

    /**
     * When all rows that an actor reads are there.
     *
     * @param ago keys by which their producers are earlier than this order says
     */
    private long there(Actor actor, long ago) {
        return producers(actor)
                .mapToLong(p -> last(p.id()) + distance(p, actor) - ago)
                .max()
                .orElse(0);
    }

    private static Stream<Actor> computing(List<Actor> phase) {
        return phase.stream().filter(a -> a.work().computes());
    }

    /** Cycles of the unit that has most of them in a phase. */
    private long busiest(List<Actor> phase) {
        var loads = new long[flow.units().size()];
        for (var a : phase) {
            loads[a.unit()] += costs.occupancy(a) * flow.firings(a);
        }
        return Arrays.stream(loads).max().orElse(0);
    }

    /** Whether an actor's rows are all read within its phase, which has these actors. */
    private boolean staysIn(BitSet phase, Actor actor) {
        return readers(actor).allMatch(r -> phase.get(r.id()));
    }

    private void placeSpread(Actor actor) {
        long span = spans.of(actor, period / flow.batch());
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
        long room = room(actor);
        long free = room;
        long lengthened = 0;
        for (int l : actor.inputs()) {
            if (inDram(flow.links().get(l))) {
                continue;
            }
            long others = keptByOthers(actor, l);
            free = Math.min(free, others);
            lengthened += others < room ? flow.rowPitch(flow.links().get(l)) : 0;
        }
        long written = flow.geometry(actor).outputRowElements();
        long by = lengthened <= written ? room : free;
        if (by > 0) {
            later(actor, by);
        }
    }

    /**
     * Moves a chain from an input to just before the rows of its last are needed: the input may come later, too. Of several inputs, all of a frame come before any of the next:
     * what would come after that waits where it comes in, if it is less there.
     */
    private void postpone(Chain chain) {
        long by = room(chain.last());
        var receivers = flow.actors().stream()
                .filter(a -> a.work() instanceof Work.Receive)
                .toList();
        boolean several = receivers.size() > 1;
        if (by == 0 || several && elements(chain.receiver()) > elements(chain.last())) {
            return;
        }
        chain.actors().forEach(a -> later(a, by));
        long first = receivers.stream().mapToLong(a -> first(a.id())).min().orElse(0);
        long end = several ? first + period - SCALE : Long.MAX_VALUE;
        var own = keys[chain.receiver().id()];
        for (int f = 0; f < own.length; f++) {
            own[f] = Math.max(own[f], Math.min(end, own[f] + by));
        }
    }

    private long first(int actor) {
        return keys[actor][0];
    }

    private long last(int actor) {
        return keys[actor][keys[actor].length - 1];
    }

    /** Whether the rows of a link wait in DRAM, where they take no row memory. */
    private boolean inDram(Flow.Link link) {
        return flow.actors().get(link.producer()).work() instanceof Work.Spill;
    }

    /** Elements of a frame that an actor writes. */
    private long elements(Actor actor) {
        var g = flow.geometry(actor);
        return (long) g.outputRows() * g.outputRowElements();
    }

    private void later(Actor actor, long by) {
        var own = keys[actor.id()];
        for (int f = 0; f < own.length; f++) {
            own[f] += by;
        }
    }

    /** By how much an actor may be later without any of its readers being so. */
    private long room(Actor actor) {
        long room = Long.MAX_VALUE;
        for (int l : actor.outputs()) {
            room = Math.min(room, room(flow.links().get(l)));
        }
        return room;
    }

    /** By how much a producer may be later without its reader being so. */
    private long room(Flow.Link link) {
        return Math.max(0, ahead(link));
    }

    /** Least keys from where the rows that a link's reader needs are there to its firing; negative where one comes too early. */
    private long ahead(Flow.Link link) {
        var producer = flow.actors().get(link.producer());
        var consumer = flow.actors().get(link.consumer());
        var needed = needed(consumer, link.operand());
        long distance = distance(producer, consumer);
        long ahead = Long.MAX_VALUE;
        var keysOfReader = keys[consumer.id()];
        for (int f = 0; f < keysOfReader.length; f++) {
            if (needed[f] > 0) {
                ahead = Math.min(ahead, keysOfReader[f] - distance - keyOfRow(producer, needed[f]));
            }
        }
        return ahead;
    }

    /** By how much the reader of a link may be later before its producer's rows are kept for nobody but it. */
    private long keptByOthers(Actor reader, int link) {
        long latest = 0;
        long own = last(reader.id());
        for (int l : flow.actors().get(flow.links().get(link).producer()).outputs()) {
            int other = flow.links().get(l).consumer();
            if (keys[other].length == 0) {
                // It is in a later phase.
                return Long.MAX_VALUE;
            }
            if (other != reader.id()) {
                latest = Math.max(latest, last(other) - own);
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
        period = Math.max(period, longestTurn());
    }

    /** {@link #turn(Unit)} of the unit with most. */
    private long longestTurn() {
        return flow.units().stream().mapToLong(this::turn).max().orElse(0);
    }

    /** Keys from the first of a frame's firings on a unit to behind the last one. */
    private long turn(Unit unit) {
        return turn(flow.actorsOn(unit.id()));
    }

    private long turn(List<Actor> ofUnit) {
        var all =
                ofUnit.stream().flatMapToLong(a -> Arrays.stream(keys[a.id()])).summaryStatistics();
        return all.getCount() == 0 ? 0 : all.getMax() - all.getMin() + SCALE;
    }

    /** The same without firings that load rows, which may come a turn before. */
    private long turnWithoutLoads(List<Actor> ofUnit) {
        return turn(
                ofUnit.stream().filter(a -> !(a.work() instanceof Work.Reload)).toList());
    }

    /** Moves a receiver's firings to just before they are needed; where that is, its list does not say. */
    private void delay(Actor actor) {
        var own = keys[actor.id()];
        Arrays.fill(own, Long.MAX_VALUE);
        for (int link : actor.outputs()) {
            var consumer = flow.actors().get(flow.links().get(link).consumer());
            var needed = needed(consumer, flow.links().get(link).operand());
            var keysOfReader = keys[consumer.id()];
            for (int g = 0; g < keysOfReader.length; g++) {
                for (int f = 0; f < own.length && f * actor.rowsPerFiring() < needed[g]; f++) {
                    own[f] = Math.min(own[f], keysOfReader[g] - SCALE * costs.latency(actor));
                }
            }
        }
    }

    /** Least key of an actor's first firing with which every firing's key is above those of the firings it needs. */
    private long earliest(Actor actor, long span) {
        var own = network.actors().get(actor.id());
        long begin = 0;
        for (int k = 0; k < actor.inputs().size(); k++) {
            var producer =
                    flow.actors().get(flow.links().get(actor.inputs().get(k)).producer());
            if (keys[producer.id()].length == 0) {
                continue;
            }
            long distance = distance(producer, actor);
            var needed = needed(actor, k);
            for (int f = 0; f < needed.length; f++) {
                if (needed[f] > 0) {
                    begin = Math.max(begin, keyOfRow(producer, needed[f]) + distance - offset(own, f, span));
                }
            }
        }
        return begin;
    }

    private void place(Actor actor, long span, long begin) {
        var own = network.actors().get(actor.id());
        var placed = new long[own.firings().size()];
        for (int f = 0; f < placed.length; f++) {
            placed[f] = begin + offset(own, f, span);
        }
        keys[actor.id()] = placed;
    }

    /** Keys from an actor's first firing to another when a frame's firings take a span. */
    private long offset(OfActor actor, int firing, long span) {
        long frame = firing / actor.perFrame() * (period / flow.batch());
        int goes = actor.perFrame() / actor.ranges();
        return frame + firing % actor.perFrame() / actor.ranges() * span / goes;
    }

    /** By actor: cycles of the longest firing of the others on its unit. */
    private static long[] longestOthers(Flow flow, FiringCosts costs) {
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

    /** Key of the firing that writes a row, counted from 1 over the frames of a batch. */
    private long keyOfRow(Actor producer, int row) {
        return keys[producer.id()][network.actors().get(producer.id()).writes(row)];
    }

    /** By firing, rows that an actor needs of an operand. */
    private int[] needed(Actor actor, int operand) {
        return network.actors().get(actor.id()).needed().get(operand);
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
        var actors = flow.actorsOn(unit);
        // Without a layer of a batch, the unit does in each frame of it the same.
        boolean ofFrame = actors.stream().allMatch(a -> a.batch() < flow.batch());
        long turnKeys = ofFrame ? period / flow.batch() : period;
        long origin = actors.stream()
                .filter(a -> keys[a.id()].length > 0)
                .mapToLong(a -> first(a.id()))
                .min()
                .orElse(0);
        // A firing belongs to the turn of the loop in which frame 0 has it; a turn is ordered by what is left of the
        // key.
        var body = new ArrayList<Folded>();
        for (var a : actors) {
            var all = network.actors().get(a.id());
            int some = ofFrame ? all.perFrame() : all.firings().size();
            for (int f = 0; f < some; f++) {
                long key = keys[a.id()][f];
                int turn = (int) ((key - origin) / turnKeys);
                body.add(new Folded(a.id(), all.firings().get(f), turn, key - turn * turnKeys));
            }
        }
        if (body.isEmpty()) {
            return new FiringList(unit, List.of(), 0);
        }
        body.sort(Comparator.comparingLong(Folded::phase).thenComparingInt(Folded::actor));
        int turns = body.stream().mapToInt(Folded::turn).max().orElse(0);
        var prologue = new ArrayList<Entry>();
        for (int turn = 0; turn < turns; turn++) {
            for (var f : body) {
                if (f.turn() <= turn) {
                    prologue.add(f.entry());
                }
            }
        }
        var first = ListCompressor.compress(prologue);
        var loop = ListCompressor.compress(body.stream().map(Folded::entry).toList());
        var all = new ArrayList<>(first);
        all.addAll(loop);
        return new FiringList(unit, all, first.size());
    }

    /**
     * Least rows of each buffer with which the order can be followed one by one, also above the highest row of the readers' windows.
     */
    int[] slots() {
        var held = held();
        var slots = new int[flow.buffers().size()];
        for (int l = 0; l < held.length; l++) {
            int buffer = flow.links().get(l).buffer();
            slots[buffer] =
                    Math.max(slots[buffer], held[l] + moreInDram(flow.links().get(l)));
        }
        return slots;
    }

    /** Rows more than needed, where they cost nothing: in DRAM a stage may be a frame ahead of the next one. */
    private int moreInDram(Flow.Link link) {
        return oneByOne && inDram(link)
                ? flow.geometry(flow.actors().get(link.producer())).outputRows()
                : 0;
    }

    /** When buffers hold rows; always, where frames overlap. */
    Lifetimes lifetimes() {
        if (!oneByOne) {
            return Lifetimes.ALWAYS;
        }
        var first = new long[flow.buffers().size()];
        var last = new long[flow.buffers().size()];
        for (var link : flow.links()) {
            int b = link.buffer();
            first[b] = first(link.producer());
            last[b] = Math.max(last[b], last(link.consumer()));
        }
        var of = IntStream.range(0, first.length)
                .mapToObj(b -> new Lifetimes.Span(first[b], last[b]))
                .toList();
        return new Lifetimes(of, period);
    }

    /** The rows of {@link #slots}, by link, each for itself. */
    int[] held() {
        var held = new int[flow.links().size()];
        for (int l = 0; l < held.length; l++) {
            var link = flow.links().get(l);
            held[l] = Math.max(filled(link), windowRows(link));
        }
        return held;
    }

    /**
     * Most rows of a link that are written and not yet freed when the order is followed, which is in frames far from the first: behind each of the producer's
     * firings in frame 0, all rows of frames before and some of this one are written, and freed are those of the reader's firings with lower keys.
     */
    private int filled(Flow.Link link) {
        var writes = keys[link.producer()];
        var reads = keys[link.consumer()];
        var reserved = network.actors().get(link.producer()).reserved();
        var freedBefore = network.actors().get(link.consumer()).freed().get(link.operand());
        int perFrame = freedBefore[reads.length];
        int most = 0;
        for (int f = 0; f < writes.length; f++) {
            // The last frames of which the reader's last and first firing lie before this one.
            long whole = Math.floorDiv(writes[f] - reads[reads.length - 1] - 1, period);
            long begun = Math.floorDiv(writes[f] - reads[0] - 1, period);
            long freed = perFrame * (whole + 1);
            for (long frame = whole + 1; frame <= begun; frame++) {
                freed += freedBefore[firstFrom(reads, writes[f] - frame * period)];
            }
            most = Math.max(most, Math.toIntExact(reserved[f] - freed));
        }
        if (most < 1) {
            throw new IllegalStateException(
                    "rows of '" + flow.actors().get(link.producer()).name() + "' are freed before they are written");
        }
        return most;
    }

    /** Number of keys below a limit. */
    private static int firstFrom(long[] ascending, long limit) {
        int low = 0;
        int high = ascending.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (ascending[middle] < limit) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** Rows from the top of a reader's window to its bottom. */
    private int windowRows(Flow.Link link) {
        Geometry g = flow.geometries().get(link.consumer());
        return switch (flow.actors().get(link.consumer()).work()) {
            case Work.Multiply _, Work.Reduce _ -> g.rowExtent();
            case Work.Receive _, Work.Send _, Work.Spill _, Work.Reload _ -> 1;
        };
    }
}
