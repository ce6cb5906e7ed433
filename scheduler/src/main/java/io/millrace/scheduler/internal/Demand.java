package io.millrace.scheduler.internal;

import io.millrace.quantizer.AccumulatorWidth;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.Requantizer;
import io.millrace.scheduler.Actor;
import io.millrace.scheduler.FiringList;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.ProgramLayout;
import io.millrace.scheduler.Timing;
import io.millrace.scheduler.Unit;
import io.millrace.scheduler.WeightPlaces;
import io.millrace.scheduler.Work;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.IntBinaryOperator;
import java.util.stream.IntStream;

/**
 * What a mapped network asks of a machine besides its engine sizes.
 *
 * @param units by unit id
 * @param memories by (writer, reader)
 */
public record Demand(Precision precision, List<OfUnit> units, TreeMap<Pair, OfMemory> memories, Widths widths) {
    /** A writing and a reading unit. */
    record Pair(int writer, int reader) implements Comparable<Pair> {
        @Override
        public int compareTo(Pair o) {
            return writer != o.writer ? Integer.compare(writer, o.writer) : Integer.compare(reader, o.reader);
        }
    }

    /**
     * What a row memory has to hold.
     *
     * @param elements of all buffers
     * @param shared whether buffers overlap
     * @param granule elements that are only written and read together, a power of two
     * @param edges by number of an input, the edges that are read as that
     */
    record OfMemory(int elements, boolean shared, int granule, List<Integer> edges) {
        OfMemory {
            edges = List.copyOf(edges);
        }

        /** Of one edge. */
        static OfMemory edge(int input, int granule) {
            return new OfMemory(
                    0,
                    false,
                    granule,
                    IntStream.rangeClosed(0, input)
                            .mapToObj(k -> k == input ? 1 : 0)
                            .toList());
        }

        OfMemory plus(OfMemory o) {
            return new OfMemory(
                    elements + o.elements, shared || o.shared, Math.min(granule, o.granule), each(o, Integer::sum));
        }

        OfMemory max(OfMemory o) {
            return new OfMemory(
                    Math.max(elements, o.elements),
                    shared || o.shared,
                    Math.min(granule, o.granule),
                    each(o, Math::max));
        }

        /** Edges read as an input. */
        int edges(int input) {
            return input < edges.size() ? edges.get(input) : 0;
        }

        private List<Integer> each(OfMemory o, IntBinaryOperator of) {
            return IntStream.range(0, Math.max(edges.size(), o.edges.size()))
                    .mapToObj(k -> of.applyAsInt(edges(k), o.edges(k)))
                    .toList();
        }
    }

    /**
     * Program memory and feature needs of a unit.
     *
     * @param weightWords without a map of tiles
     * @param mappedWords with one, of {@code weightTiles} entries
     */
    record OfUnit(
            int actors,
            int listEntries,
            int segments,
            int weightWords,
            int mappedWords,
            int weightTiles,
            int accumulatorWords,
            int accumulatorBits,
            int parameterWords,
            int tables,
            int preShiftMax,
            int inputs,
            boolean ownSegments,
            boolean planes,
            Unit.Features features) {
        OfUnit max(OfUnit o) {
            return new OfUnit(
                    Math.max(actors, o.actors),
                    Math.max(listEntries, o.listEntries),
                    Math.max(segments, o.segments),
                    Math.max(weightWords, o.weightWords),
                    Math.max(mappedWords, o.mappedWords),
                    Math.max(weightTiles, o.weightTiles),
                    Math.max(accumulatorWords, o.accumulatorWords),
                    Math.max(accumulatorBits, o.accumulatorBits),
                    Math.max(parameterWords, o.parameterWords),
                    Math.max(tables, o.tables),
                    Math.max(preShiftMax, o.preShiftMax),
                    Math.max(inputs, o.inputs),
                    ownSegments || o.ownSegments,
                    planes || o.planes,
                    features.or(o.features));
        }
    }

    /** Largest magnitudes of counters. */
    record Widths(int rows, int columns, int positions, int channels, int tiles) {
        Widths max(Widths o) {
            return new Widths(
                    Math.max(rows, o.rows),
                    Math.max(columns, o.columns),
                    Math.max(positions, o.positions),
                    Math.max(channels, o.channels),
                    Math.max(tiles, o.tiles));
        }
    }

    /**
     * @param accumulatorBits see {@link #accumulatorBits}
     * @param slots by buffer
     */
    static Demand of(Flow flow, int[] accumulatorBits, List<FiringList> lists, int[] slots, BufferPlaces places) {
        var units = new ArrayList<OfUnit>();
        for (var unit : flow.units()) {
            units.add(ofUnit(
                    flow, accumulatorBits, unit, lists.get(unit.id()).entries().size()));
        }
        var memories = new TreeMap<Pair, OfMemory>();
        for (var link : flow.links()) {
            memories.merge(
                    new Pair(flow.writer(link), flow.reader(link)),
                    OfMemory.edge(link.operand(), Granule.of(flow, link)),
                    OfMemory::plus);
        }
        memories.replaceAll((pair, edges) -> {
            var memory = places.memory(pair);
            return edges.plus(new OfMemory(memory.elements(), memory.shared(), edges.granule(), List.of()));
        });
        return new Demand(flow.graph().precision(), units, memories, widths(flow, slots));
    }

    /** By actor: bits that an accumulator of a layer needs, 0 for host units. It looks at every weight, so it is asked once. */
    static int[] accumulatorBits(Flow flow) {
        return flow.actors().stream()
                .mapToInt(a -> switch (a.work()) {
                    case Work.Receive _, Work.Send _, Work.Spill _, Work.Reload _ -> 0;
                    case Work.Multiply _, Work.Reduce _ ->
                        AccumulatorWidth.bits(flow.graph().node(a.node()), flow.graph());
                })
                .toArray();
    }

    /** The least that covers both. */
    Demand max(Demand o) {
        var both = new ArrayList<OfUnit>();
        for (int i = 0; i < units.size(); i++) {
            both.add(units.get(i).max(o.units.get(i)));
        }
        var pairs = new TreeMap<>(memories);
        o.memories.forEach((pair, need) -> pairs.merge(pair, need, OfMemory::max));
        return new Demand(precision, both, pairs, widths.max(o.widths));
    }

    private static OfUnit ofUnit(Flow flow, int[] bitsOf, Unit unit, int listEntries) {
        var actors = flow.actorsOn(unit.id());
        int segments = 0;
        int weightWords = 0;
        int accumulatorWords = 0;
        int accumulatorBits = 2;
        int parameterWords = 0;
        int tables = 0;
        int preShiftMax = 0;
        int inputs = 1;
        boolean ownSegments = false;
        boolean planes = false;
        var layers = new ArrayList<WeightPlaces.Layer>();
        var features = Unit.Features.NONE;
        for (var actor : actors) {
            var g = flow.geometry(actor);
            int rows = Math.min(actor.rowsPerFiring(), g.outputRows());
            int columns = actor.widestRange(g);
            var node = flow.graph().node(actor.node());
            inputs = Math.max(inputs, actor.inputs().size());
            planes |= actor.planes();
            switch (actor.work()) {
                case Work.Receive _, Work.Send _, Work.Spill _, Work.Reload _ -> {
                    continue;
                }
                case Work.Multiply w -> {
                    segments += w.segments().size();
                    layers.add(new WeightPlaces.Layer((QOp.Conv) node.op(), g, w));
                    ownSegments |= w.ownSegments();
                    accumulatorWords = Math.max(accumulatorWords, accumulatorWords(w, rows, columns));
                    parameterWords += ProgramLayout.parameterWords(node.op(), unit, w.outputTiles());
                }
                case Work.Reduce w -> {
                    segments += w.taps().size();
                    accumulatorWords = Math.max(accumulatorWords, w.channelGroups() * w.positions(rows, columns));
                    features = features.or(features(node.op()));
                    weightWords += vectorWeightWords(node.op(), w);
                    parameterWords += ProgramLayout.parameterWords(node.op(), unit, w.channelGroups());
                }
            }
            accumulatorBits = Math.max(accumulatorBits, bitsOf[actor.id()]);
            tables += node.op().table().isPresent() ? 1 : 0;
            preShiftMax = Math.max(
                    preShiftMax,
                    requantizer(node.op()).map(Requantizer::preShift).orElse(0));
        }
        int mappedWords = weightWords;
        int weightTiles = 0;
        if (unit instanceof Unit.Matrix m && !m.streamed()) {
            var plain = WeightPlaces.sizeOf(layers, m.outputs(), false);
            var mapped = WeightPlaces.sizeOf(layers, m.outputs(), true);
            weightWords = plain.stored() * m.tileLoadCycles();
            mappedWords = mapped.stored() * m.tileLoadCycles();
            weightTiles = mapped.tiles();
        }
        return new OfUnit(
                actors.stream().mapToInt(Actor::ranges).sum(),
                listEntries,
                segments,
                weightWords,
                mappedWords,
                weightTiles,
                accumulatorWords,
                accumulatorBits,
                parameterWords,
                tables,
                preShiftMax,
                inputs,
                ownSegments,
                planes,
                features);
    }

    private static final Unit.Features MAXIMA = new Unit.Features(true, false, false, true, false, false, false);

    /** What a vector engine has to be able to do for a layer. */
    public static Unit.Features features(QOp op) {
        return switch (op) {
            case QOp.SumPool _ -> new Unit.Features(false, true, false, true, false, false, false);
            case QOp.Conv _ -> new Unit.Features(false, true, true, false, false, false, false);
            case QOp.Add _ -> new Unit.Features(false, true, true, true, false, false, false);
            case QOp.Mul _ -> new Unit.Features(false, true, true, true, true, false, false);
            case QOp.Gather _, QOp.DepthToSpace _ -> new Unit.Features(false, false, false, true, false, true, false);
            case QOp.ArgMax _ -> new Unit.Features(true, false, false, true, false, false, true);
            // A minimum is a maximum of complements, which are terms.
            case QOp.Extreme(boolean least, var _) ->
                least ? new Unit.Features(true, true, true, true, false, false, false) : MAXIMA;
            case QOp.MaxPool _ -> MAXIMA;
            case QOp.Input _, QOp.View _, QOp.Concat _ -> Unit.Features.NONE;
        };
    }

    /** Words of V weights that a layer on a vector engine takes. */
    public static int vectorWeightWords(QOp op, Work.Reduce w) {
        return op instanceof QOp.Conv ? w.channelGroups() * w.taps().size() : 0;
    }

    /** Accumulator words of one half that a firing fills. */
    static int accumulatorWords(Work.Multiply w, int rows, int columns) {
        int each = w.slotWords() > 0 ? w.slotWords() : Timing.pixelClocks(w, rows, columns);
        return each * w.outputTilesOfGroup();
    }

    public static Optional<Requantizer> requantizer(QOp op) {
        return switch (op) {
            case QOp.Input _, QOp.MaxPool _, QOp.Add _, QOp.Extreme _, QOp.ArgMax _, QOp.View _, QOp.Concat _ ->
                Optional.empty();
            case QOp.Gather _, QOp.DepthToSpace _ -> Optional.empty();
            case QOp.Mul m -> Optional.of(m.requantizer());
            case QOp.Conv c -> Optional.of(c.requantizer());
            case QOp.SumPool p -> Optional.of(p.requantizer());
        };
    }

    private static Widths widths(Flow flow, int[] slots) {
        var widths = new Widths(1, 1, 1, 1, 1);
        for (var actor : flow.actors()) {
            widths = widths.max(widths(flow, actor));
        }
        int deepest = java.util.Arrays.stream(slots).max().orElse(1);
        return widths.max(new Widths(deepest, 1, 1, 1, 1));
    }

    private static Widths widths(Flow flow, Actor actor) {
        var g = flow.geometry(actor);
        int r = actor.rowsPerFiring();
        int rows = Collections.max(List.of(
                g.inputRows(),
                g.outputRows(),
                g.padTop(),
                r * g.rowStride(),
                Math.abs((g.outputRows() - 1) * g.rowStride() - g.padTop() + g.rowExtent())));
        int reach = switch (flow.unit(actor)) {
            case Unit.HostIn h -> h.lanes();
            case Unit.HostOut h -> h.lanes();
            case Unit.Store s -> s.lanes();
            case Unit.Load l -> l.lanes();
            case Unit.Matrix m -> (m.pixels() - 1) * pixelStep(actor) + m.readElements();
            case Unit.Vector v -> Math.ceilDiv(channels(g, actor), v.lanes()) * v.lanes() + v.lanes();
        };
        int window = g.kernelColumns() * g.columnDilation() * g.inputChannels();
        int columns = g.outputColumns() * g.columnStride() * g.inputChannels();
        int positions = Math.max(g.inputRowElements(), columns + window) + reach;
        int tiles = switch (actor.work()) {
            case Work.Receive _, Work.Send _, Work.Spill _, Work.Reload _ -> 1;
            case Work.Multiply w -> w.single() ? w.outputTiles() : w.tiles();
            case Work.Reduce w -> w.channelGroups() * w.reads();
        };
        return new Widths(rows, g.outputColumns(), positions, channels(g, actor), tiles);
    }

    /** Channels of a position. */
    private static int channels(Geometry g, Actor actor) {
        return actor.work() instanceof Work.Reduce w ? w.channels(g) : g.outputChannels();
    }

    private static int pixelStep(Actor actor) {
        return actor.work() instanceof Work.Multiply w ? w.pixelStep() * w.pixelsPerClock() : 0;
    }
}
