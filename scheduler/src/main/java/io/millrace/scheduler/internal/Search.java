package io.millrace.scheduler.internal;

import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.Cost;
import io.millrace.scheduler.CostModel;
import io.millrace.scheduler.Fit;
import io.millrace.scheduler.Machine.Control;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.DrainSize;
import io.millrace.scheduler.MachineOptions.MatrixSize;
import io.millrace.scheduler.MachineOptions.Order;
import io.millrace.scheduler.MachineOptions.Pacing;
import io.millrace.scheduler.MachineOptions.VectorSize;
import io.millrace.scheduler.Objective;
import io.millrace.scheduler.Objective.Goal;
import io.millrace.scheduler.Optimizer.Cycles;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Scheduler;
import io.millrace.scheduler.Target;
import io.millrace.scheduler.internal.Partition.Choices;
import io.millrace.scheduler.internal.Partition.Engines;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/**
 * Searches the number of cycles a frame for which the cheapest engines just fit the budget: by bisection on their DSPs, then upwards until
 * the built machine fits in every resource, then among a few neighbours for the shortest period of the lists themselves.
 */
public final class Search {
    /** More than any network takes on the smallest engines. */
    private static final long CYCLES_MAX = 1L << 40;

    private static final double STEP = 1.03;

    /** Part of the cycles to which the fewest are sought. */
    private static final double NEARLY = 1.0 / 4096;

    /** Layers of a network for which as little as can be is tried. */
    private static final int VERY_LARGE = 200;

    private static final int NEIGHBOURS = 8;

    /** Machines with layers otherwise on their engines that are tried. */
    private static final int REGROUPED = 6;

    /** Machines whose layers are tried otherwise on their engines. */
    private static final int STARTS = 2;

    /** Widest weight bus from memory on chip. */
    private static final int WEIGHT_LANES_MAX = 512;

    /** Parts of the usable block RAMs for weights on chip that are tried in turn. */
    private static final List<Double> WEIGHTS_ON_CHIP = List.of(Residence.PART_ON_CHIP, 0.35, 0.2, 0.1);

    /** How much longer than its engines need a frame may take, so that weights are read more often and rows take less memory. */
    private static final List<Double> STRETCHES =
            List.of(1.0, 1.07, 1.15, 1.25, 1.35, 1.5, 1.75, 2.1, 2.5, 3.0, 4.0, 6.0, 10.0);

    /** Machines of the same engines that fit, with weights read ever more often, that are tried: buffers as deep as they help do not fit with some. */
    private static final int FITTING_MAX = 4;

    /** How many times as many machines, and layers of how many times as many, a thorough search tries otherwise on their engines. */
    private static final int THOROUGH = 3;

    /** Part of the slowest engine's cycles in which the others may be done: those that have just as many make it wait. */
    private static final double TIME_TO_SPARE = 0.99;

    /** How many times the cycles of the fastest machine others may take that are made faster, too. */
    private static final double WORTH_REFINING = 1.1;

    /** Machines that are made faster. */
    private static final int REFINED = 2;

    private static final int FINE_STEPS = 12;
    private static final int FINE_STEPS_OF_LARGE = 6;
    private static final double COARSE_STEP = 1.3;

    /** From the cycles of a machine to those of the next smaller one, where all sizes are tried. */
    private static final double SIZE_STEP = 1.15;

    /** Machines of which it is tried how soon a frame is done layer after layer. */
    private static final int LAYERED = 4;

    /** Of the way, in equal ratios, from what engines could do to what a machine does: smaller ones leave more room for buffers. */
    private static final double PART_OF_GAP = 0.35;
    /** How much more of what is made least, such as cycles, a design may take that other networks can be loaded into. */
    private static final double WORTH_KEEPING_CONTROL_LOADED = 1.1;

    /** Multipliers of look-up tables that engines may have: one takes some 180 of the few thousand that such a part has. */
    private static final int LOGIC_MULTIPLIERS_MAX = 8;

    /** Clocks a beat of the requantizer that are tried where its multiplier is fabric logic; not one, which takes a row of adders for each bit. */
    private static final List<Integer> SERIAL = List.of(3, 6, 9, 18);

    private final QuantizedGraph graph;
    private final Target target;
    private final Objective objective;
    private final BiFunction<Schedule, Cost.Resources, List<Diagnostic>> fit;
    private final Cycles cycles;
    private final boolean ice;

    private final Preference preference;
    private final Residence residence;
    private final Placer placer;
    private final Spilling spilling;
    private final Map<Partition, Long> fewest = new HashMap<>();
    /** By layer with a connection table and lanes of its engine, the search for the graph whose channels suit them. */
    private final Map<Map<Integer, Integer>, Search> arranged = new HashMap<>();

    private Search(
            QuantizedGraph graph,
            Target target,
            Objective objective,
            BiFunction<Schedule, Cost.Resources, List<Diagnostic>> fit,
            Cycles cycles) {
        this.graph = graph;
        this.target = target;
        this.objective = objective;
        this.fit = fit;
        this.cycles = cycles;
        this.ice = target.family() == Target.Family.ICE40;
        preference = new Preference(objective, target);
        residence = new Residence(graph, target, objective);
        placer = new Placer(graph, target, objective, fit, cycles);
        spilling = new Spilling(graph, target);
    }

    /**
     * @param fit what a machine has too much of
     * @param cycles of a machine that may be what is looked for
     * @throws CompileException with exit code 5 if not even the smallest machine fits
     */
    public static Schedule run(
            QuantizedGraph graph,
            Target target,
            Objective objective,
            BiFunction<Schedule, Cost.Resources, List<Diagnostic>> fit,
            Cycles cycles) {
        Mapper.refuseUnsupported(graph);
        return new Search(graph, target, objective, fit, cycles).run();
    }

    private Schedule run() {
        return ScheduleBuilder.verified(ice ? small() : large());
    }

    private Schedule large() {
        var together = new Partition(graph, choices());
        var slotted = together.slotted()
                .filter(p -> p.cheapest(CYCLES_MAX).filter(this::affordable).isPresent());
        var apart = veryLarge() ? Optional.<Partition>empty() : together.apart();
        var partitions = Stream.of(Optional.of(together), apart, slotted)
                .flatMap(Optional::stream)
                .toList();
        if (objective.goal() != Goal.RATE) {
            var sizes = preference.bestFirst(ofAllSizes(partitions));
            if (!sizes.isEmpty()) {
                return sizes.getFirst().schedule();
            }
        } else if (objective.cycles() > 0) {
            for (var partition : partitions) {
                var enough = justEnough(partition, fewestCycles(partition));
                if (enough.isPresent()) {
                    return enough.get().schedule();
                }
            }
        }
        Optional<Found> best = Optional.empty();
        for (var partition : partitions) {
            double before = best.map(Found::cycles).orElse(Double.POSITIVE_INFINITY);
            best = Stream.concat(fastest(partition, before).stream(), best.stream())
                    .findFirst();
        }
        if (best.isPresent()) {
            var found = best.get();
            boolean streamed = !found.schedule().machine().streamed().isEmpty();
            var few = together.isLarge() || streamed ? fewEngines().fastest(found.cycles()) : List.<Found>of();
            return refined(Stream.concat(few.stream(), Stream.of(found)).toList());
        }
        if (target.dram().exists()) {
            var otherwise = Stream.concat(
                            fewEngines().fastest(Double.POSITIVE_INFINITY).stream(),
                            spilled(together, fewestCycles(together)).stream())
                    .sorted(Comparator.comparingDouble(Found::cycles))
                    .toList();
            if (!otherwise.isEmpty()) {
                return refined(otherwise);
            }
        }
        var least = new ArrayList<Candidate>();
        // Tiles of weights that no memory on chip holds are too many to be listed one by one.
        if (!residence.streams(1)) {
            least.add(frugal(1, 1, 1, 1, Control.LOADED, Pacing.FRUGAL));
        }
        if (target.dram().exists()) {
            least.add(smallStreamed(Pacing.FRUGAL));
            least.add(smallStreamed(Pacing.LEANEST));
        }
        return Found.fastest(fitting(least))
                .map(Found::schedule)
                .or(this::smallSpilled)
                .orElseThrow(() -> tooLarge(least));
    }

    /**
     * The fastest of machines, the fastest first; where there is time for it, of those into which steps turn them. What suits the channels of a graph in another order does not suit this one's.
     */
    private Schedule refined(List<Found> machines) {
        if (!objective.thorough()
                || veryLarge()
                || machines.getFirst().schedule().graph() != graph) {
            return machines.getFirst().schedule();
        }
        double most = machines.getFirst().cycles() * WORTH_REFINING;
        var refined = machines.stream()
                .filter(f -> f.cycles() <= most && f.schedule().graph() == graph)
                .limit(REFINED)
                .map(f -> Refinement.of(graph, target, placer, dsps(), f))
                .toList();
        return Found.fastest(refined).orElseThrow().schedule();
    }

    private FewEngines fewEngines() {
        int tile = residence.tileStreamed();
        // Weights on chip are not waited for.
        var aside = residence.streams(Residence.PART_ON_CHIP)
                ? Aside.of(graph, objective, dsps(), packed(), tile)
                : Aside.NONE;
        return new FewEngines(
                graph,
                target,
                objective,
                placer,
                overlays(tile, aside),
                (blocks, within) -> within
                        ? Stages.withinBlocks(graph, blocks, dsps(), packed(), tile, aside)
                        : Stages.betweenBlocks(graph, blocks, dsps(), packed(), tile, aside));
    }

    /** Machines of few engines, fastest first: with some layers aside, and without, because an array may take all DSPs. */
    private List<Overlay> overlays(int tile, Aside aside) {
        return Stream.of(aside, Aside.NONE)
                .distinct()
                .flatMap(a -> Overlay.of(graph, dsps(), packed(), tile, a).stream())
                .sorted(Comparator.comparingLong(Overlay::cycles))
                .toList();
    }

    /**
     * The fastest machine of a partition that fits.
     *
     * @param most cycles a frame that it has to be faster than
     */
    private Optional<Found> fastest(Partition partition, double most) {
        int neighboursWanted = veryLarge() ? 1 : NEIGHBOURS;
        double fewest = most;
        // Each faster than the one before it.
        var built = new ArrayList<Built>();
        int neighbours = 0;
        long cycles = fewestCycles(partition);
        Engines before = null;
        int fineSteps = veryLarge() ? 0 : partition.isLarge() ? FINE_STEPS_OF_LARGE : FINE_STEPS;
        for (int step = 0; neighbours < neighboursWanted && (step > 0 || mayFit(partition)); step++) {
            var cheapest = partition.cheapest(cycles);
            if (cheapest.isEmpty()) {
                break;
            }
            var engines = cheapest.get();
            // No smaller engines are left, or none that could be faster.
            if (before != null && engines.dsps() == before.dsps() && slowest(engines) * COARSE_STEP < cycles
                    || slowest(engines) >= fewest) {
                break;
            }
            if (affordable(engines) && !engines.equals(before)) {
                var found = build(partition, engines, fewest);
                if (found.isPresent()) {
                    if (found.get().cycles() < fewest) {
                        built.add(new Built(engines, found.get()));
                        fewest = found.get().cycles();
                    }
                    neighbours++;
                }
            }
            before = engines;
            // Machines of large networks leave their engines idle for want of buffers.
            double fine = built.isEmpty() || !partition.isLarge()
                    ? STEP
                    : Math.clamp(Math.pow(fewest / slowest(engines), PART_OF_GAP), STEP, COARSE_STEP);
            cycles = Math.max(cycles + 1, (long) (cycles * (neighbours > 0 || step < fineSteps ? fine : COARSE_STEP)));
        }
        return built.isEmpty() ? Optional.empty() : Optional.of(regrouped(partition, built));
    }

    /**
     * Machines from the fastest to the smallest, those of few engines first. Such as compute layer after layer are among them: where whole maps have room, a frame that is alone is
     * done soonest so.
     */
    private List<Found> ofAllSizes(List<Partition> partitions) {
        var found = new ArrayList<Found>();
        if (target.dram().exists()) {
            found.addAll(fewEngines().fastest(Double.POSITIVE_INFINITY));
        }
        for (var partition : partitions) {
            var sizes = new ArrayList<Engines>();
            long fewest = fewestCycles(partition);
            var likely = objective.cycles() > 0
                    ? justEnough(partition, fewest)
                    : fastest(partition, Double.POSITIVE_INFINITY);
            likely.ifPresent(found::add);
            long most = objective.cycles() > 0 ? Math.max(fewest, objective.cycles()) : CYCLES_MAX;
            for (long cycles = fewest; cycles <= most; cycles = Math.max(cycles + 1, (long) (cycles * SIZE_STEP))) {
                var engines = partition.cheapest(cycles);
                if (engines.isEmpty() || !sizes.isEmpty() && slowest(engines.get()) * COARSE_STEP < cycles) {
                    break;
                }
                engines.filter(e -> affordable(e) && !sizes.contains(e)).ifPresent(sizes::add);
            }
            // Graphs in other orders are made one after the other.
            (partition.tables().isEmpty() ? sizes.parallelStream() : sizes.stream())
                    .map(engines -> build(partition, engines, Double.POSITIVE_INFINITY))
                    .toList()
                    .forEach(built -> built.ifPresent(found::add));
        }
        if (objective.goal() == Goal.LATENCY) {
            preference.bestFirst(found).stream()
                    .filter(f -> f.schedule().graph() == graph)
                    .limit(LAYERED)
                    .map(f -> f.options().withPacing(new Pacing(Order.LAYERED, -1, 1)))
                    .forEach(layered -> placer.placed(layered).ifPresent(found::add));
        }
        return found;
    }

    /** Engines and the machine with them. */
    private record Built(Engines engines, Found found) {}

    /** The best of machines, the fastest last, and of those with the layers of the fastest ones otherwise on their engines, where that may be faster. */
    private Found regrouped(Partition partition, List<Built> built) {
        var best = built.getLast().found;
        if (partition.tables().isPresent()
                || partition.convolutions() == 0
                || partition.convolutions() > Regrouping.MOST) {
            return best;
        }
        int effort = objective.thorough() ? THOROUGH : 1;
        var starts = built.subList(Math.max(0, built.size() - effort * STARTS), built.size());
        for (var start : starts.reversed()) {
            best = faster(best, partition.regrouped(start.engines, dsps(), effort * REGROUPED));
        }
        return objective.thorough() ? faster(best, partition.bestGroups(dsps(), effort * REGROUPED)) : best;
    }

    private Found faster(Found best, List<Engines> engines) {
        var candidates = engines.stream().filter(this::affordable).toList();
        return Found.fasterOf(candidates, Search::slowest, this::build, best.cycles())
                .orElse(best);
    }

    private boolean veryLarge() {
        return isVeryLarge(graph);
    }

    /** Whether as little as can be is tried. */
    static boolean isVeryLarge(QuantizedGraph graph) {
        return graph.nodes().size() >= VERY_LARGE;
    }

    /** Whether it is worth while to look for engines: of a large network, whether the smallest fit. */
    private boolean mayFit(Partition partition) {
        return !partition.isLarge()
                || partition.tables().isPresent()
                || partition.cheapest(CYCLES_MAX).stream()
                        .flatMap(engines -> residences(engines).stream())
                        .anyMatch(placer::fitsLean);
    }

    /** The machine of the fewest cycles that fits with maps spilled to DRAM. */
    private Optional<Found> spilled(Partition partition, long fewest) {
        var machines = new ArrayList<Engines>();
        for (long cycles = fewest; ; cycles = Math.max(cycles + 1, (long) (cycles * COARSE_STEP))) {
            var engines = partition.cheapest(cycles);
            // None are so small, or no smaller ones are left.
            if (engines.isEmpty()
                    || !machines.isEmpty()
                            && engines.get().dsps() == machines.getLast().dsps()) {
                break;
            }
            engines.filter(this::affordable).ifPresent(machines::add);
        }
        if (machines.isEmpty() || !fitsSpilled(machines.getLast())) {
            return Optional.empty();
        }
        int least = Partition.least(machines.size(), k -> fitsSpilled(machines.get(k)));
        return machines.subList(least, machines.size()).stream()
                .map(this::buildSpilled)
                .flatMap(Optional::stream)
                .findFirst();
    }

    /** Weights on chip as far as there is room, or all in DRAM and read no more often than twice the cycles ask for. */
    private List<MachineOptions> residences(Engines engines) {
        var options = options(engines);
        long cycles = slowest(engines);
        return List.of(
                placer.resident(options, Residence.PART_ON_CHIP, cycles), placer.resident(options, 0, 2.0 * cycles));
    }

    /** Whether a machine fits with all maps spilled for which that could pay. */
    private boolean fitsSpilled(Engines engines) {
        return residences(engines).stream()
                .anyMatch(o -> spilling.most(o).filter(placer::fitsLean).isPresent());
    }

    /** The engines with as few maps spilled as it takes; none if no such machine fits. */
    private Optional<Found> buildSpilled(Engines engines) {
        for (var options : residences(engines)) {
            var fitting = spilling.until(options, placer::fitsLean);
            if (fitting.isPresent()) {
                return placer.placed(fitting.get());
            }
        }
        return Optional.empty();
    }

    /** The cheapest engines whose lists need no more cycles than the objective, as far as there are any that fit. */
    private Optional<Found> justEnough(Partition partition, long fewest) {
        for (long cycles = Math.max(fewest, objective.cycles()); cycles >= fewest; cycles = (long) (cycles / STEP)) {
            var engines = partition.cheapest(cycles);
            if (engines.filter(this::affordable).isPresent()) {
                var found = build(partition, engines.get(), Math.nextUp((double) objective.cycles()))
                        .filter(f -> f.cycles() <= objective.cycles());
                if (found.isPresent()) {
                    return found;
                }
            }
        }
        return Optional.empty();
    }

    /**
     * Parts of a few multipliers and no LUT memory: one engine, everything else as narrow as it gets. Control is fixed if that makes the net much
     * faster, by the engine that then fits, or is the only way to fit at all.
     */
    private Schedule small() {
        var loaded = best(fitting(small(Control.LOADED)));
        var candidates = small(Control.FIXED);
        var fixed = best(fitting(candidates));
        if (loaded.isPresent() && (fixed.isEmpty() || isWorthKeepingLoaded(loaded.get(), fixed.get()))) {
            return loaded.get().schedule();
        }
        return fixed.orElseThrow(() -> tooLarge(candidates)).schedule();
    }

    /** A machine that may not fit. */
    private record Candidate(MachineOptions options, Schedule schedule) {}

    private Candidate candidate(MachineOptions options) {
        return new Candidate(options, Scheduler.schedule(graph, target, options));
    }

    private Optional<Found> best(List<Found> machines) {
        return preference.bestFirst(machines).stream().findFirst();
    }

    private boolean isWorthKeepingLoaded(Found loaded, Found fixed) {
        boolean enough = preference.isEnough(loaded);
        return enough == preference.isEnough(fixed)
                ? preference.of(loaded) <= preference.of(fixed) * WORTH_KEEPING_CONTROL_LOADED
                : enough;
    }

    private List<Found> fitting(List<Candidate> candidates) {
        return candidates.stream()
                .filter(c -> placer.fits(c.schedule))
                .map(c -> Found.of(c.schedule, c.options))
                .toList();
    }

    private List<Candidate> small(Control control) {
        int multipliers = dsps();
        var candidates = new ArrayList<Candidate>();
        for (int p = 1; p <= multipliers; p++) {
            for (int s = 1; s * p <= multipliers; s++) {
                // Where multipliers take logic from all else, fewer of them may be what fits; fewer draw less.
                boolean smaller = objective.cycles() > 0 || objective.goal() != Goal.RATE;
                boolean wanted = (s + 1) * p > multipliers || target.multipliesInLogic() || smaller;
                for (int interval : wanted ? SERIAL : List.<Integer>of()) {
                    candidates.add(frugal(p, s, p * s, interval, control, Pacing.FRUGAL));
                }
            }
        }
        candidates.add(frugal(1, 1, 1, SERIAL.getLast(), control, Pacing.FRUGAL));
        candidates.add(frugal(1, 1, 1, SERIAL.getLast(), control, Pacing.LEANEST));
        return candidates;
    }

    /** What the machine with the fewest kinds of part too many needs, the last of several. */
    private CompileException tooLarge(List<Candidate> candidates) {
        var nearest = candidates.getFirst().schedule;
        int fewest = Integer.MAX_VALUE;
        for (var candidate : candidates) {
            int wrong = placer.tooMuch(candidate.schedule).size();
            if (wrong <= fewest) {
                nearest = candidate.schedule;
                fewest = wrong;
            }
        }
        return new CompileException(5, Fit.explained(nearest, objective));
    }

    /** DSPs, or multipliers of look-up tables, that engines may have, one a product where they are not packed. */
    private int dsps() {
        int most = objective.multipliersMax();
        int there = target.multipliesInLogic() ? LOGIC_MULTIPLIERS_MAX : target.dsp();
        if (most == 0) {
            return there;
        }
        return Math.min(there, packed() ? Math.ceilDiv(most, 2) : most);
    }

    /** Whether DSPs do two products: at int8, and where there are not as many DSPs as multipliers are asked for. */
    private boolean packed() {
        int most = objective.multipliersMax();
        return graph.precision() == Precision.INT8 && !ice && (most == 0 || most > target.dsp());
    }

    private Choices choices() {
        boolean streams = residence.streams(Residence.PART_ON_CHIP);
        return new Choices(
                List.of(1, 2, 4, 8),
                List.of(1, 2, 3, 4, 6, 8),
                1,
                // What may have to be streamed comes a beat a clock.
                streams ? residence.tileStreamed() : WEIGHT_LANES_MAX,
                64,
                streams ? residence.tileStreamed() : 1,
                dsps(),
                packed(),
                objective.batch());
    }

    /** {@link #fewestOf}, worked out once for a partition. */
    private long fewestCycles(Partition partition) {
        return fewest.computeIfAbsent(partition, this::fewestOf);
    }

    /** Least cycles for which the cheapest engines have no more than the DSPs there are, to {@link #NEARLY} of them. */
    private long fewestOf(Partition partition) {
        // No array does more than two products a DSP and clock.
        long low = Math.max(1, CostModel.macsPerFrame(graph) / (2L * dsps()));
        long high = low;
        while (!affordable(partition, high)) {
            low = high + 1;
            high *= 2;
            if (high > CYCLES_MAX) {
                return low;
            }
        }
        while (high - low > high * NEARLY) {
            long middle = (low + high) / 2;
            if (affordable(partition, middle)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return high;
    }

    private boolean affordable(Partition partition, long cycles) {
        return partition.cheapest(cycles).filter(this::affordable).isPresent();
    }

    /** Whether the arrays keep to the objective and the part. */
    private boolean affordable(Engines engines) {
        return engines.dsps() <= dsps();
    }

    /** The same, with the graph's channels in the order that suits engines with slots. */
    private Optional<Found> build(Partition partition, Engines engines, double most) {
        return partition.tables().isEmpty()
                ? build(engines, most)
                : arranged.computeIfAbsent(
                                engines.tableLanes(),
                                lanes -> new Search(
                                        partition.tables().get().arranged(lanes), target, objective, fit, cycles))
                        .build(engines, most);
    }

    /**
     * The engines with memories, lists and buffers, weights on chip as far as there is room; none if no such machine fits.
     *
     * @param most cycles a frame that it has to be faster than
     */
    private Optional<Found> build(Engines engines, double most) {
        long cycles = slowest(engines);
        var found = build(engines, cycles, most);
        // Without DRAM, nothing depends on the cycles that are left.
        if (!objective.thorough() || !target.dram().exists()) {
            return found;
        }
        var early = build(
                engines,
                (long) (cycles * TIME_TO_SPARE),
                found.map(Found::cycles).orElse(most));
        return Found.fastest(Stream.concat(found.stream(), early.stream()).toList());
    }

    /** @param cycles a frame that weights and rows are chosen for */
    private Optional<Found> build(Engines engines, long cycles, double most) {
        var options = options(engines);
        var found = new ArrayList<Found>();
        MachineOptions before = null;
        for (double part : WEIGHTS_ON_CHIP) {
            var resident = placer.resident(options, part, cycles);
            if (!resident.equals(before) && placer.place(resident, found, fewest(found, most))
                    || found.size() == FITTING_MAX) {
                return Found.fastest(found);
            }
            before = resident;
        }
        if (target.dram().exists()) {
            placeStreamed(options, cycles, found, most);
        }
        return Found.fastest(found);
    }

    private MachineOptions options(Engines engines) {
        var matrices =
                engines.matrices().stream().map(Partition.MatrixGroup::size).toList();
        var vectors =
                engines.vectors().stream().map(Partition.VectorGroup::size).toList();
        long cycles = slowest(engines);
        var options = MachineOptions.of(
                        "optimised",
                        new MachineOptions.Engines.Assigned(matrices, vectors, Partition.engineByNode(graph, engines)))
                .withRows(Partition.rowsByNode(graph, engines))
                .withBatch(objective.batch())
                .withHost(placer.hostLanes(true, cycles), placer.hostLanes(false, cycles));
        return SpareDsps.given(graph, options, target.dsp());
    }

    /** Adds machines with all weights streamed, from the shortest frame that fits with the least buffers to the shortest that fits with deep ones. */
    private void placeStreamed(MachineOptions options, long cycles, List<Found> found, double most) {
        var streamed = STRETCHES.stream()
                .map(s -> placer.resident(options, 0, cycles * s))
                .toList();
        // A longer frame never takes more row memory, so where not even the longest fits, none does.
        if (!placer.fitsLean(streamed.getLast())) {
            return;
        }
        int i = Partition.least(streamed.size(), k -> placer.fitsLean(streamed.get(k)));
        double before = Double.POSITIVE_INFINITY;
        for (int tried = 0; i < streamed.size() && tried < FITTING_MAX; i++, tried++) {
            int known = found.size();
            boolean all = placer.place(streamed.get(i), found, fewest(found, most));
            double now = found.size() == known
                    ? Double.POSITIVE_INFINITY
                    : found.getLast().cycles();
            // Where more reuse of weights does not make it faster, something else holds it up.
            if (all || veryLarge() && now >= before) {
                return;
            }
            before = now;
        }
    }

    private static double fewest(List<Found> found, double most) {
        return Math.min(most, Found.fastest(found).map(Found::cycles).orElse(most));
    }

    private static long slowest(Engines engines) {
        return engines.matrices().stream()
                .mapToLong(Partition.MatrixGroup::cycles)
                .max()
                .orElse(1);
    }

    /** The smallest engine that is streamed, with all weights. */
    private Candidate smallStreamed(Pacing pacing) {
        return candidate(smallOptions(pacing));
    }

    /** The same with as many maps spilled as it takes. */
    private Optional<Schedule> smallSpilled() {
        if (!target.dram().exists()) {
            return Optional.empty();
        }
        return spilling.until(smallOptions(Pacing.LEANEST), placer::fitsLean)
                .map(options -> Scheduler.schedule(graph, target, options));
    }

    private MachineOptions smallOptions(Pacing pacing) {
        int tile = residence.tileStreamed();
        int p = Math.max(1, Integer.highestOneBit((int) Math.sqrt(tile)));
        var drain = new DrainSize(1, 1, false);
        var matrix = MatrixSize.of(p, Math.ceilDiv(tile, p), 1, 1, tile)
                .withDrain(drain)
                .withPacking(packed());
        var options = MachineOptions.of("small-streamed", new MachineOptions.Engines.One(matrix, new VectorSize(drain)))
                .withPacing(pacing);
        return placer.resident(options, 0, Long.MAX_VALUE);
    }

    /** One engine P x S with one requantizer, one vector lane, and buffers without spare rows. */
    private Candidate frugal(int p, int s, int weightLanes, int interval, Control control, Pacing pacing) {
        var drain = new DrainSize(1, interval, false);
        var matrix = MatrixSize.of(p, s, 1, 1, weightLanes).withDrain(drain);
        var one = new MachineOptions.Engines.One(matrix, new VectorSize(drain));
        var options = MachineOptions.of("small", one)
                .withDescriptorBits(16)
                .withPacing(pacing)
                .withControl(control);
        return candidate(options);
    }
}
