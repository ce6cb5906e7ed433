package io.millrace.scheduler.internal;

import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.Objective;
import io.millrace.scheduler.Target;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Machines of one or two matrix and vector engines for all layers, or for all of each stage, with the network in one phase, in as few as it takes to fit, or in its blocks. */
final class FewEngines {
    /** Machines of few engines that are tried. */
    private static final int OVERLAYS_MAX = 10;

    private static final List<Double> STRETCHES_OF_PHASES = List.of(1.0, 1.15, 1.4, 1.8, 3.0);

    /** Of {@link #STRETCHES_OF_PHASES}, how many that fit are tried: with fewer rows a firing there is room for deeper buffers. */
    private static final int FITTING_STRETCHES = 2;

    private final QuantizedGraph graph;
    private final Target target;
    private final Objective objective;
    private final Placer placer;
    /** Fastest first. */
    private final List<Overlay> overlays;

    private final StagedEngines staged;
    private final Phasing phasing;
    private final Map<MachineOptions, Optional<MachineOptions>> phased = new ConcurrentHashMap<>();

    /** Engines for the stages of a network. */
    interface StagedEngines {
        Stages of(Blocks blocks, boolean within);
    }

    /** @param overlays fastest first */
    FewEngines(
            QuantizedGraph graph,
            Target target,
            Objective objective,
            Placer placer,
            List<Overlay> overlays,
            StagedEngines staged) {
        this.graph = graph;
        this.target = target;
        this.objective = objective;
        this.placer = placer;
        this.overlays = List.copyOf(overlays);
        this.staged = staged;
        phasing = new Phasing(graph);
    }

    /**
     * The fastest of each sort, the fastest of all first.
     *
     * @param cycles a frame that they have to be faster than
     */
    List<Found> fastest(double cycles) {
        var flowing = overlaid(cycles);
        var blocks = inBlocks(flowing.map(Found::cycles).orElse(cycles));
        return Stream.concat(blocks.stream(), flowing.stream()).toList();
    }

    /**
     * The fastest machine of one engine of a kind that fits, with the network in as many phases as that takes.
     *
     * @param cycles a frame that it has to be faster than
     */
    private Optional<Found> overlaid(double cycles) {
        var some = Search.isVeryLarge(graph)
                ? ofEachNumber().stream().map(List::getFirst).toList()
                : overlays.subList(0, Math.min(OVERLAYS_MAX, overlays.size()));
        // Smaller engines are only of use where these do not fit.
        return Found.fasterOf(some, Overlay::cycles, this::on, cycles)
                .or(() -> overlays.stream()
                        .filter(o -> o.cycles() < cycles && !some.contains(o))
                        .flatMap(o -> on(o, cycles).stream())
                        .filter(f -> f.cycles() < cycles)
                        .findFirst());
    }

    /** Overlays by number of engines, in their order. */
    private Collection<List<Overlay>> ofEachNumber() {
        return overlays.stream()
                .collect(Collectors.groupingBy(
                        o -> List.of(o.arrays(), o.vectors().size()), LinkedHashMap::new, Collectors.toList()))
                .values();
    }

    /**
     * The network on one engine of a kind, in one phase or several, with as many rows a firing as fit.
     *
     * @param most cycles a frame that it has to be faster than
     */
    private Optional<Found> on(Overlay overlay, double most) {
        if (!fitsSomehow(longest(overlay))) {
            return Optional.empty();
        }
        Optional<Found> best = Optional.empty();
        int fitting = 0;
        for (double stretch : STRETCHES_OF_PHASES) {
            var resident = stretched(overlay, stretch);
            var ways = Stream.of(Optional.of(resident).filter(placer::fitsLean), phased(resident))
                    .flatMap(Optional::stream)
                    .toList();
            for (var way : ways) {
                double fewest = best.map(Found::cycles).orElse(most);
                var better = placer.placed(way, fewest).filter(f -> f.cycles() < fewest);
                if (better.isPresent()) {
                    best = better;
                }
            }
            fitting += ways.isEmpty() ? 0 : 1;
            if (fitting == (Search.isVeryLarge(graph) ? 1 : FITTING_STRETCHES)) {
                break;
            }
        }
        return best;
    }

    /** An overlay's machine with a frame of so many times the least cycles. */
    private MachineOptions stretched(Overlay overlay, double stretch) {
        var engines = new MachineOptions.Engines.Assigned(overlay.matrices(), overlay.vectors(), overlay.engineOf());
        var one = MachineOptions.of("optimised", engines)
                .withBatch(objective.batch())
                .withHost(placer.hostLanes(true, overlay.cycles()), placer.hostLanes(false, overlay.cycles()));
        return placer.resident(
                SpareDsps.given(graph, one, target.dsp()), Residence.PART_ON_CHIP, overlay.cycles() * stretch);
    }

    /** An overlay's longest frame: a longer one never takes more row memory, so where it does not fit, none does. */
    private MachineOptions longest(Overlay overlay) {
        return stretched(overlay, STRETCHES_OF_PHASES.getLast());
    }

    private boolean fitsSomehow(MachineOptions options) {
        return placer.fitsLean(options) || phased(options).isPresent();
    }

    /**
     * The fastest machines that compute the network block by block, fastest first.
     *
     * @param cycles a frame that they have to be faster than
     */
    private List<Found> inBlocks(double cycles) {
        var blocks = Blocks.of(graph);
        if (blocks.isEmpty() || !target.dram().exists() || objective.batch() > 1 || Search.isVeryLarge(graph)) {
            return List.of();
        }
        var machines = new BlockMachines(graph, target, placer, blocks.get(), this::longest);
        if (!objective.thorough()) {
            return machines.onOneEngine(overlays, cycles).stream().toList();
        }
        var one = machines.onOneEngineThoroughly(overlays, cycles).stream().toList();
        double fewest = Found.fastest(one).map(Found::cycles).orElse(cycles);
        var inStages = Stream.of(false, true)
                .flatMap(within ->
                        machines.ofStages(staged.of(blocks.get(), within).fastestFirst(), fewest).stream())
                .sorted(Comparator.comparingDouble(Found::cycles))
                .toList();
        return Stream.concat(inStages.stream(), one.stream()).toList();
    }

    /** The options with as few phases as it takes until they fit. */
    private Optional<MachineOptions> phased(MachineOptions options) {
        var known = phased.get(options);
        if (known == null) {
            known = phasing.until(options, placer::fitsLean);
            phased.put(options, known);
        }
        return known;
    }
}
