package io.millrace.scheduler.internal;

import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.Streams;
import io.millrace.scheduler.Target;
import io.millrace.scheduler.Unit;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
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

    /** How many times the least cycles of its engines a machine's firings may take: the last of them cost more rows than they are worth. */
    private static final double CYCLES_FOR_ROWS = 1.015;

    /** How many times the cycles of the fastest machine of stages others may take that are made better, too. */
    private static final double NEARLY = 1.1;

    /** Parts of the cycles of folded phases that weights may keep the port busy. */
    private static final List<Double> PORT_PARTS = List.of(StreamedRows.PORT_PART, 0.6, 0.5);

    private static final double PORT_PART_BY_TURNS = 0.6;

    /** How many phases from the middle the later half may begin, too. */
    private static final int FOLD_BESIDE = 2;

    /** Cuts into stages of which two frames are tried by turns, and those of them that are made better still. */
    private static final int STARTS = 8;

    private static final int BETTER_STARTS = 4;

    /**
     * How many times as much as usual comes in.
     *
     * @param host elements of frames a clock: in phases, layers behind the input want a frame's elements in a part of its time
     * @param fifo words of the FIFOs for weights: the deeper, the longer layers may want more of them than the port brings
     */
    private record Supply(int host, double fifo) {}

    /** Supplies that are tried for the fastest machine, one after the other. */
    private static final List<Supply> SUPPLIES = List.of(
            new Supply(4, 1),
            new Supply(4, 1.5),
            new Supply(4, 2),
            new Supply(4, 4),
            new Supply(1, 2),
            new Supply(1, 0.5));

    /** What machines whose phases are folded begin with: the first phase has fewer cycles, and FIFOs even out what phases of few and of many weights want. */
    private static final Supply FOLDED_SUPPLY = new Supply(4, 4);

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
    private record InPhases(Overlay overlay, List<Integer> cuts, MachineOptions options) {
        InPhases foldedAt(List<Integer> nodes) {
            return new InPhases(
                    overlay, cuts, options.withPacing(options.pacing().foldedAt(nodes)));
        }

        List<Integer> folds() {
            return options.pacing().folds();
        }
    }

    /**
     * @param part of the block RAMs for firings of more rows
     * @param portPart of the cycles, what weights may keep the port busy
     */
    private record Way(InPhases machine, double part, double portPart) {
        long cycles() {
            return machine.overlay.cycles();
        }

        /** Where its stages begin, and which of them are in blocks. */
        List<Object> cut() {
            return List.of(machine.overlay.stages(), machine.overlay.border());
        }

        /** Another machine with as much of what there is. */
        Way of(InPhases other) {
            return new Way(other, part, portPart);
        }
    }

    /** The fastest machine of one engine of a kind, with blocks made one and more coming in where that is faster. */
    Optional<Found> onOneEngineThoroughly(List<Overlay> overlays, double cycles) {
        return ofOneEngine(overlays, cycles).map(start -> improved(folded(start)));
    }

    /** The fastest machine of one engine of a kind, with a phase a block. */
    Optional<Found> onOneEngine(List<Overlay> overlays, double cycles) {
        return ofOneEngine(overlays, cycles).map(Found.Of::found);
    }

    private Optional<Found.Of<Way>> ofOneEngine(List<Overlay> overlays, double cycles) {
        var machines = overlays.stream()
                .filter(o -> o.arrays() == 1 && o.vectors().size() == 1 && o.cycles() < cycles)
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

    /**
     * The fastest machines in stages, each of another cut, fastest first.
     *
     * @param staged engines for stages, by cut; fastest first
     * @param cycles a frame that they have to be faster than
     */
    List<Found> ofStages(List<List<Overlay>> staged, double cycles) {
        // Of each cut, first the machine with most lanes and requantizers that fits.
        var ways = staged.stream()
                .filter(variants -> variants.getFirst().cycles() < cycles && placer.fitsLean(smallest(variants)))
                .flatMap(variants -> variants(variants)
                        .filter(machines -> machines.stream().anyMatch(m -> placer.fitsLean(m.options)))
                        .limit(1))
                .limit(OF_STAGES_MAX)
                .flatMap(List::stream)
                .filter(m -> placer.fitsLean(m.options))
                .map(this::byTurns)
                .toList();
        var starts = new LinkedHashMap<List<Object>, Found.Of<Way>>();
        Found.fastestOf(ways, Way::cycles, this::built, cycles, NEARLY)
                .forEach(o -> starts.putIfAbsent(o.candidate().cut(), o));
        var byTurns = starts.values().stream().limit(STARTS).toList().parallelStream()
                .map(start -> ofOtherSizes(folded(start), staged))
                .sorted(Comparator.comparingDouble(BlockMachines::promise))
                .toList();
        var better = byTurns.stream().limit(BETTER_STARTS).toList().parallelStream()
                .map(this::improved)
                .toList();
        return Stream.concat(
                        better.stream(), byTurns.stream().skip(BETTER_STARTS).map(Found.Of::found))
                .sorted(Comparator.comparingDouble(Found::cycles))
                .toList();
    }

    /** The fewer the sooner: half way from what a machine takes to what its engines alone would, as steps bring it nearer to that. */
    private static double promise(Found.Of<Way> machine) {
        return (machine.found().cycles() + machine.candidate().cycles()) / 2;
    }

    /** The machine with other requantizers and lanes, where that is faster. */
    private Found.Of<Way> ofOtherSizes(Found.Of<Way> start, List<List<Overlay>> staged) {
        var machine = start.candidate().machine;
        var others = others(staged, machine)
                .filter(m -> m.cuts.containsAll(machine.folds()))
                .map(m -> machine.folds().isEmpty()
                        ? m
                        : supplied(m, FOLDED_SUPPLY).foldedAt(machine.folds()))
                .filter(m -> placer.fitsLean(m.options))
                .map(start.candidate()::of)
                .toList();
        return better(others, start);
    }

    /** The machines of the same cut. */
    private Stream<InPhases> others(List<List<Overlay>> staged, InPhases machine) {
        return staged.stream()
                .filter(variants -> variants.getFirst().stages().equals(machine.overlay.stages())
                        && variants.getFirst().border() == machine.overlay.border())
                .flatMap(this::variants)
                .flatMap(List::stream);
    }

    /** For engines of each size, the machine in all its blocks, and the one whose last stage is one phase. */
    private Stream<List<InPhases>> variants(List<Overlay> variants) {
        return variants.stream()
                .flatMap(o -> WIDER_VECTORS.stream().map(o::withVectors))
                .map(o -> {
                    var all = inBlocks(o);
                    var flowingAtLast =
                            all.stream().filter(n -> n <= o.stages().getLast()).toList();
                    return Stream.of(all, flowingAtLast)
                            .distinct()
                            .map(cuts -> in(o, cuts))
                            .toList();
                });
    }

    /** The machine with fewest lanes and requantizers, in all its blocks. */
    private MachineOptions smallest(List<Overlay> variants) {
        var o = variants.getLast();
        return in(o, inBlocks(o)).options;
    }

    /** Nodes with which phases begin where each block is one. */
    private List<Integer> inBlocks(Overlay overlay) {
        return Stream.concat(blocks.firstNodes().stream(), overlay.stages().stream())
                .filter(n -> n >= overlay.border())
                .distinct()
                .sorted()
                .toList();
    }

    private InPhases in(Overlay overlay, List<Integer> cuts) {
        return new InPhases(overlay, cuts, blocks.in(longest.apply(overlay), target, overlay.stages(), cuts));
    }

    /** The same machine with other phases. */
    private InPhases with(InPhases machine, List<Integer> cuts) {
        return new InPhases(machine.overlay, cuts, blocks.in(machine.options, target, machine.overlay.stages(), cuts))
                .foldedAt(machine.folds());
    }

    private static List<Way> ways(List<InPhases> machines) {
        return machines.stream()
                .flatMap(m ->
                        ROOM_FOR_ROWS.stream().flatMap(part -> portParts(m).map(port -> new Way(m, part, port))))
                .toList();
    }

    /** Parts of the port that are tried for weights: maps that alternate with another frame's are moved at the same time. */
    private static Stream<Double> portParts(InPhases machine) {
        return machine.options.pacing().folded() ? PORT_PARTS.stream() : Stream.of(StreamedRows.PORT_PART);
    }

    /** The fastest of these machines, or the one there is. */
    private Found.Of<Way> better(List<Way> ways, Found.Of<Way> best) {
        return best(ways, best.found().cycles()).orElse(best);
    }

    /** The fastest of these machines. */
    private Optional<Found.Of<Way>> best(List<Way> ways, double cycles) {
        return Found.bestOf(ways, Way::cycles, this::built, cycles);
    }

    /** The machine with as many rows a firing as fit in a part of the block RAMs, if it fits and may be as fast. */
    private Optional<Found> built(Way way, double most) {
        return placer.placed(
                StreamedRows.grown(
                        graph,
                        way.machine.options,
                        way.cycles() * CYCLES_FOR_ROWS,
                        way.portPart,
                        o -> placer.fitsIn(way.part, o)),
                most);
    }

    private InPhases supplied(InPhases machine, Supply supply) {
        return new InPhases(machine.overlay, machine.cuts, supplied(machine.options, supply));
    }

    private MachineOptions supplied(MachineOptions options, Supply supply) {
        var host = options.host();
        var more = options.withHost(Math.min(Placer.HOST_LANES_MAX, supply.host * host.in()), host.out());
        var streams = options.streams();
        if (supply.fifo == 1 || streams.engines().isEmpty()) {
            return more;
        }
        int words = Skeleton.of(graph, options).units().stream()
                .mapToInt(u -> u instanceof Unit.Matrix m ? m.fifoWords() : 0)
                .max()
                .orElseThrow();
        return more.withStreams(
                new Streams(streams.dram(), streams.engines(), (int) (supply.fifo * words), streams.spills()));
    }

    /** The machine by turns, with blocks made one and more of what comes in, each where that is faster. Other halves may be better once blocks are one. */
    private Found improved(Found.Of<Way> start) {
        return supplied(ofOtherParts(folded(merged(start))));
    }

    /** The machine with the phases of each stage of two frames by turns, if that fits. */
    private Way byTurns(InPhases machine) {
        var folds = stages(machine).stream()
                .map(stage -> stage.get(stage.size() / 2))
                .toList();
        var folded = supplied(machine, FOLDED_SUPPLY).foldedAt(folds);
        return folds.isEmpty() || !placer.fitsLean(folded.options)
                ? new Way(machine, ROOM_FOR_ROWS.getFirst(), StreamedRows.PORT_PART)
                : new Way(folded, ROOM_FOR_ROWS.getFirst(), PORT_PART_BY_TURNS);
    }

    /** The machine with the phases of each stage of two frames by turns, with the later half from about the middle on, or of one frame, where that is faster. */
    private Found.Of<Way> folded(Found.Of<Way> start) {
        var best = start;
        for (var stage : stages(start.candidate().machine)) {
            var way = best.candidate();
            var machine = way.machine;
            var supplied = machine.folds().isEmpty() ? supplied(machine, FOLDED_SUPPLY) : machine;
            var others =
                    machine.folds().stream().filter(f -> !stage.contains(f)).toList();
            int middle = stage.size() / 2;
            var folds = IntStream.rangeClosed(middle - FOLD_BESIDE, middle + FOLD_BESIDE)
                    .filter(i -> i >= 0 && i < stage.size())
                    .mapToObj(stage::get)
                    .filter(cut -> !machine.folds().contains(cut))
                    .map(cut -> supplied.foldedAt(
                            Stream.concat(others.stream(), Stream.of(cut)).toList()));
            var ways = Stream.concat(folds, Stream.of(supplied.foldedAt(others)).filter(m -> !m.equals(machine)))
                    .filter(m -> placer.fitsLean(m.options))
                    .flatMap(m -> machine.folds().isEmpty()
                            ? portParts(m).map(port -> new Way(m, way.part, port))
                            : Stream.of(way.of(m)))
                    .toList();
            best = better(ways, best);
        }
        return best;
    }

    /** Nodes with which the second and later phases of each stage begin. */
    private static List<List<Integer>> stages(InPhases machine) {
        var firsts = machine.overlay.stages();
        return List.copyOf(machine.cuts.stream()
                .filter(cut -> !firsts.contains(cut))
                .collect(Collectors.groupingBy(cut -> Blocks.stage(firsts, cut), TreeMap::new, Collectors.toList()))
                .values());
    }

    /** The machine with blocks made one with the one before, each where that is faster. */
    private Found.Of<Way> merged(Found.Of<Way> start) {
        var best = start;
        for (int cut : start.candidate().machine.cuts) {
            var machine = best.candidate().machine;
            if (machine.cuts.size() > 1
                    && !machine.overlay.stages().contains(cut)
                    && !machine.folds().contains(cut)) {
                var fewer = with(
                        machine, machine.cuts.stream().filter(c -> c != cut).toList());
                if (placer.fitsLean(fewer.options)) {
                    best = better(List.of(best.candidate().of(fewer)), best);
                }
            }
        }
        return best;
    }

    /** The machine with other parts of block RAMs for rows and of the port for weights, where that is faster. */
    private Found.Of<Way> ofOtherParts(Found.Of<Way> start) {
        var others = ways(List.of(start.candidate().machine)).stream()
                .filter(way -> !way.equals(start.candidate()))
                .toList();
        return better(others, start);
    }

    /** The machine with more of what comes in, where that is faster. */
    private Found supplied(Found.Of<Way> start) {
        var machine = start.candidate().machine;
        // Without streamed weights, or where the host's lanes are as many as there can be, several are the same.
        var supplied = SUPPLIES.stream()
                .map(supply -> supplied(machine, supply))
                .distinct()
                .toList();
        var best = start;
        for (var more : supplied) {
            best = better(List.of(best.candidate().of(more)), best);
        }
        return best.found();
    }
}
