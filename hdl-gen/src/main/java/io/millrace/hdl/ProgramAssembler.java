package io.millrace.hdl;

import io.millrace.hdl.internal.DramWords;
import io.millrace.hdl.internal.WordPacker;
import io.millrace.quantizer.ActivationTable;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.Requantizer;
import io.millrace.scheduler.Actor;
import io.millrace.scheduler.Connections;
import io.millrace.scheduler.DramLayout;
import io.millrace.scheduler.Edge;
import io.millrace.scheduler.FiringList;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.ProgramImage;
import io.millrace.scheduler.ProgramImage.Section;
import io.millrace.scheduler.ProgramLayout;
import io.millrace.scheduler.ProgramLayout.Kind;
import io.millrace.scheduler.Reduction;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Segment;
import io.millrace.scheduler.Timing;
import io.millrace.scheduler.Unit;
import io.millrace.scheduler.WeightPlaces;
import io.millrace.scheduler.WeightStream;
import io.millrace.scheduler.Work;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Turns a schedule into the words of its machine's program memories: the field values of {@code docs/machine.md}, section 7.
 */
public final class ProgramAssembler {
    private final Schedule schedule;
    private final Machine machine;
    private final ProgramLayout layout;
    private final DramLayout dram;
    private final List<Section> sections = new ArrayList<>();

    private ProgramAssembler(Schedule schedule) {
        this.schedule = schedule;
        machine = schedule.machine();
        layout = ProgramLayout.of(machine);
        dram = DramLayout.of(schedule);
    }

    /**
     * The program image of a schedule: all words of its machine's program memories, and where control is fixed of those that are left.
     *
     * @throws IllegalStateException if a value does not fit its field: the schedule was not verified
     */
    public static ProgramImage assemble(Schedule schedule) {
        var constants = ProgramLayout.of(schedule.machine()).constantMemories();
        var sections = new ProgramAssembler(schedule).sections();
        return ProgramImage.of(
                DesignGenerator.identity(schedule.machine(), chosen(sections, s -> constants.contains(s.memory()))),
                chosen(sections, s -> !constants.contains(s.memory())));
    }

    /** The words that are constants in the logic; none, and nothing is assembled, unless control is fixed. */
    static List<Section> constants(Schedule schedule) {
        var constants = ProgramLayout.of(schedule.machine()).constantMemories();
        return constants.isEmpty()
                ? List.of()
                : chosen(new ProgramAssembler(schedule).sections(), s -> constants.contains(s.memory()));
    }

    private static List<Section> chosen(List<Section> sections, Predicate<Section> which) {
        return sections.stream().filter(which).toList();
    }

    private List<Section> sections() {
        machine.units().forEach(this::assembleUnit);
        int rowBits = machine.limits().rows();
        int memory = layout.edgeMemoryId();
        for (Edge edge : schedule.edges()) {
            sections.add(new Section(memory, edge.id(), rowBits, new int[] {edge.slots()}));
        }
        if (dram.bursts() > 0) {
            sections.add(dramWords().section(layout.dramMemoryId()));
        }
        return List.copyOf(sections);
    }

    private void add(Unit unit, Kind kind, WordPacker words) {
        int id = ProgramLayout.memoryId(unit, kind);
        words.section(id).ifPresent(sections::add);
    }

    /** The actors of a unit; the position is the actor's number in the unit's memories. */
    private List<Actor> actorsOf(Unit unit) {
        return schedule.actors().stream().filter(a -> a.unit() == unit.id()).toList();
    }

    private void assembleUnit(Unit unit) {
        var actors = actorsOf(unit);
        assembleList(unit, actors);
        if (unit instanceof Unit.Matrix m && m.streamed()) {
            assembleStream(m);
        }
        var sequence = new WordPacker(layout.sequence(unit));
        if (actors.isEmpty()) {
            // The edge it waits for has to be one of its own.
            sequence.next();
            add(unit, Kind.SEQUENCE, sequence);
            return;
        }
        switch (unit) {
            case Unit.Matrix m -> assembleMatrix(m, actors, sequence);
            case Unit.Vector v -> assembleVector(v, actors, sequence);
            case Unit.HostIn h -> assembleMoves(h, actors, sequence, a -> receiver(sequence, h, h.lanes(), a));
            case Unit.HostOut h -> assembleMoves(h, actors, sequence, a -> sender(sequence, h, h.lanes(), a));
            case Unit.Store m -> assembleMoves(m, actors, sequence, a -> store(sequence, m, a));
            case Unit.Load m -> assembleMoves(m, actors, sequence, a -> load(sequence, m, a));
        }
    }

    /** Number of an actor's range of columns in its unit's memories: it follows those of the actors before. */
    private static int descriptor(List<Actor> actors, Actor actor, int range) {
        int before = 0;
        for (Actor a : actors.subList(0, actors.indexOf(actor))) {
            before += a.ranges();
        }
        return before + range;
    }

    /** A unit that only moves rows has one descriptor an actor. */
    private void assembleMoves(Unit unit, List<Actor> actors, WordPacker sequence, Consumer<Actor> descriptor) {
        for (Actor actor : actors) {
            sequence.next();
            descriptor.accept(actor);
        }
        add(unit, Kind.SEQUENCE, sequence);
    }

    private void assembleList(Unit unit, List<Actor> actors) {
        var list = schedule.lists().get(unit.id());
        var header = new WordPacker(layout.listHeader(unit));
        header.next().put("last", Math.max(1, list.entries().size())).put("loopStart", list.loopStart() + 1);
        add(unit, Kind.LIST, header);
        var words = new WordPacker(layout.list(unit));
        if (list.entries().isEmpty()) {
            // A unit that this network does not use waits for ever for more rows than a buffer can hold.
            words.next().put("times", 1).put("need", (1L << machine.limits().rows()) - 1);
        }
        for (FiringList.Entry e : list.entries()) {
            words.next()
                    .put("actor", descriptor(actors, schedule.actor(e.actor()), e.range()))
                    .put("times", e.times())
                    .put("endsFrame", e.endsFrame() ? 1 : 0)
                    .put("jumpBack", e.jumpBack())
                    .put("jumpTimes", e.jumpTimes());
            // All inputs need and free alike, but for those of a single pixel, which the descriptor tells.
            int input = schedule.geometry(schedule.actor(e.actor())).single().indexOf(false);
            if (!e.need().isEmpty()) {
                words.put("need", e.need().get(input)).put("free", e.free().get(input));
            }
        }
        int id = ProgramLayout.memoryId(unit, Kind.LIST);
        words.sectionFrom(id, 1).ifPresent(sections::add);
    }

    private void assembleStream(Unit.Matrix m) {
        var stream = WeightStream.of(schedule, m, dram);
        var header = new WordPacker(layout.listHeader(m));
        header.next().put("last", Math.max(1, stream.entries().size())).put("loopStart", stream.loopStart() + 1);
        add(m, Kind.STREAM, header);
        var words = new WordPacker(layout.stream(m));
        if (stream.entries().isEmpty()) {
            words.next().put("times", 1);
        }
        for (var e : stream.entries()) {
            words.next()
                    .put("burst", e.burst())
                    .put("words", e.words())
                    .put("times", e.times())
                    .put("jumpBack", e.jumpBack())
                    .put("jumpTimes", e.jumpTimes());
        }
        words.sectionFrom(ProgramLayout.memoryId(m, Kind.STREAM), 1).ifPresent(sections::add);
    }

    private void receiver(WordPacker words, Unit unit, int lanes, Actor actor) {
        Geometry g = schedule.geometry(actor);
        writer(words, unit, actor, g, 0);
        words.put("edgesOut", edgeMask(unit, actor));
        sharing(words, unit, actor);
        int elements = g.outputRowElements();
        int beats = Math.ceilDiv(elements, lanes);
        words.put("rowBeats", beats).put("lastBeatElements", elements - (beats - 1) * lanes);
    }

    private void sender(WordPacker words, Unit unit, int lanes, Actor actor) {
        Geometry g = schedule.geometry(actor);
        reader(words, unit, actor, g, 1);
        words.put("rowBeats", Math.ceilDiv(g.inputRowElements(), lanes)).put("rowElements", g.inputRowElements());
    }

    private void store(WordPacker words, Unit.Store unit, Actor actor) {
        sender(words, unit, unit.lanes(), actor);
        words.put("edgesOut", edgeMask(unit, actor));
        spilled(words, schedule.edge(actor.outputs().getFirst()));
    }

    private void load(WordPacker words, Unit.Load unit, Actor actor) {
        receiver(words, unit, unit.lanes(), actor);
        int edge = actor.inputs().getFirst();
        words.put("edgeIn", machine.edgesInto(unit.id(), 0).indexOf(edge));
        spilled(words, schedule.edge(edge));
    }

    /** Where an actor's rows lie in DRAM. */
    private void spilled(WordPacker words, Edge edge) {
        int burst = machine.dram().elements(machine.precision(), machine.dram().burstBeats());
        words.put("burstBase", dram.firstBurst(schedule, edge))
                .put("burstSize", edge.elements() / burst)
                .put("rowBursts", wrapped(1, edge) / burst);
    }

    /** Rows of the last firing of a frame. */
    private static int rowsLast(Geometry g, int rowsPerFiring) {
        return g.rowsOf(g.firings(rowsPerFiring) - 1, rowsPerFiring);
    }

    private void reader(WordPacker words, Unit unit, Actor actor, Geometry g, int rowStride) {
        for (int k = 0; k < unit.capacity().inputs(); k++) {
            boolean used = k < actor.inputs().size();
            var into = machine.edgesInto(unit.id(), k);
            // The number behind the last edge stands for none.
            words.put(ofInput("edgeIn", k), used ? into.indexOf(actor.inputs().get(k)) : into.size());
            if (used) {
                buffer(words, unit, actor, k, g, rowStride);
            }
            if (used && layout.hasSingles(unit)) {
                words.put(ofInput("single", k), g.single().get(k) ? 1 : 0);
            }
        }
        int r = actor.rowsPerFiring();
        words.put("rows", r).put("rowsLast", rowsLast(g, r));
    }

    private void buffer(WordPacker words, Unit unit, Actor actor, int input, Geometry g, int rowStride) {
        Edge edge = schedule.edge(actor.inputs().get(input));
        int r = actor.rowsPerFiring();
        boolean single = g.single().get(input);
        int advance = single ? 0 : r / g.rowRepeat() * rowStride;
        int lastAdvance = g.rowsOfInput(input) - (g.firings(r) - 1) * advance;
        var memory = machine.memories().get(edge.memory());
        words.put(ofInput("memoryIn", input), machine.memoriesInto(unit.id()).indexOf(memory))
                .put(ofInput("inBase", input), edge.base())
                .put(ofInput("inSize", input), edge.elements())
                .put(ofInput("inStart", input), single ? 0 : wrapped(-g.padTop(), edge))
                .put(ofInput("inAdvance", input), wrapped(advance, edge))
                .put(ofInput("inAdvanceLast", input), wrapped(lastAdvance, edge))
                .put(ofInput("inRowStep", input), single ? 0 : wrapped(rowStride, edge));
    }

    /** Whether an actor reads single channels of rows that lie channel by channel. */
    private static boolean isSingle(Actor actor) {
        return actor.work() instanceof Work.Multiply w && w.single();
    }

    private static String ofInput(String field, int input) {
        return ProgramLayout.ofInput(field, input);
    }

    /** The address of a row in a circular buffer, relative to its base. */
    private static int wrapped(int row, Edge edge) {
        return Math.floorMod(row, edge.slots()) * edge.rowPitch();
    }

    /**
     * @param segments entries of one tile
     * @param pixels output pixels a clock
     * @param firstColumn of the range
     */
    private void window(
            WordPacker words, Actor actor, Geometry g, int segmentBase, int segments, int pixels, int firstColumn) {
        words.putSigned("topStart", -g.padTop())
                .put("topStep", actor.rowsPerFiring() / g.rowRepeat() * g.rowStride())
                .put("rowStride", g.rowStride())
                .put("inputRows", g.inputRows())
                .putSigned("padValue", g.padValue())
                .put("segmentBase", segmentBase)
                .put("segmentLast", segmentBase + segments - 1);
        for (int k = 0; k < actor.inputs().size(); k++) {
            // A plane's columns lie side by side.
            int channels = isSingle(actor) ? 1 : g.parts().get(k);
            boolean single = g.single().get(k);
            words.put(ofInput("rowElements", k), single ? channels : g.inputColumns() * channels)
                    .putSigned(
                            ofInput("positionStart", k),
                            (single ? 0 : firstColumn * g.columnStride() * channels) - g.padLeft() * channels)
                    .put(ofInput("clockStep", k), single ? 0 : (long) pixels * g.columnStride() * channels);
        }
    }

    /** @param left elements of an output row left of the range of columns */
    private void writer(WordPacker words, Unit unit, Actor actor, Geometry g, int left) {
        var memories = machine.memoriesFrom(unit.id());
        var memoryMask = BigInteger.ZERO;
        var bases = new long[memories.size()];
        var sizes = new long[memories.size()];
        int pitch = 0;
        for (int e : actor.outputs()) {
            Edge edge = schedule.edge(e);
            int k = memories.indexOf(machine.memories().get(edge.memory()));
            memoryMask = memoryMask.setBit(k);
            bases[k] = edge.base() + left;
            sizes[k] = edge.elements();
            // Of a single row no place is ever left, and the pitch may have more bits than a place.
            pitch = Math.max(pitch, wrapped(1, edge));
        }
        words.put("memoriesOut", memoryMask);
        for (int k = 0; k < bases.length; k++) {
            words.put("outBase" + k, bases[k]).put("outSize" + k, sizes[k]);
        }
        int r = actor.rowsPerFiring();
        words.put("outPitch", pitch).put("outRows", r).put("outRowsLast", rowsLast(g, r));
    }

    /** What the head of a list asks for an actor's rows: the first range of columns asks for all. */
    private void asked(WordPacker words, Unit unit, Actor actor, int range) {
        if (range == 0) {
            words.put("edgesOut", edgeMask(unit, actor));
            sharing(words, unit, actor);
        }
    }

    private void sharing(WordPacker words, Unit unit, Actor actor) {
        if (layout.shares(unit)) {
            words.put("edgesEmpty", edgeMask(unit, schedule.sharing(actor)));
        }
    }

    private BigInteger edgeMask(Unit unit, Actor actor) {
        return edgeMask(unit, actor.outputs());
    }

    /** A bit for each edge from the unit, of which there may be more than a {@code long} has. */
    private BigInteger edgeMask(Unit unit, List<Integer> edges) {
        var edgesFrom = machine.edgesFrom(unit.id());
        var mask = BigInteger.ZERO;
        for (int e : edges) {
            mask = mask.setBit(edgesFrom.indexOf(e));
        }
        return mask;
    }

    /** Segments of the actors of a unit, equal lists stored once. */
    private final class Segments {
        private final Unit unit;
        private final WordPacker words;
        private final Map<Object, Integer> bases = new LinkedHashMap<>();
        private int next;

        Segments(Unit unit) {
            this.unit = unit;
            words = new WordPacker(layout.segment(unit));
        }

        int baseOf(Actor actor, List<Segment> segments, List<Factor> factors) {
            int columns = isSingle(actor) ? schedule.geometry(actor).inputColumns() : 0;
            var edges = actor.inputs().stream().map(schedule::edge).toList();
            var places =
                    edges.stream().map(e -> List.of(e.rowPitch(), e.slots())).toList();
            return bases.computeIfAbsent(List.of(segments, places, columns, factors), _ -> {
                int base = next;
                for (int i = 0; i < segments.size(); i++) {
                    Segment s = segments.get(i);
                    words.next()
                            .put("row", s.row())
                            .put(
                                    "rowAddress",
                                    (long) s.row() * edges.get(s.input()).rowPitch() + (long) s.plane() * columns)
                            .putSigned("position", s.offset());
                    if (unit.capacity().inputs() > 1) {
                        words.put("input", s.input());
                    }
                    if (unit instanceof Unit.Vector v && v.features().multipliesByFactors()) {
                        (factors.isEmpty() ? Factor.AS_IT_IS : factors.get(i)).put(words, v.features());
                    }
                    next++;
                }
                return base;
            });
        }
    }

    /**
     * What a vector engine makes of a tap: {@code ((code - zero) * factor + 2^(shift - 1)) >> shift}.
     *
     * @param keep whether the difference is kept for the next tap
     * @param kept whether twice the difference kept before is the factor
     */
    private record Factor(int zero, int factor, int shift, boolean keep, boolean kept) {
        /** Leaves codes as they are: {@code (2 a + 1) >> 1}. */
        static final Factor AS_IT_IS = new Factor(0, 2, 1, false, false);

        /** The complement of a code, {@code -1 - code}: {@code (-2 (code + 1) + 1) >> 1}. */
        static final Factor COMPLEMENT = new Factor(-1, -2, 1, false, false);

        void put(WordPacker words, Unit.Features features) {
            words.putSigned("zero", zero).putSigned("factor", factor).put("shift", shift - 1);
            if (features.products()) {
                words.put("keep", keep ? 1 : 0).put("kept", kept ? 1 : 0);
            }
        }

        static List<Factor> of(QOp op, Work.Reduce work) {
            return switch (op) {
                case QOp.Add add ->
                    add.terms().stream()
                            .map(t -> new Factor(t.zeroPoint(), t.multiplier(), t.shift(), false, false))
                            .toList();
                case QOp.Mul mul -> {
                    boolean secondKept = work.taps().getFirst().input() == 1;
                    int kept = secondKept ? mul.zeroPointB() : mul.zeroPointA();
                    int other = secondKept ? mul.zeroPointA() : mul.zeroPointB();
                    yield List.of(new Factor(kept, 0, 1, true, false), new Factor(other, 0, 1, false, true));
                }
                case QOp.Extreme(boolean least, var _) ->
                    least ? Collections.nCopies(work.taps().size(), COMPLEMENT) : List.of();
                case QOp.Conv _, QOp.SumPool _, QOp.MaxPool _, QOp.ArgMax _, QOp.Gather _ -> List.of();
                case QOp.Input _, QOp.View _, QOp.Concat _, QOp.DepthToSpace _ -> List.of();
            };
        }
    }

    private void assembleMatrix(Unit.Matrix m, List<Actor> actors, WordPacker sequence) {
        var segments = new Segments(m);
        var drain = new WordPacker(layout.drain(m));
        var parameters = new Parameters(m);
        var tables = new Tables(m.drain());
        var weights = new WordPacker(weightFields(m));
        var places = WeightPlaces.of(schedule, m);
        for (Actor actor : actors) {
            Geometry g = schedule.geometry(actor);
            var work = (Work.Multiply) actor.work();
            var conv = (QOp.Conv) schedule.node(actor).op();
            int segmentBase = segments.baseOf(actor, work.segments(), List.of());
            int parameterBase = parameters.put(conv.bias(), conv.requantizer(), m.outputs(), 1, false);
            boolean multi = work.pixelsPerClock() > 1;
            for (int range = 0; range < actor.ranges(); range++) {
                var columns = actor.range(g, range);
                sequence.next();
                reader(sequence, m, actor, g, g.rowStride());
                window(sequence, actor, g, segmentBase, work.segmentsPerTile(), work.pixelsPerClock(), columns.first());
                sequence.put("clocksPerRow", Math.ceilDiv(columns.columns(), work.pixelsPerClock()))
                        .put("multiPixel", multi ? 1 : 0)
                        .put("stepSelect", multi ? m.pixelSteps().indexOf(work.pixelStep()) : 0)
                        .put("outputTiles", work.rounds())
                        .put("inner", work.order() == Work.TileOrder.OUTPUTS_INNER ? 1 : 0)
                        .put("tileCyclesMin", Timing.tileCyclesMin(work));
                asked(sequence, m, actor, range);
                if (m.ownSegments()) {
                    sequence.put("segmentStep", work.ownSegments() ? work.segmentsPerTile() : 0);
                }
                if (!m.streamed()) {
                    int tile = places.firstTile(actors.indexOf(actor));
                    sequence.put("weightBase", m.weightTiles() > 0 ? tile : (long) tile * m.tileLoadCycles());
                }
                drain.next();
                drainFields(drain, m, actor, g, range, m.outputs(), 1);
                if (m.pixels() > 1) {
                    drain.put("multiPixel", multi ? 1 : 0);
                }
                if (m.hasSlots()) {
                    int step = slotStep(m, work);
                    // Of a single tile no place is ever left, and the step may have more bits than a place.
                    drain.put("slotStep", work.outputTilesOfGroup() > 1 ? step : 0)
                            .put("slotLast", (long) (work.outputTilesOfGroup() - 1) * step);
                }
                requantizer(drain, m.drain(), conv.requantizer(), parameterBase);
                tables.put(drain, conv.table());
            }
        }
        if (!m.streamed()) {
            var tileWeights = new LinkedHashMap<Integer, TileWeights>();
            for (var tile : places.stored()) {
                var layer = places.layer(tile.layer());
                var ofLayer = tileWeights.computeIfAbsent(
                        tile.layer(), _ -> tileWeights(m, layer.conv(), layer.geometry(), layer.work()));
                putTile(weights, m, ofLayer.of(tile.outputTile(), tile.segment()));
            }
        }
        if (m.weightTiles() > 0) {
            var map = new WordPacker(layout.tileMap(m));
            places.places().forEach(place -> map.next().put("word", (long) place * m.tileLoadCycles()));
            add(m, Kind.STREAM, map);
        }
        add(m, Kind.SEQUENCE, sequence);
        add(m, Kind.DRAIN, drain);
        add(m, Kind.SEGMENTS, segments.words);
        add(m, Kind.WEIGHTS, weights);
        add(m, Kind.PARAMETERS, parameters.words);
        add(m, Kind.TABLES, tables.words);
    }

    private interface TileVisitor {
        void visit(int outputTile, int segment);
    }

    private static void inOrder(Work.Multiply work, TileVisitor visitor) {
        boolean outer = work.order() == Work.TileOrder.OUTPUTS_OUTER;
        int tiles = work.rounds();
        int segments = work.segmentsPerTile();
        for (int i = 0; i < tiles * segments; i++) {
            visitor.visit(outer ? i / segments : i % tiles, outer ? i % segments : i / tiles);
        }
    }

    /** The weights of all streamed engines. */
    private DramWords dramWords() {
        var port = machine.dram();
        int bits = machine.precision().bits();
        var words = new DramWords(dram.bursts() * port.burstBeats(), port.dataBytes() * 8, bits);
        for (Actor actor : schedule.actors()) {
            if (dram.owner().get(actor.id())) {
                streamWeights(words, actor, dram.firstBurst().get(actor.id()) * port.burstBeats());
            }
        }
        return words;
    }

    private void streamWeights(DramWords words, Actor actor, long firstWord) {
        var m = (Unit.Matrix) machine.unit(actor.unit());
        var work = (Work.Multiply) actor.work();
        var conv = (QOp.Conv) schedule.node(actor).op();
        Geometry g = schedule.geometry(actor);
        int perWord = m.weightLanes();
        int beat = machine.dram().elements(machine.precision(), 1);
        // Loads before this one: with a clock each where a beat has several tiles.
        var at = new long[] {0};
        var tileWeights = tileWeights(m, conv, g, work);
        inOrder(work, (tile, i) -> {
            int[] weights = tileWeights.of(tile, i);
            long word = firstWord + at[0] / m.tilesPerBeat();
            int part = (int) (at[0] % m.tilesPerBeat()) * (beat / m.tilesPerBeat());
            for (int place = 0; place < weights.length; place++) {
                if (weights[place] != 0) {
                    words.put(word + place / perWord, part + place % perWord, weights[place]);
                }
            }
            at[0] += m.tileLoadCycles();
        });
    }

    private void putTile(WordPacker words, Unit.Matrix m, int[] weights) {
        int bytes = machine.precision().bits() / 8;
        int perWord = m.weightLanes();
        for (int first = 0; first < weights.length; first += perWord) {
            var word = new byte[perWord * bytes];
            for (int i = 0; i < perWord && first + i < weights.length; i++) {
                for (int b = 0; b < bytes; b++) {
                    word[word.length - 1 - (i * bytes + b)] = (byte) (weights[first + i] >> (8 * b));
                }
            }
            words.next().put("word", new BigInteger(1, word));
        }
    }

    /** Where two channels share a multiplier, the second one's weight is less by the sign of the first one's, which a packed word has in its place. */
    private static void carry(int[] weights, int outputs, int lanes) {
        for (int p = 1; p < outputs; p += 2) {
            for (int lane = 0; lane < lanes; lane++) {
                weights[p * lanes + lane] += weights[(p - 1) * lanes + lane] >> 31;
            }
        }
    }

    /** The weights of a layer's tiles. */
    private interface TileWeights {
        /** Lane by lane of one output channel after the other; with slots, behind those of each the number that says where its sums go. */
        int[] of(int tile, int segment);
    }

    private TileWeights tileWeights(Unit.Matrix m, QOp.Conv conv, Geometry g, Work.Multiply work) {
        int bits = machine.precision().bits();
        if (work.single()) {
            var connections = Connections.of(conv, g, m.outputs());
            var tiles = connections.tiles(m.lanes());
            int step = slotStep(m, work);
            return (group, segment) -> {
                var tile = tiles.get(group * work.segmentsPerTile() + segment);
                return withCodes(m, weights(m, conv, g, tile), codes(m, connections, tile, step));
            };
        }
        if (!m.hasSlots()) {
            return (tile, segment) -> weights(m, conv, g, work, tile, segment);
        }
        boolean inner = work.order() == Work.TileOrder.OUTPUTS_INNER;
        return (tile, segment) -> {
            int code = Connections.code(inner ? tile * slotStep(m, work) : 0, segment == 0, bits);
            var codes = new int[m.outputs()];
            Arrays.fill(codes, code);
            return withCodes(m, weights(m, conv, g, work, tile, segment), codes);
        };
    }

    /** The weights of a tile of a single input channel. */
    private static int[] weights(Unit.Matrix m, QOp.Conv conv, Geometry g, Connections.Tile tile) {
        var weights = new int[m.outputs() * m.lanes()];
        int columns = Math.min(m.lanes(), g.kernelColumns() - tile.kernelColumn());
        int firstTap = tile.kernelRow() * g.kernelColumns() + tile.kernelColumn();
        for (int p = 0; p < m.outputs(); p++) {
            int output = tile.outputs().get(p);
            for (int lane = 0; lane < columns && output != Connections.NONE; lane++) {
                weights[p * m.lanes() + lane] = conv.weight(output, firstTap + lane, tile.channel());
            }
        }
        if (m.packed()) {
            carry(weights, m.outputs(), m.lanes());
        }
        return weights;
    }

    /** Where the sums of a tile of a single input channel go, by output lane. */
    private int[] codes(Unit.Matrix m, Connections connections, Connections.Tile tile, int slotStep) {
        int bits = machine.precision().bits();
        var codes = new int[m.outputs()];
        for (int p = 0; p < m.outputs(); p++) {
            int output = tile.outputs().get(p);
            if (output != Connections.NONE) {
                int place = connections.slot(output) * slotStep;
                codes[p] = Connections.code(place, tile.begins().get(p), bits);
            }
        }
        return codes;
    }

    /** Places from one slot of a layer to the next. */
    private static int slotStep(Unit.Matrix m, Work.Multiply work) {
        return work.slotWords() / m.slotGranule();
    }

    private static int[] withCodes(Unit.Matrix m, int[] weights, int[] codes) {
        var all = new int[m.tileWeights()];
        int each = m.lanes() + 1;
        for (int p = 0; p < m.outputs(); p++) {
            System.arraycopy(weights, p * m.lanes(), all, p * each, m.lanes());
            all[p * each + m.lanes()] = codes[p];
        }
        return all;
    }

    /** The weights of a tile, lane by lane of one output channel after the other; 0 where there is none. */
    private static int[] weights(Unit.Matrix m, QOp.Conv conv, Geometry g, Work.Multiply work, int tile, int segment) {
        int[] elements = Reduction.elements(g, work, m.outputs(), m.lanes(), tile, segment);
        int taps = conv.window().taps();
        int channels = conv.groupChannels();
        int filters = conv.filters();
        var weights = new int[m.outputs() * m.lanes()];
        for (int p = 0; p < m.outputs(); p++) {
            int output = tile * m.outputs() + p;
            if (output >= g.outputChannels()) {
                break;
            }
            int filter = output % filters * taps;
            int band = g.bandOf(output);
            for (int lane = 0; lane < elements.length; lane++) {
                int channel = elements[lane] % g.inputChannels() - band;
                if (channel >= 0 && channel < channels) {
                    int tap = elements[lane] / g.inputChannels();
                    weights[p * m.lanes() + lane] = conv.weights().get((filter + tap) * channels + channel);
                }
            }
        }
        if (m.packed()) {
            carry(weights, m.outputs(), m.lanes());
        }
        return weights;
    }

    private void assembleVector(Unit.Vector v, List<Actor> actors, WordPacker sequence) {
        var segments = new Segments(v);
        var drain = new WordPacker(layout.drain(v));
        var parameters = new Parameters(v);
        var tables = new Tables(v.drain());
        var weights = new WordPacker(weightFields(v));
        int weightBase = 0;
        for (Actor actor : actors) {
            Geometry g = schedule.geometry(actor);
            var work = (Work.Reduce) actor.work();
            var op = schedule.node(actor).op();
            int segmentBase = segments.baseOf(actor, work.taps(), Factor.of(op, work));
            var finish = finish(v, parameters, actor, g, work.pixels());
            boolean sums = switch (op) {
                case QOp.SumPool _, QOp.Conv _, QOp.Add _, QOp.Mul _ -> true;
                case QOp.MaxPool _, QOp.Extreme _, QOp.ArgMax _, QOp.Gather _, QOp.DepthToSpace _ -> false;
                case QOp.Input _, QOp.View _, QOp.Concat _ -> false;
            };
            for (int range = 0; range < actor.ranges(); range++) {
                var columns = actor.range(g, range);
                sequence.next();
                reader(sequence, v, actor, g, g.rowStride());
                window(sequence, actor, g, segmentBase, work.taps().size(), work.pixels(), columns.first());
                sequence.put("clocksPerRow", columns.columns() / work.pixels())
                        .put("channelGroups", work.channelGroups());
                if (v.features().indices()) {
                    sequence.put("index", op instanceof QOp.ArgMax ? 1 : 0);
                }
                if (v.features().gathers()) {
                    sequence.put("tapOfColumn", work.tapOfColumn() ? 1 : 0).put("rowRepeat", g.rowRepeat());
                }
                if (v.features().chooses()) {
                    sequence.put("sum", sums ? 1 : 0);
                } else if (sums && !v.features().sums()) {
                    throw new IllegalStateException("unit " + v.name() + " cannot add: actor " + actor.name());
                }
                if (v.weightWords() > 0) {
                    boolean weighted = op instanceof QOp.Conv;
                    if (v.features().factors()) {
                        sequence.put("weighted", weighted ? 1 : 0);
                    }
                    sequence.put("weightBase", weighted ? weightBase : 0);
                }
                asked(sequence, v, actor, range);
                drain.next();
                drainFields(drain, v, actor, g, range, v.lanes(), work.pixels());
                finish.ifPresent(f -> {
                    requantizer(drain, v.drain(), f.requantizer(), f.parameterBase());
                    drain.put("oneParameter", f.alike() ? 1 : 0);
                });
                tables.put(drain, op.table());
            }
            if (op instanceof QOp.Conv conv) {
                weightBase += putChannelWeights(weights, v, conv, work, g);
            }
        }
        add(v, Kind.SEQUENCE, sequence);
        add(v, Kind.DRAIN, drain);
        add(v, Kind.SEGMENTS, segments.words);
        add(v, Kind.WEIGHTS, weights);
        add(v, Kind.PARAMETERS, parameters.words);
        add(v, Kind.TABLES, tables.words);
    }

    /**
     * How accumulators of a layer become codes.
     *
     * @param parameterBase the first word of its parameters
     * @param alike whether that is the only one
     */
    private record Finish(Requantizer requantizer, int parameterBase, boolean alike) {}

    /** Stores a layer's parameters; none of a layer whose accumulators are its codes, on a drain without a requantizer. */
    private Optional<Finish> finish(Unit.Vector v, Parameters parameters, Actor actor, Geometry g, int pixels) {
        int channels = g.outputChannels();
        var precision = machine.precision();
        var op = schedule.node(actor).op();
        boolean alike = ProgramLayout.roundsAlike(op);
        BiFunction<List<Long>, Requantizer, Optional<Finish>> finish =
                (bias, r) -> Optional.of(new Finish(r, parameters.put(bias, r, v.lanes(), pixels, alike), alike));
        return switch (op) {
            case QOp.SumPool pool -> finish.apply(pool.bias(), pool.requantizer());
            case QOp.Conv conv -> finish.apply(conv.bias(), conv.requantizer());
            case QOp.Add add ->
                finish.apply(zeros(channels), identity(channels, add.zeroPoint(), add.low(), add.high()));
            case QOp.Mul mul -> finish.apply(Collections.nCopies(channels, mul.rounding()), mul.requantizer());
            case QOp.Extreme(boolean least, var _) when least -> finish.apply(zeros(channels), complement(channels));
            case QOp.MaxPool _, QOp.Extreme _, QOp.ArgMax _, QOp.Gather _, QOp.DepthToSpace _ ->
                v.drain().requantize()
                        ? finish.apply(zeros(channels), identity(channels, 0, precision.low(), precision.high()))
                        : Optional.empty();
            case QOp.View _, QOp.Concat _, QOp.Input _ ->
                throw new IllegalStateException("actor " + actor.name() + " is on a vector engine");
        };
    }

    private ProgramLayout.Fields weightFields(Unit unit) {
        int bits = layout.weightWordBits(unit);
        return new ProgramLayout.Fields(List.of(new ProgramLayout.Field("word", bits)), bits);
    }

    /** One word a channel group and tap of a depthwise convolution; returns the words written. */
    private int putChannelWeights(WordPacker words, Unit.Vector v, QOp.Conv conv, Work.Reduce work, Geometry g) {
        int bits = machine.precision().bits();
        int taps = work.taps().size();
        for (int group = 0; group < work.channelGroups(); group++) {
            for (int tap = 0; tap < taps; tap++) {
                BigInteger word = BigInteger.ZERO;
                for (int i = 0; i < v.lanes() && group * v.lanes() + i < work.channels(g); i++) {
                    int channel = (group * v.lanes() + i) % g.outputChannels();
                    int w = conv.weights().get(channel * taps + tap);
                    word = word.or(BigInteger.valueOf(w & ((1L << bits) - 1)).shiftLeft(i * bits));
                }
                words.next().put("word", word);
            }
        }
        return work.channelGroups() * taps;
    }

    /** The requantizer that leaves codes as they are: {@code (2 a + 1) >> 1}. */
    private static Requantizer identity(int channels, int zeroPoint, int low, int high) {
        return new Requantizer(
                0, Collections.nCopies(channels, 2), Collections.nCopies(channels, 1), zeroPoint, low, high);
    }

    /** The requantizer that complements codes: {@code -1 + ((-2 a + 1) >> 1)}. */
    private Requantizer complement(int channels) {
        var precision = machine.precision();
        return new Requantizer(
                0,
                Collections.nCopies(channels, -2),
                Collections.nCopies(channels, 1),
                -1,
                precision.low(),
                precision.high());
    }

    private static List<Long> zeros(int n) {
        return Collections.nCopies(n, 0L);
    }

    /**
     * @param range of columns: the last one's drain commits
     * @param pixels output pixels whose channels are drained as those of one
     */
    private void drainFields(
            WordPacker words, Unit unit, Actor actor, Geometry g, int range, int tileOutputs, int pixels) {
        var columns = actor.range(g, range);
        writer(words, unit, actor, g, columns.first() * (actor.planes() ? 1 : g.outputChannels()));
        if (range == actor.ranges() - 1) {
            words.put("edgesOut", edgeMask(unit, actor));
        }
        int channels = g.outputChannels() * pixels;
        int tiles = Math.ceilDiv(channels, tileOutputs);
        int lastChannels = channels - (tiles - 1) * tileOutputs;
        int lanes = ProgramLayout.drainOf(unit).lanes();
        int beatsLast = Math.ceilDiv(lastChannels, lanes);
        words.put("columns", columns.columns() / pixels)
                .put("channels", channels)
                .put("outputTiles", tiles)
                .put("beatsLast", beatsLast)
                .put("elementsLast", lastChannels - (beatsLast - 1) * lanes);
        if (ProgramLayout.drainOf(unit).planes()) {
            // From a channel to the next: of planes, a row's columns.
            int channel = actor.planes() ? g.outputColumns() : 1;
            words.put("columnStep", actor.planes() ? 1 : channels)
                    .put("beatStep", channel)
                    .put("tileStep", (long) channel * tileOutputs);
        }
    }

    private static void requantizer(WordPacker words, Unit.Drain drain, Requantizer r, int parameterBase) {
        words.put("parameterBase", parameterBase)
                .putSigned("zeroPoint", r.zeroPoint())
                .putSigned("low", r.low())
                .putSigned("high", r.high());
        if (drain.preShiftMax() > 0) {
            words.put("preShift", r.preShift());
        } else if (r.preShift() != 0) {
            throw new IllegalStateException("a pre-shift of " + r.preShift() + " on a drain without one");
        }
    }

    /** Bias, multiplier and shift words of a unit. */
    private final class Parameters {
        private final Unit unit;
        private final WordPacker words;
        private int next;

        Parameters(Unit unit) {
            this.unit = unit;
            words = new WordPacker(layout.parameters(unit));
        }

        /**
         * Appends an actor's parameters; returns their first word.
         *
         * @param pixels how often they follow each other, as the channels do
         * @param alike whether one word with those of any channel does for all
         */
        int put(List<Long> bias, Requantizer r, int tileOutputs, int pixels, boolean alike) {
            int base = next;
            int lanes = ProgramLayout.drainOf(unit).lanes();
            if (alike) {
                words.next();
                next++;
                for (int i = 0; i < lanes; i++) {
                    put(
                            i,
                            bias.getFirst(),
                            r.multipliers().getFirst(),
                            r.shifts().getFirst());
                }
                return base;
            }
            int beats = ProgramLayout.beatsFull(unit);
            int channels = bias.size() * pixels;
            for (int tile = 0; tile * tileOutputs < channels; tile++) {
                for (int beat = 0; beat < beats; beat++) {
                    words.next();
                    next++;
                    for (int i = 0; i < lanes; i++) {
                        int inTile = beat * lanes + i;
                        boolean used = inTile < tileOutputs && tile * tileOutputs + inTile < channels;
                        int channel = (tile * tileOutputs + inTile) % bias.size();
                        put(
                                i,
                                used ? bias.get(channel) : 0,
                                used ? r.multipliers().get(channel) : 0,
                                used ? r.shifts().get(channel) : 1);
                    }
                }
            }
            return base;
        }

        private void put(int lane, long bias, int multiplier, int shift) {
            words.putSigned("bias" + lane, bias)
                    .putSigned("multiplier" + lane, multiplier)
                    .put("shift" + lane, shift);
        }
    }

    /** Activation tables of a unit, equal ones stored once. */
    private final class Tables {
        private final Unit.Drain drain;
        private final WordPacker words;
        private final Map<ActivationTable, Integer> numbers = new LinkedHashMap<>();

        Tables(Unit.Drain drain) {
            this.drain = drain;
            words = new WordPacker(layout.table());
        }

        void put(WordPacker descriptor, Optional<ActivationTable> table) {
            if (!drain.table()) {
                if (table.isPresent()) {
                    throw new IllegalStateException("a table on a drain without one");
                }
                return;
            }
            descriptor
                    .put("useTable", table.isPresent() ? 1 : 0)
                    .put("table", table.map(this::number).orElse(0));
        }

        private int number(ActivationTable table) {
            return numbers.computeIfAbsent(table, t -> {
                switch (t) {
                    case ActivationTable.Codes codes ->
                        codes.codes().forEach(c -> words.next().putSigned("code", c));
                    case ActivationTable.Segments segments -> {
                        for (int k = 0; k < segments.bases().size(); k++) {
                            words.next()
                                    .putSigned("base", segments.bases().get(k))
                                    .putSigned("slope", segments.slopes().get(k));
                        }
                    }
                }
                return numbers.size();
            });
        }
    }
}
