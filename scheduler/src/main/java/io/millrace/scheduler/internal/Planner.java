package io.millrace.scheduler.internal;

import io.millrace.scheduler.Actor;
import io.millrace.scheduler.FiringList;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.MachineOptions.Pacing;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Target;
import io.millrace.scheduler.Work;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Finds firing lists and buffer depths for a mapped network by evaluating candidates with {@link SelfTimed}. */
final class Planner {
    private static final List<Integer> SLACKS = List.of(0, 100, 25, 200, 50);
    private static final int FRAMES = 12;

    private static final int MANY_TRIALS = 20_000;
    private static final int FRAMES_OF_MANY = 4;

    /** Part of all cycles that a unit has to wait for room before a buffer gets more. */
    private static final double BLOCKED_PART = 0.001;

    /** Part by which a period has to be shorter to count as better. */
    private static final double BETTER = 0.998;

    /** The same for steps of which many follow each other. */
    private static final double A_LITTLE_BETTER = 0.9995;

    /** Buffers on the longest path that are tried alone. */
    private static final int ALONE = 6;

    /** The part by which a buffer is made deeper, at least a firing. */
    private static final int PART_DEEPER = 8;

    /** Steps that make nothing better after which another one may: two paths may be as long. */
    private static final int STALLS = 3;

    /** How often all buffers that are waited for become deeper in the end. */
    private static final int FILLS = 3;

    /** How many times what is wanted a period may be before it is tried to load rows earlier. */
    private static final double NEARLY = 1.05;

    /** Firings of a layer whose rows may be loaded early. */
    private static final List<Integer> EARLY = List.of(1, 2, 4, 8);

    /** How many times a period another one may be that counts as no longer. */
    private static final double NO_LONGER = 1.0005;

    /** How many times what is wanted a period may be before its buffers are made deeper: that seldom helps more. */
    private static final double DEEPENED = 2.2;

    /** The same before the network is tried in another order. */
    private static final double REORDERED = 1.6;

    /** The same of a network in phases: of these there are many, and each is tried in twice as many orders. */
    private static final double DEEPENED_IN_PHASES = 1.4;

    private static final double REORDERED_IN_PHASES = 1.2;

    /**
     * Lists and buffer depths of one network.
     *
     * @param slots by buffer
     * @param places where these buffers lie
     */
    record Plan(Flow flow, int[] accumulatorBits, List<FiringList> lists, int[] slots, BufferPlaces places) {
        Demand demand() {
            return Demand.of(flow, accumulatorBits, lists, slots, places);
        }
    }

    private final Flow flow;
    private final Target target;
    private final Pacing pacing;
    private final boolean folded;
    private final Machines machines;
    private final double bound;
    private final int[] accumulatorBits;
    /** Whether a network has so many firings that trying every buffer takes minutes. */
    private final boolean many;

    /**
     * The machines that plans may be for.
     *
     * @param of a machine for a demand, none if there is no such machine
     * @param fit whether a schedule's machine is one of them
     * @param most cycles a frame that a plan has to be faster than: one that is far from it is not made better
     * @param patient whether more is tried than what is quick
     */
    record Machines(Function<Demand, Optional<Machine>> of, Predicate<Schedule> fit, double most, boolean patient) {}

    Planner(Flow flow, Target target, Pacing pacing, Machines machines) {
        this.flow = flow;
        this.target = target;
        this.pacing = pacing;
        folded = GlobalOrder.inPhases(flow, pacing) && pacing.folded();
        this.machines = machines;
        this.bound = (double) new FiringCosts(flow).period() / flow.batch() * 1.002;
        accumulatorBits = Demand.accumulatorBits(flow);
        long firings = flow.actors().stream()
                .mapToLong(a -> (long) flow.firings(a) * (flow.batch() / a.batch()))
                .sum();
        many = firings * flow.buffers().size() > MANY_TRIALS;
    }

    /** The plan with the shortest period; one without a machine only if none has one. */
    Plan plan() {
        if (pacing.slackPercent() >= 0) {
            return deepened(GlobalOrder.of(flow, pacing, pacing.slackPercent()));
        }
        Plan best = null;
        double bestPeriod = Double.POSITIVE_INFINITY;
        int bestSlack = 0;
        for (int slack : SLACKS) {
            for (var order : orders(slack)) {
                var plan = deepened(order);
                double period = period(plan);
                if (best == null || period < bestPeriod * 0.995) {
                    best = plan;
                    bestPeriod = period;
                    bestSlack = slack;
                }
            }
            if (bestPeriod <= bound || isFar(bestPeriod, REORDERED, REORDERED_IN_PHASES)) {
                break;
            }
        }
        if (best == null) {
            throw new IllegalStateException("no slack was tried");
        }
        return folded ? loadedEarly(best, bestSlack) : best;
    }

    /** The plan of folded phases with rows loaded earlier, before the phase before has ended, where that shortens the period: first all, then those of one phase after the other. */
    private Plan loadedEarly(Plan plan, int slack) {
        var start = tried(plan).filter(t -> !t.seen().result().deadlock() && t.period() < machines.most() * NEARLY);
        if (start.isEmpty()) {
            return plan;
        }
        var network = GlobalOrder.Network.of(flow);
        var ofPhases = Phases.of(flow, pacing.phases()).stream()
                .map(phase -> phase.stream()
                        .filter(a -> a.work() instanceof Work.Reload)
                        .map(Actor::id)
                        .toList())
                .filter(loads -> !loads.isEmpty())
                .toList();
        var all = ofPhases.stream().flatMap(List::stream).toList();
        var early = new int[flow.actors().size()];
        var best = start.get();
        var groups = Stream.concat(Stream.of(all), ofPhases.stream()).toList();
        for (var group : groups) {
            for (int firings : EARLY) {
                var more = early.clone();
                for (int load : group) {
                    more[load] = firings;
                }
                double enough = best.period();
                var better = tried(earlier(best.plan(), GlobalOrder.folded(network, pacing, slack, more)))
                        .filter(t -> t.period() < enough);
                if (better.isPresent()) {
                    best = better.get();
                    early = more;
                }
            }
        }
        return best.plan();
    }

    /** The same buffers in another order, deeper where it asks for that. */
    private Plan earlier(Plan plan, GlobalOrder order) {
        var slots = order.slots();
        for (int b = 0; b < slots.length; b++) {
            slots[b] = Math.max(slots[b], plan.slots()[b]);
        }
        return new Plan(flow, accumulatorBits, order.lists(), slots, BufferPlaces.of(flow, slots, order.lifetimes()));
    }

    private List<GlobalOrder> orders(int slack) {
        var order = GlobalOrder.of(flow, pacing, slack);
        return GlobalOrder.inPhases(flow, pacing) && !folded
                ? List.of(order, GlobalOrder.overlapped(GlobalOrder.Network.of(flow), pacing.phases(), slack))
                : List.of(order);
    }

    /**
     * Adds rows to buffers until the period is the largest load of a unit or nothing helps: a firing's rows to the one buffer that
     * shortens the period, else to all. Then takes away again what does not lengthen it.
     */
    private Plan deepened(GlobalOrder order) {
        var least = order.slots();
        var plan =
                new Plan(flow, accumulatorBits, order.lists(), least, BufferPlaces.of(flow, least, order.lifetimes()));
        if (pacing.spareFirings() == 0) {
            return plan;
        }
        if (many) {
            return tried(plan)
                    .filter(t -> !t.seen().result().deadlock() && !isFar(t))
                    .map(t -> Search.isVeryLarge(flow.graph())
                            ? deepenedWhereBlocked(t)
                            : filled(deepenedOnPath(t, least)))
                    .map(Tried::plan)
                    .orElse(plan);
        }
        var spare = withMore(plan, all(), pacing.spareFirings());
        var tried = tried(spare).filter(t -> !t.seen().result().deadlock());
        return tried.map(t -> isFar(t) ? t.plan() : trimmed(deepest(t), least)).orElse(plan);
    }

    /** A plan and what its evaluation showed. */
    private record Tried(Plan plan, Seen seen) {
        double period() {
            return seen.result().period();
        }
    }

    private boolean isFar(Tried tried) {
        return isFar(tried.period(), DEEPENED, DEEPENED_IN_PHASES);
    }

    /** Whether a period is so many times what is wanted, of a network in one phase or in several. */
    private boolean isFar(double period, double times, double timesInPhases) {
        return many && period > machines.most() * (pacing.phases().isEmpty() ? times : timesInPhases);
    }

    private Tried deepest(Tried start) {
        var best = start;
        while (best.period() > bound) {
            var better = better(deeper(best).stream(), best);
            if (better.isEmpty()) {
                return best;
            }
            best = better.get();
        }
        return best;
    }

    /**
     * For a network of very many firings: adds a firing's rows to the buffers that units waited for, or where that does not fit or help to those of them that were waited for longest,
     * until the period is the largest load of a unit or gets no shorter.
     */
    private Tried deepenedWhereBlocked(Tried least) {
        var best = least;
        while (best.period() > bound && !isFar(best)) {
            var better = deeperWhereBlocked(best);
            if (better.isEmpty()) {
                break;
            }
            best = better.get();
        }
        return best;
    }

    /**
     * For a network of many firings, where trying every buffer takes minutes: adds rows to buffers on the longest path to the end of a frame, since nothing else brings it nearer, until the
     * period is the largest load of a unit or gets no shorter. What some buffers do not need may then be what others lack.
     */
    private Tried deepenedOnPath(Tried start, int[] least) {
        var best = grown(start);
        while (best.period() > bound) {
            var full = best;
            var again = withoutSpare(best, least)
                    .or(() -> machines.patient() ? leaner(full, least) : Optional.empty())
                    .map(this::grown)
                    .filter(t -> t.period() < full.period());
            if (again.isEmpty()) {
                break;
            }
            best = again.get();
            if (best.period() > full.period() * BETTER) {
                break;
            }
        }
        return best;
    }

    /** With deeper buffers on the longest path, step by step. */
    private Tried grown(Tried start) {
        var best = start;
        var now = Optional.of(start);
        int stalled = 0;
        while (now.isPresent() && now.get().period() > bound) {
            var before = now.get();
            var path = path(before);
            double enough = before.period() * A_LITTLE_BETTER;
            var alone = path.stream().skip(1).limit(ALONE - 1L).map(List::of);
            var fitting = new ArrayList<Tried>();
            now = Stream.concat(fewerAndFewer(path), alone)
                    .flatMap(buffers -> tried(deeper(before.plan(), buffers)).stream())
                    .peek(fitting::add)
                    .filter(t -> t.period() < enough)
                    .findFirst();
            if (now.isEmpty() && !fitting.isEmpty() && stalled++ < STALLS) {
                now = Optional.of(fitting.getFirst());
            }
            if (now.isPresent() && now.get().period() < best.period()) {
                best = now.get();
                stalled = 0;
            }
        }
        return best;
    }

    /** The buffers on the longest path, those first of which the path has most waits for an element of a firing's rows. */
    private List<Integer> path(Tried tried) {
        var waits = new long[flow.buffers().size()];
        byBuffer(tried.seen(), tried.seen().result().critical(), (b, times) -> waits[b] += times);
        return all().stream()
                .filter(b -> waits[b] > 0)
                .sorted(Comparator.comparingDouble(b -> -(double) waits[b] / firingElements(b)))
                .toList();
    }

    private Plan deeper(Plan plan, List<Integer> buffers) {
        var slots = plan.slots().clone();
        for (int b : buffers) {
            int rows = producer(b).rowsPerFiring();
            slots[b] += rows * Math.max(1, slots[b] / rows / PART_DEEPER);
        }
        return with(plan, slots);
    }

    /** Elements that a firing writes to a buffer. */
    private long firingElements(int buffer) {
        var producer = producer(buffer);
        return (long) producer.rowsPerFiring() * flow.geometry(producer).outputRowElements();
    }

    /** Buffers a firing less where the period is no longer, those of most elements first; none if there are none. */
    private Optional<Tried> leaner(Tried tried, int[] least) {
        var now = tried;
        var buffers = all().stream()
                .sorted(Comparator.comparingLong(b -> -firingElements(b)))
                .toList();
        for (int b : buffers) {
            boolean less = true;
            while (less && now.plan().slots()[b] - producer(b).rowsPerFiring() >= least[b]) {
                var t = tried(withMore(now.plan(), List.of(b), -1))
                        .filter(l -> l.period() <= tried.period() * NO_LONGER);
                less = t.isPresent();
                now = t.orElse(now);
            }
        }
        return now == tried ? Optional.empty() : Optional.of(now);
    }

    /**
     * With deeper buffers where there is room, if weights come from DRAM: they come sooner or later than an evaluation tells, which knows no single bursts.
     */
    private Tried filled(Tried tried) {
        if (tried.seen().schedule().machine().streamed().isEmpty()) {
            return tried;
        }
        var now = Optional.of(tried);
        var last = tried;
        for (int times = 0; times < FILLS && now.isPresent(); times++) {
            last = now.get();
            var before = last;
            now = fewerAndFewer(late(before))
                    .flatMap(buffers -> tried(withMore(before.plan(), buffers, 1)).stream())
                    .filter(t -> t.period() <= before.period())
                    .findFirst();
        }
        return now.orElse(last);
    }

    /** Without the rows for which no firing waits, where there are such and the period is no longer. */
    private Optional<Tried> withoutSpare(Tried tried, int[] least) {
        var spare = spare(tried.seen());
        var slots = tried.plan().slots().clone();
        for (int b : all()) {
            int step = producer(b).rowsPerFiring();
            long steps = Math.min(spare[b], slots[b] - least[b]) / step;
            slots[b] -= (int) (steps * step);
        }
        if (Arrays.equals(slots, tried.plan().slots())) {
            return Optional.empty();
        }
        return tried(with(tried.plan(), slots)).filter(t -> t.period() <= tried.period() * NO_LONGER);
    }

    private Optional<Tried> deeperWhereBlocked(Tried tried) {
        return better(fewerAndFewer(late(tried)).map(buffers -> withMore(tried.plan(), buffers, 1)), tried);
    }

    /** All buffers of a list, the first half of them, and so on down to the first. */
    private static Stream<List<Integer>> fewerAndFewer(List<Integer> buffers) {
        return Stream.iterate(buffers.size(), some -> some > 0, some -> some / 2)
                .map(some -> buffers.subList(0, some));
    }

    /** The first of these plans whose period is shorter than what was tried. */
    private Optional<Tried> better(Stream<Plan> plans, Tried tried) {
        double enough = tried.period() * BETTER;
        return plans.flatMap(plan -> tried(plan).stream())
                .filter(t -> t.period() < enough)
                .findFirst();
    }

    private Optional<Tried> tried(Plan plan) {
        return run(plan).map(seen -> new Tried(plan, seen));
    }

    /** The buffers for whose room their writers waited longer than it is worth, those first that were waited for longest. */
    private List<Integer> late(Tried tried) {
        double worth = tried.period() * frames() * BLOCKED_PART;
        var waited = waited(tried.seen());
        return all().stream()
                .filter(b -> waited[b] > worth)
                .sorted(Comparator.comparingLong(b -> -waited[b]))
                .toList();
    }

    /** By buffer, cycles in which its writer waited for nothing else than room in it. */
    private long[] waited(Seen seen) {
        var waited = new long[flow.buffers().size()];
        byBuffer(seen, seen.result().blocked(), (b, cycles) -> waited[b] += cycles);
        return waited;
    }

    /**
     * The plan with one buffer deeper, for each buffer that may shorten the period enough, and with all deeper by 1, 2 and 4 firings. A firing that waits for
     * room starts earlier by no more than that, and so no end of a frame is earlier by more than all waiting for the room.
     */
    private List<Plan> deeper(Tried tried) {
        double least = (1 - BETTER) * tried.period() * tried.seen().result().framesCounted();
        var waited = waited(tried.seen());
        var plans = new ArrayList<Plan>();
        for (int buffer : all()) {
            if (waited[buffer] >= least) {
                plans.add(withMore(tried.plan(), List.of(buffer), 1));
            }
        }
        if (Arrays.stream(waited).sum() >= least) {
            for (int firings : List.of(1, 2, 4)) {
                plans.add(withMore(tried.plan(), all(), firings));
            }
        }
        return plans;
    }

    /** Without the rows of each buffer in turn that do not lengthen the period. */
    private Plan trimmed(Tried start, int[] least) {
        double most = start.period() * NO_LONGER;
        var plan = start.plan();
        long[] spare = spare(start.seen());
        for (int buffer : all().reversed()) {
            for (var less = withMore(plan, List.of(buffer), -1);
                    less.slots()[buffer] >= least[buffer];
                    less = withMore(plan, List.of(buffer), -1)) {
                int rows = plan.slots()[buffer] - less.slots()[buffer];
                // Rows that nothing waits for need no trial.
                if (spare[buffer] < rows) {
                    var seen = run(less).filter(s -> s.result().period() <= most);
                    if (seen.isEmpty()) {
                        break;
                    }
                    spare = spare(seen.get());
                } else {
                    spare[buffer] -= rows;
                }
                plan = less;
            }
        }
        return plan;
    }

    /** By buffer, rows without which no firing would have been later. */
    private long[] spare(Seen seen) {
        var spare = new long[flow.buffers().size()];
        Arrays.fill(spare, Long.MAX_VALUE);
        byBuffer(seen, seen.result().spare(), (b, rows) -> spare[b] = Math.min(spare[b], rows));
        return spare;
    }

    /** Tells of each edge its buffer and what was seen of it. */
    private void byBuffer(Seen seen, long[] ofEdges, ByBuffer sink) {
        for (var e : seen.schedule().edges()) {
            int reader = flow.actors().get(e.consumer()).unit();
            sink.take(flow.buffer(e.producer(), reader), ofEdges[e.id()]);
        }
    }

    private interface ByBuffer {
        void take(int buffer, long value);
    }

    private Plan withMore(Plan plan, List<Integer> buffers, int firings) {
        var slots = plan.slots().clone();
        for (int b : buffers) {
            slots[b] += firings * producer(b).rowsPerFiring();
        }
        return with(plan, slots);
    }

    private static Plan with(Plan plan, int[] slots) {
        return new Plan(
                plan.flow(),
                plan.accumulatorBits(),
                plan.lists(),
                slots,
                plan.places().with(slots));
    }

    private Actor producer(int buffer) {
        return flow.actors().get(flow.buffers().get(buffer).producer());
    }

    private List<Integer> all() {
        return IntStream.range(0, flow.buffers().size()).boxed().toList();
    }

    /** Frames that a plan is judged by. */
    private int frames() {
        return SelfTimed.frames(many ? FRAMES_OF_MANY : FRAMES, flow.batch());
    }

    private double period(Plan plan) {
        return run(plan).map(s -> s.result().period()).orElse(Double.POSITIVE_INFINITY);
    }

    /** A plan's schedule and what its evaluation showed. */
    private record Seen(Schedule schedule, SelfTimed.Result result) {}

    private Optional<Seen> run(Plan plan) {
        return machines.of()
                .apply(plan.demand())
                .map(m -> Placement.place(plan, m, target))
                .filter(machines.fit())
                .map(s -> new Seen(s, SelfTimed.run(s, frames())));
    }
}
