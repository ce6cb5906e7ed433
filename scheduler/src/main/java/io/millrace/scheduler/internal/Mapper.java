package io.millrace.scheduler.internal;

import io.millrace.ir.CompileException;
import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.Actor;
import io.millrace.scheduler.ColumnRange;
import io.millrace.scheduler.Connections;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.MachineOptions.Spill;
import io.millrace.scheduler.Operands;
import io.millrace.scheduler.ProgramLayout;
import io.millrace.scheduler.Reduction;
import io.millrace.scheduler.Timing;
import io.millrace.scheduler.Unit;
import io.millrace.scheduler.Work;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.IntUnaryOperator;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;

/** Turns nodes into actors and operands into links. */
public final class Mapper {
    /** Least words of a slot: programs of one machine must not ask for places that are nearer to each other than its own are. */
    private static final int SLOT_WORDS_MIN = 16;

    private final QuantizedGraph graph;
    private final Skeleton skeleton;
    private final Firings firings;
    private final int batch;
    private final Singles singles;
    /** By node whose map is spilled, and node that reads it from DRAM. */
    private final SortedMap<Integer, SortedMap<Integer, Spill>> spilled = new TreeMap<>();
    /** The drafts that read maps back. */
    private final Map<Reload, Integer> reloads = new HashMap<>();

    private final List<Draft> drafts = new ArrayList<>();
    private final List<Flow.Link> links = new ArrayList<>();
    /** Numbers of buffers, in their order. */
    private final Map<Flow.Buffer, Integer> buffers = new LinkedHashMap<>();

    /** What reads a map back for a reader. */
    private record Reload(int node, int reader) {}

    private record Draft(
            String name, int unit, int node, Work work, Geometry geometry, int rows, int batch, int ranges) {}

    /** The engine that computes a node. */
    private Unit engine(QNode node) {
        int engine = skeleton.engineOf().get(node.id());
        return skeleton.units().get(Skeleton.onMatrix(node) ? skeleton.matrix(engine) : skeleton.vector(engine));
    }

    /**
     * What a firing computes, by node id.
     *
     * @param rows R
     * @param ranges of columns, as far as a row has as many positions
     */
    record Firings(IntUnaryOperator rows, IntUnaryOperator ranges) {
        /** A row at a time, whole where accumulators are deep enough. */
        static final Firings OF_A_ROW = new Firings(_ -> 1, _ -> 1);
    }

    private Mapper(QuantizedGraph graph, Skeleton skeleton, Firings firings, List<Spill> spills, int batch) {
        this.graph = graph;
        this.skeleton = skeleton;
        this.firings = firings;
        this.batch = batch;
        for (var spill : spills) {
            spilled.computeIfAbsent(Operands.source(graph, spill.node()), _ -> new TreeMap<>())
                    .put(spill.reader(), spill);
        }
        singles = Singles.of(
                graph,
                n -> engine(n) instanceof Unit.Matrix m && m.hasSlots(),
                n -> ProgramLayout.drainOf(engine(n)).lanes() == 1 && !spilled.containsKey(n.id()));
    }

    /**
     * Actors in this order: receivers, layers in graph order, senders.
     *
     * @param graph one that {@link #refuseUnsupported} lets pass
     */
    static Flow map(QuantizedGraph graph, Skeleton skeleton, Firings firings) {
        return map(graph, skeleton, firings, List.of(), 1);
    }

    /**
     * The same with maps that go through DRAM: behind the actor of such a map one that stores it, and one for each reader that loads it.
     *
     * @param batch frames that a firing of a layer of one pixel computes together
     * @throws IllegalArgumentException if a spill names a node that no engine computes, or that does not read the other
     */
    static Flow map(QuantizedGraph graph, Skeleton skeleton, Firings firings, List<Spill> spills, int batch) {
        return new Mapper(graph, skeleton, firings, spills, batch).run();
    }

    /** Engine positions for a graph other than the one the engines were chosen for: the k-th layer on the k-th engine. */
    static List<Integer> assignInTurn(QuantizedGraph graph, int matrices, int vectors) {
        var of = new Integer[graph.nodes().size()];
        java.util.Arrays.fill(of, 0);
        int m = 0;
        int v = 0;
        for (var node : Skeleton.live(graph)) {
            if (Skeleton.onMatrix(node)) {
                of[node.id()] = Math.min(m++, matrices - 1);
            } else if (Skeleton.onVector(node)) {
                of[node.id()] = Math.min(v++, vectors - 1);
            }
        }
        return List.of(of);
    }

    private Flow run() {
        var nodes = Skeleton.live(graph);
        int inputs = 0;
        for (var node : nodes) {
            if (node.op() instanceof QOp.Input) {
                draft(node.name(), 0, node, new Work.Receive(inputs++), rowsOf(node));
                spill(node);
            }
        }
        for (var node : nodes) {
            if (Skeleton.onMatrix(node) || Skeleton.onVector(node)) {
                layer(node);
                spill(node);
            }
        }
        int out = skeleton.units().size() - 1;
        for (int i = 0; i < graph.outputs().size(); i++) {
            var node = graph.node(graph.outputs().get(i));
            draft(ActorNames.send(graph, i), out, node, new Work.Send(i), rowsOf(node));
        }
        placeSlots();
        link();
        requireUsed();
        return finish();
    }

    /** Firings of as many rows as those of the map's own actor. */
    private void spill(QNode node) {
        if (!spilled.containsKey(node.id())) {
            return;
        }
        int rows = rowsOf(node);
        var spills = spilled.get(node.id());
        int store = spills.firstEntry().getValue().store();
        int load = spills.firstEntry().getValue().load();
        draft(ActorNames.store(node), skeleton.store(store), node, new Work.Spill(), rows);
        spills.forEach((reader, spill) -> {
            if (spill.store() != store || spill.load() != load) {
                throw new IllegalArgumentException("'" + node.name() + "' is spilled by several units of a kind");
            }
            reloads.put(new Reload(node.id(), reader), drafts.size());
            draft(ActorNames.load(node, graph.node(reader)), skeleton.load(load), node, new Work.Reload(), rows);
        });
    }

    /** Every actor that loads a map has a reader. */
    private void requireUsed() {
        var read = links.stream().map(Flow.Link::producer).toList();
        reloads.forEach((spill, draft) -> {
            if (!read.contains(draft)) {
                throw new IllegalArgumentException(
                        "'" + graph.node(spill.reader()).name() + "' does not read '"
                                + graph.node(spill.node()).name() + "', which is spilled for it");
            }
        });
        if (reloads.size()
                != spilled.values().stream().mapToInt(SortedMap::size).sum()) {
            throw new IllegalArgumentException("a map is spilled that no unit writes: " + spilled);
        }
    }

    private void layer(QNode node) {
        var ofFrame = Geometry.ofNode(graph, node.id());
        int engine = skeleton.engineOf().get(node.id());
        if (Skeleton.onMatrix(node)) {
            int frames = batch > 1 && ofFrame.batches() ? batch : 1;
            var g = frames > 1 ? ofFrame.batched(frames) : ofFrame;
            int rows = frames > 1 ? frames : Math.clamp(rowsOf(node), 1, g.outputRows());
            int unit = skeleton.matrix(engine);
            var m = (Unit.Matrix) skeleton.units().get(unit);
            boolean single = singles.layers().contains(node.id());
            int pixels = single ? pixelsOfSingle(m, g) : Sizing.pixels(g, m);
            int ranges = frames > 1 ? 1 : ranges(node, ColumnRange.positions(g, pixels), rows, m.accumulatorWords());
            var work = single
                    ? ofSingleChannels(m, (QOp.Conv) node.op(), g, pixels)
                    : multiply(m, g, rows, ColumnRange.widest(g, pixels, ranges));
            drafts.add(new Draft(node.name(), unit, node.id(), work, g, rows, frames, ranges));
        } else {
            var g = ofFrame;
            int rows = Math.min(rowsOf(node), g.outputRows());
            int unit = skeleton.vector(engine);
            var v = (Unit.Vector) skeleton.units().get(unit);
            int whole = Math.ceilDiv(rows, g.rowRepeat()) * g.rowRepeat();
            int fired = Math.clamp(whole, 1, g.outputRows());
            boolean planes = singles.planes().contains(node.id());
            var work = Work.Reduce.of(graph, node, g, v.lanes(), planes);
            int positions = work.tapOfColumn() ? 1 : work.columns(g);
            int ranges = ranges(node, positions, fired * work.channelGroups(), v.accumulatorWords());
            drafts.add(new Draft(node.name(), unit, node.id(), work, g, fired, 1, ranges));
        }
    }

    /**
     * Ranges of columns of a layer: as many as it is to have, or as accumulators of given depth ask for.
     *
     * @param most positions of a row that can be told apart
     * @param wordsOfOne accumulators that a firing takes for a position
     * @param words accumulators that there are, 0 if that is not decided
     */
    private int ranges(QNode node, int most, int wordsOfOne, int words) {
        int wanted = firings.ranges().applyAsInt(node.id());
        int needed = words == 0 ? 1 : Math.ceilDiv(most, Math.max(1, words / wordsOfOne));
        return Math.clamp(Math.max(wanted, needed), 1, most);
    }

    private int rowsOf(QNode node) {
        return firings.rows().applyAsInt(node.id());
    }

    /** On engines with slots, as many words from slot to slot as a firing fills; layers of the same weights have the same, so that their tiles are, too. */
    private void placeSlots() {
        var words = new HashMap<List<Object>, Integer>();
        var most = new HashMap<Integer, Integer>();
        for (var d : drafts) {
            if (isSlotted(d) && d.work() instanceof Work.Multiply w) {
                int columns = ColumnRange.widest(d.geometry(), w.pixelsPerClock(), d.ranges());
                int each = slotWords(Timing.pixelClocks(w, d.rows(), columns));
                words.merge(slotsKey(d), each, Math::max);
                most.merge(d.unit(), each * w.outputTilesOfGroup(), Math::max);
            }
        }
        int places = Connections.slotsMax(graph.precision().bits());
        drafts.replaceAll(d -> {
            if (!isSlotted(d) || !(d.work() instanceof Work.Multiply w)) {
                return d;
            }
            // Places may be as far apart as the unit's largest layer asks for, or as the machine has them.
            int apart = Placement.powerOfTwo(Math.ceilDiv(most.getOrDefault(d.unit(), 1), places));
            var m = (Unit.Matrix) skeleton.units().get(d.unit());
            int each = Math.max(words.getOrDefault(slotsKey(d), 1), Math.max(apart, m.slotGranule()));
            var work = w.withSlotWords(each);
            return new Draft(d.name(), d.unit(), d.node(), work, d.geometry(), d.rows(), d.batch(), d.ranges());
        });
    }

    private boolean isSlotted(Draft draft) {
        return skeleton.units().get(draft.unit()) instanceof Unit.Matrix m && m.hasSlots();
    }

    private List<Object> slotsKey(Draft draft) {
        return List.of(draft.unit(), ((QOp.Conv) graph.node(draft.node()).op()).weights());
    }

    /** Least words of a slot for so many pixel clocks. */
    private static int slotWords(int clocks) {
        return Math.max(SLOT_WORDS_MIN, Placement.powerOfTwo(clocks));
    }

    private static int pixelsOfSingle(Unit.Matrix m, Geometry g) {
        return m.pixelSteps().contains(g.columnStride()) && g.outputColumns() > 1 ? m.pixels() : 1;
    }

    private static Work.Multiply ofSingleChannels(Unit.Matrix m, QOp.Conv conv, Geometry g, int pixels) {
        int tiles = Math.ceilDiv(g.outputChannels(), m.outputs());
        var connections = Connections.of(conv, g, m.outputs());
        var segments = connections.segments(m.lanes());
        int together = connections.groupSlots();
        return new Work.Multiply(
                Work.TileOrder.OUTPUTS_OUTER, tiles, segments, tiles > together, pixels, g.columnStride(), together, 0);
    }

    private static Work.Multiply multiply(Unit.Matrix m, Geometry g, int rows, int columns) {
        int step = Skeleton.pixelStep(g);
        int pixels = Sizing.pixels(g, m);
        int tiles = Math.ceilDiv(g.outputChannels(), m.outputs());
        var order = Sizing.order(g, rows, columns, pixels, m.outputs(), m.tileLoadCycles());
        boolean sized = m.accumulatorWords() > 0;
        int clocks = rows * Math.ceilDiv(columns, pixels);
        int each = m.hasSlots() ? Math.max(slotWords(clocks), m.slotGranule()) : clocks;
        if (sized && tiles * each > m.accumulatorWords()) {
            order = Work.TileOrder.OUTPUTS_OUTER;
        }
        var segments = Reduction.segments(g, m.outputs(), m.lanes());
        return new Work.Multiply(order, tiles, segments, Reduction.own(g, m.outputs()), pixels, step, 0, 0);
    }

    private void draft(String name, int unit, QNode node, Work work, int rows) {
        var g = switch (work) {
            case Work.Receive _, Work.Send _, Work.Spill _, Work.Reload _ -> Geometry.ofMap(node.type());
            case Work.Multiply _, Work.Reduce _ -> Geometry.ofNode(graph, node.id());
        };
        drafts.add(new Draft(name, unit, node.id(), work, g, Math.clamp(rows, 1, g.outputRows()), 1, 1));
    }

    private void link() {
        for (int consumer = 0; consumer < drafts.size(); consumer++) {
            var d = drafts.get(consumer);
            switch (d.work()) {
                case Work.Receive _ -> {}
                case Work.Send _, Work.Spill _ -> link(producerOf(d.node()), consumer, 0);
                case Work.Reload _ -> link(storeOf(d.node()), consumer, 0);
                case Work.Multiply _, Work.Reduce _ -> {
                    int operand = 0;
                    for (int node : Operands.of(graph, graph.node(d.node()))) {
                        var spill = new Reload(Operands.source(graph, node), d.node());
                        int producer = reloads.containsKey(spill) ? reloads.get(spill) : producerOf(node);
                        link(producer, consumer, operand++);
                    }
                }
            }
        }
        // Edges of one producer lie together, so that ids follow the flow.
        links.sort(Comparator.comparingInt(Flow.Link::producer)
                .thenComparingInt(Flow.Link::consumer)
                .thenComparingInt(Flow.Link::operand));
    }

    private void link(int producer, int consumer, int operand) {
        var buffer = new Flow.Buffer(producer, drafts.get(consumer).unit());
        int number = buffers.computeIfAbsent(buffer, _ -> buffers.size());
        links.add(new Flow.Link(producer, consumer, operand, number));
    }

    private int producerOf(int read) {
        int node = Operands.source(graph, read);
        return draftOf(node, work -> switch (work) {
            case Work.Receive _, Work.Multiply _, Work.Reduce _ -> true;
            case Work.Send _, Work.Spill _, Work.Reload _ -> false;
        });
    }

    private int storeOf(int node) {
        return draftOf(node, Work.Spill.class::isInstance);
    }

    private int draftOf(int node, Predicate<Work> which) {
        for (int i = 0; i < drafts.size(); i++) {
            if (drafts.get(i).node() == node && which.test(drafts.get(i).work())) {
                return i;
            }
        }
        throw new IllegalStateException("no actor for node " + node);
    }

    private Flow finish() {
        var inputs = linksBy(Flow.Link::consumer);
        inputs.forEach(of -> of.sort(Comparator.comparingInt(i -> links.get(i).operand())));
        var outputs = linksBy(Flow.Link::producer);
        var actors = new ArrayList<Actor>();
        for (int id = 0; id < drafts.size(); id++) {
            var d = drafts.get(id);
            actors.add(new Actor(
                    id,
                    d.name(),
                    d.unit(),
                    d.node(),
                    d.work(),
                    inputs.get(id),
                    outputs.get(id),
                    d.rows(),
                    d.batch(),
                    d.work().computes() && singles.planes().contains(d.node()),
                    d.ranges()));
        }
        return new Flow(
                graph,
                skeleton.units(),
                actors,
                drafts.stream().map(Draft::geometry).toList(),
                links,
                List.copyOf(buffers.keySet()),
                actors.stream().mapToInt(Actor::batch).max().orElse(1));
    }

    /** By actor, the links that it is at one end of, ascending. */
    private List<List<Integer>> linksBy(ToIntFunction<Flow.Link> end) {
        var of = new ArrayList<List<Integer>>();
        drafts.forEach(_ -> of.add(new ArrayList<>()));
        for (int i = 0; i < links.size(); i++) {
            of.get(end.applyAsInt(links.get(i))).add(i);
        }
        return of;
    }

    /**
     * Asked before anything looks at how a layer lies over its operands.
     *
     * @throws CompileException naming every layer that no machine can run
     */
    static void refuseUnsupported(QuantizedGraph graph) {
        var found = Unsupported.in(graph);
        if (!found.isEmpty()) {
            throw new CompileException(4, found);
        }
    }
}
