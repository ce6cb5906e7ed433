package io.millrace.scheduler.internal;

import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.Target;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Machines that compute a network block by block, with maps between blocks in DRAM and as many rows a firing as fit: on one matrix and one vector engine, or in {@link Stages}. Where blocks begin
 * is no fixed thing: two of them may be one phase whose rows flow, as long as these fit.
 */
final class BlockMachines {
    /** Machines of one engine of a kind that are tried. */
    private static final int OF_ONE_ENGINE_MAX = 2;

    /** Machines of stages that are tried. */
    private static final int OF_STAGES_MAX = 160;

    /** How many times as wide as an overlay's vector engine is made: within a block, either engine waits for the other. */
    private static final List<Integer> WIDER_VECTORS = List.of(2, 1);

    /** Parts of the block RAMs that firings of more rows may take; deeper buffers take the rest. */
    private static final List<Double> ROOM_FOR_ROWS = List.of(0.9, 1.0);

    /** Blocks that are made one with the block before, one after the other. */
    private static final int MERGES_MAX = 8;

    private final QuantizedGraph graph;
    private final Target target;
    private final Placer placer;
    private final Blocks blocks;
    private final Function<Overlay, MachineOptions> longest;

    /** @param longest an overlay's machine for the longest frame, which takes the least row memory */
    BlockMachines(
            QuantizedGraph graph,
            Target target,
            Placer placer,
            Blocks blocks,
            Function<Overlay, MachineOptions> longest) {
        this.graph = graph;
        this.target = target;
        this.placer = placer;
        this.blocks = blocks;
        this.longest = longest;
    }

    /**
     * A machine and where its phases begin.
     *
     * @param options with one row a firing as far as possible
     */
    private record InPhases(Overlay overlay, List<Integer> cuts, MachineOptions options) {}

    /** @param part of the block RAMs for firings of more rows */
    private record Way(InPhases machine, double part) {
        long cycles() {
            return machine.overlay.cycles();
        }
    }

    /**
     * The fastest of them.
     *
     * @param overlays fastest first
     * @param staged engines for stages, by cut; fastest first
     * @param cycles a frame that it has to be faster than
     */
    Optional<Found> fastest(List<Overlay> overlays, List<List<Overlay>> staged, double cycles) {
        var one = ofOneEngine(overlays, cycles);
        double fewest = one.map(Found.Of::found).map(Found::cycles).orElse(cycles);
        return ofStages(staged, fewest).or(() -> one).map(this::merged);
    }

    private Optional<Found.Of<Way>> ofOneEngine(List<Overlay> overlays, double cycles) {
        var machines = overlays.stream()
                .filter(o -> o.matrices().size() == 1 && o.vectors().size() == 1 && o.cycles() < cycles)
                .flatMap(o -> WIDER_VECTORS.stream().map(o::withVectors))
                .map(o -> in(o, blocks.firstNodes()))
                .filter(m -> placer.fitsLean(m.options))
                .limit(OF_ONE_ENGINE_MAX)
                .toList();
        if (machines.isEmpty()) {
            return Optional.empty();
        }
        // Where the first one is no gain, the others hardly are.
        var first = best(ways(machines.subList(0, 1)), cycles);
        return first.flatMap(f -> best(
                        ways(machines.subList(1, machines.size())), f.found().cycles()))
                .or(() -> first);
    }

    private Optional<Found.Of<Way>> ofStages(List<List<Overlay>> staged, double cycles) {
        // Of each cut, first the machine with most lanes and requantizers that fits.
        var ways = staged.stream()
                .filter(variants -> variants.getFirst().cycles() < cycles && placer.fitsLean(smallest(variants)))
                .flatMap(variants -> variants(variants)
                        .filter(machines -> machines.stream().anyMatch(m -> placer.fitsLean(m.options)))
                        .limit(1))
                .limit(OF_STAGES_MAX)
                .flatMap(List::stream)
                .filter(m -> placer.fitsLean(m.options))
                .map(m -> new Way(m, ROOM_FOR_ROWS.getFirst()))
                .toList();
        return best(ways, cycles)
                .map(best -> best(
                                ways(others(staged, best.candidate().machine)),
                                best.found().cycles())
                        .orElse(best));
    }

    /** The machines of the same cut that fit. */
    private List<InPhases> others(List<List<Overlay>> staged, InPhases machine) {
        return staged.stream()
                .filter(variants -> variants.getFirst().stages().equals(machine.overlay.stages())
                        && variants.getFirst().border() == machine.overlay.border())
                .flatMap(this::variants)
                .flatMap(List::stream)
                .filter(m -> placer.fitsLean(m.options))
                .toList();
    }

    /** For engines of each size, the machine in all its blocks, and the one whose last stage is one phase. */
    private Stream<List<InPhases>> variants(List<Overlay> variants) {
        return variants.stream()
                .flatMap(o -> WIDER_VECTORS.stream().map(o::withVectors))
                .map(o -> {
                    var all = blocks.firstNodes().stream()
                            .filter(n -> n >= o.border())
                            .toList();
                    var flowingAtLast =
                            all.stream().filter(n -> n <= o.stages().getLast()).toList();
                    return Stream.of(all, flowingAtLast)
                            .distinct()
                            .map(cuts -> in(o, cuts))
                            .toList();
                });
    }

    private MachineOptions smallest(List<Overlay> variants) {
        var o = variants.getLast();
        return in(o, blocks.firstNodes().stream().filter(n -> n >= o.border()).toList()).options;
    }

    private InPhases in(Overlay overlay, List<Integer> cuts) {
        return new InPhases(overlay, cuts, blocks.in(longest.apply(overlay), target, overlay.stages(), cuts));
    }

    private static List<Way> ways(List<InPhases> machines) {
        return machines.stream()
                .flatMap(m -> ROOM_FOR_ROWS.stream().map(part -> new Way(m, part)))
                .toList();
    }

    /** The fastest of these machines with as many rows a firing as fit in parts of the block RAMs. */
    private Optional<Found.Of<Way>> best(List<Way> ways, double cycles) {
        return Found.bestOf(
                ways,
                Way::cycles,
                (way, most) -> placer.placed(
                        StreamedRows.grown(graph, way.machine.options, way.cycles(), o -> placer.fitsIn(way.part, o)),
                        most),
                cycles);
    }

    /** The machine with some blocks made one with the one before, as long as that is faster. */
    private Found merged(Found.Of<Way> start) {
        var best = start;
        for (int i = 0; i < MERGES_MAX; i++) {
            var now = best.candidate().machine;
            var fewer = now.cuts.stream()
                    .filter(cut -> !now.overlay.stages().contains(cut))
                    .map(cut -> in(
                            now.overlay,
                            now.cuts.stream().filter(c -> !c.equals(cut)).toList()))
                    .filter(m -> !m.cuts.isEmpty() && placer.fitsLean(m.options))
                    .map(m -> new Way(m, ROOM_FOR_ROWS.getFirst()))
                    .toList();
            var better = best(fewer, best.found().cycles());
            if (better.isEmpty()) {
                break;
            }
            best = better.get();
        }
        return best.found();
    }
}
