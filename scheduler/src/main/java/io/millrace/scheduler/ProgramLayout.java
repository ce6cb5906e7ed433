package io.millrace.scheduler;

import io.millrace.quantizer.QOp;
import io.millrace.quantizer.Requantizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * The program memories of a machine and the fields of their words, declared once for the assembler that writes them
 * and the RTL that reads them. Fields are packed from bit 0 upwards, without gaps; signed fields are two's complement.
 *
 * <p>A program memory has the id {@code unit * 8 + kind}; the edge memory has the id {@code units * 8}, and the DRAM the next one, its words being beats.
 */
public final class ProgramLayout {
    private static final int BLOCK_BITS = 16;
    private static final int BESIDE_MAX = 2;
    private static final int IN_REGISTERS = 2;
    private static final int FIXED_IN_REGISTERS = 3;

    /** Kinds of program memory of a unit; the ordinal is the low part of the memory id. */
    public enum Kind {
        /** Firing list entries; word 0 is a header with the entry count and the loop start. */
        LIST,
        /** What the unit's reader or receiver needs of an actor. */
        SEQUENCE,
        /** What the drain needs of an actor. */
        DRAIN,
        SEGMENTS,
        WEIGHTS,
        /** Bias, multiplier and shift of Q channels. */
        PARAMETERS,
        /** Activation tables, {@link #tableWords} words each. */
        TABLES,
        /**
         * What a streamed engine fetches from DRAM: a header like that of {@link #LIST}, then entries. Of an engine with a map of tiles, the
         * map: each tile's first word in the weight memory.
         */
        STREAM
    }

    /** A named run of bits. */
    public record Field(String name, int bits) {}

    /**
     * Fields of one descriptor, cut into memory words.
     *
     * @param wordBits width of a memory word; a descriptor occupies {@code words} of them, lowest bits first
     */
    public record Fields(List<Field> fields, int wordBits) {
        public Fields {
            fields = List.copyOf(fields);
        }

        public int bits() {
            return fields.stream().mapToInt(Field::bits).sum();
        }

        /** Memory words of a descriptor. */
        public int words() {
            return Math.ceilDiv(bits(), wordBits);
        }

        /** Distance of two descriptors in the memory: words, rounded up to a power of two. */
        public int stride() {
            return 1 << Timing.log2Ceil(words());
        }

        /** Lowest bit of a field. */
        public int offset(String name) {
            int at = 0;
            for (var f : fields) {
                if (f.name().equals(name)) {
                    return at;
                }
                at += f.bits();
            }
            throw new IllegalArgumentException("no field " + name);
        }

        public int bits(String name) {
            for (var f : fields) {
                if (f.name().equals(name)) {
                    return f.bits();
                }
            }
            throw new IllegalArgumentException("no field " + name);
        }
    }

    /** Largest word width that is not split: a descriptor in one word. */
    public static final int UNSPLIT = 1 << 20;

    public static final int BIAS_BITS_MAX = 48;
    public static final int MULTIPLIER_BITS = 18;
    public static final int SHIFT_BITS = 6;

    private final Machine machine;

    private ProgramLayout(Machine machine) {
        this.machine = machine;
    }

    public static ProgramLayout of(Machine machine) {
        return new ProgramLayout(machine);
    }

    /** Id of a unit's program memory. */
    public static int memoryId(Unit unit, Kind kind) {
        return unit.id() * 8 + kind.ordinal();
    }

    /** Id of the edge memory: one word an edge, the slots of its buffer. */
    public int edgeMemoryId() {
        return machine.units().size() * 8;
    }

    /** Id of the DRAM: word k is the beat at byte address {@code k * dataBytes}. */
    public int dramMemoryId() {
        return edgeMemoryId() + 1;
    }

    /** Bits of a burst's number in DRAM. */
    public static final int BURST_BITS = 28;

    /** Bits of the number of words that a firing fetches. */
    public static final int STREAM_WORDS_BITS = 24;

    /** Bits of a byte address in DRAM. */
    public int dramAddressBits() {
        return BURST_BITS + Timing.log2Ceil(machine.dram().burstBytes());
    }

    /** An entry of the stream that the fetcher of a streamed engine walks: as many as the firing list can have. */
    public Fields stream(Unit.Matrix engine) {
        int entryBits = indexBits(engine.capacity().listEntries() + 1);
        return new Fields(
                List.of(
                        new Field("burst", BURST_BITS),
                        new Field("words", STREAM_WORDS_BITS),
                        new Field("times", 12),
                        new Field("jumpBack", entryBits),
                        new Field("jumpTimes", 12)),
                UNSPLIT);
    }

    /** An entry of the map of tiles. */
    public Fields tileMap(Unit.Matrix engine) {
        return new Fields(List.of(new Field("word", indexBits(engine.weightWords()))), UNSPLIT);
    }

    /** Ids of the memories whose words are constants in the logic: none, unless the machine's control is fixed. */
    public Set<Integer> constantMemories() {
        if (machine.control() == Machine.Control.LOADED) {
            return Set.of();
        }
        var ids = new TreeSet<Integer>();
        for (Unit unit : machine.units()) {
            ids.add(memoryId(unit, Kind.LIST));
            ids.add(memoryId(unit, Kind.SEQUENCE));
            switch (unit) {
                case Unit.Matrix _ -> ids.add(memoryId(unit, Kind.DRAIN));
                case Unit.Vector _ -> {
                    ids.add(memoryId(unit, Kind.DRAIN));
                    ids.add(memoryId(unit, Kind.SEGMENTS));
                }
                case Unit.HostIn _, Unit.HostOut _, Unit.Store _, Unit.Load _ -> {}
            }
        }
        ids.add(edgeMemoryId());
        return ids;
    }

    /** Bits of an actor's index on its unit. */
    public int actorBits(Unit unit) {
        return indexBits(unit.capacity().actors());
    }

    /** A firing list entry; also the width of the header word (entries, loopStart). */
    public Fields list(Unit unit) {
        int entryBits = indexBits(unit.capacity().listEntries() + 1);
        int rows = machine.limits().rows();
        var f = new ArrayList<Field>();
        f.add(new Field("actor", actorBits(unit)));
        f.add(new Field("times", 12));
        f.add(new Field("endsFrame", 1));
        f.add(new Field("need", rows));
        f.add(new Field("free", rows));
        f.add(new Field("jumpBack", entryBits));
        f.add(new Field("jumpTimes", 12));
        return new Fields(f, UNSPLIT);
    }

    /** Whether an input of a unit may be a single pixel that stands for all of a frame. */
    public boolean hasSingles(Unit unit) {
        return unit instanceof Unit.Vector v && v.features().products();
    }

    /** Header of the firing list (word 0 of its memory; entries start at word 1). */
    public Fields listHeader(Unit unit) {
        int entryBits = indexBits(unit.capacity().listEntries() + 1);
        return new Fields(List.of(new Field("last", entryBits), new Field("loopStart", entryBits)), UNSPLIT);
    }

    /** The descriptor that the head of the list is fetched from. */
    public Fields sequence(Unit unit) {
        var f = new ArrayList<Field>();
        var limits = machine.limits();
        int a = machine.addressBits();
        switch (unit) {
            case Unit.HostIn _ -> receiverFields(f, unit);
            case Unit.HostOut _ -> senderFields(f, unit);
            case Unit.Store _ -> {
                senderFields(f, unit);
                askedFields(f, unit);
                dramFields(f);
            }
            case Unit.Load _ -> {
                f.add(new Field("edgeIn", edgeBits(unit).getFirst()));
                receiverFields(f, unit);
                dramFields(f);
            }
            case Unit.Matrix m -> {
                readerFields(f, unit);
                windowFields(f, unit);
                f.add(new Field("clocksPerRow", limits.columns()));
                f.add(new Field("multiPixel", 1));
                f.add(new Field(
                        "stepSelect", indexBits(Math.max(1, m.pixelSteps().size()))));
                f.add(new Field("outputTiles", limits.tiles()));
                f.add(new Field("inner", 1));
                if (m.ownSegments()) {
                    f.add(new Field("segmentStep", indexBits(unit.capacity().segments() + 1)));
                }
                f.add(new Field("tileCyclesMin", 2));
                if (!m.streamed()) {
                    f.add(new Field("weightBase", indexBits(m.weightTiles() > 0 ? m.weightTiles() : m.weightWords())));
                }
                askedFields(f, unit);
            }
            case Unit.Vector v -> {
                readerFields(f, unit);
                windowFields(f, unit);
                f.add(new Field("clocksPerRow", limits.columns()));
                f.add(new Field("channelGroups", limits.tiles()));
                if (hasSingles(v)) {
                    for (int k = 0; k < v.capacity().inputs(); k++) {
                        f.add(new Field(ofInput("single", k), 1));
                    }
                }
                if (v.features().gathers()) {
                    f.add(new Field("tapOfColumn", 1));
                    f.add(new Field("rowRepeat", limits.rows()));
                }
                if (v.features().chooses()) {
                    f.add(new Field("sum", 1));
                }
                if (v.features().indices()) {
                    f.add(new Field("index", 1));
                }
                if (v.weightWords() > 0) {
                    if (v.features().factors()) {
                        f.add(new Field("weighted", 1));
                    }
                    f.add(new Field("weightBase", indexBits(v.weightWords())));
                }
                askedFields(f, unit);
            }
        }
        return new Fields(f, Math.min(limits.descriptorBits(), bitsOf(f)));
    }

    /** What the head of a list asks for the rows that it writes. */
    private void askedFields(List<Field> f, Unit unit) {
        f.add(new Field("edgesOut", Math.max(1, machine.edgesFrom(unit.id()).size())));
        sharingField(f, unit);
    }

    private void sharingField(List<Field> f, Unit unit) {
        if (shares(unit)) {
            f.add(new Field("edgesEmpty", machine.edgesFrom(unit.id()).size()));
        }
    }

    /** Whether a unit writes a memory in which buffers may overlap. */
    public boolean shares(Unit unit) {
        return machine.memoriesFrom(unit.id()).stream().anyMatch(RowMemory::shared);
    }

    /** Rows that come from outside the machine, a beat at a time. */
    private void receiverFields(List<Field> f, Unit unit) {
        writerFields(f, unit);
        sharingField(f, unit);
        f.add(new Field("rowBeats", machine.limits().positions()));
        f.add(new Field("lastBeatElements", indexBits(movedLanes(unit) + 1)));
    }

    /** Rows that go out of the machine, a beat at a time. */
    private void senderFields(List<Field> f, Unit unit) {
        readerFields(f, unit);
        f.add(new Field("rowBeats", machine.limits().positions()));
        f.add(new Field("rowElements", machine.limits().positions()));
    }

    /** Where an actor's rows lie in DRAM. */
    private void dramFields(List<Field> f) {
        f.add(new Field("burstBase", BURST_BITS));
        f.add(new Field("burstSize", spilledBurstBits() + 1));
        f.add(new Field("rowBursts", spilledBurstBits()));
    }

    /** Bits of a burst's number in the memory of spilled maps. */
    public int spilledBurstBits() {
        return machine.memories().stream()
                .filter(machine::inDram)
                .mapToInt(m -> indexBits(m.words() / machine.dram().burstBeats()))
                .max()
                .orElse(1);
    }

    private static int bitsOf(List<Field> f) {
        return f.stream().mapToInt(Field::bits).sum();
    }

    /** Name of a field of an actor's input; those of the first have no number. */
    public static String ofInput(String field, int input) {
        return input == 0 ? field : field + input;
    }

    /** Where and how far an actor reads its input buffers. Addresses within a buffer are relative to its base. */
    private void readerFields(List<Field> f, Unit unit) {
        int inputs = unit.capacity().inputs();
        var edgeBits = edgeBits(unit);
        for (int k = 0; k < inputs; k++) {
            f.add(new Field(ofInput("edgeIn", k), edgeBits.get(k)));
        }
        for (int k = 0; k < inputs; k++) {
            bufferFields(f, unit, k);
        }
        f.add(new Field("rows", machine.limits().rows()));
        f.add(new Field("rowsLast", machine.limits().rows()));
    }

    /** By input, bits of an edge's number among those of that input; behind the last, where an actor has none. */
    private List<Integer> edgeBits(Unit unit) {
        var edges = new int[unit.capacity().inputs()];
        machine.edgesInto(unit.id()).forEach(e -> edges[machine.edges().get(e).input()]++);
        return IntStream.range(0, edges.length)
                .mapToObj(k -> indexBits(k == 0 ? edges[k] : edges[k] + 1))
                .toList();
    }

    private void bufferFields(List<Field> f, Unit unit, int input) {
        int a = machine.addressBits();
        f.add(new Field(
                ofInput("memoryIn", input),
                indexBits(machine.memoriesInto(unit.id()).size())));
        f.add(new Field(ofInput("inBase", input), a));
        f.add(new Field(ofInput("inSize", input), a + 1));
        f.add(new Field(ofInput("inStart", input), a));
        f.add(new Field(ofInput("inAdvance", input), a));
        f.add(new Field(ofInput("inAdvanceLast", input), a));
        f.add(new Field(ofInput("inRowStep", input), a));
    }

    /** How an actor's window lies over its input. */
    private void windowFields(List<Field> f, Unit unit) {
        var limits = machine.limits();
        f.add(new Field("topStart", limits.rows()));
        f.add(new Field("topStep", limits.rows()));
        f.add(new Field("rowStride", limits.rows()));
        f.add(new Field("inputRows", limits.rows()));
        rowFields(f, 0);
        f.add(new Field("padValue", machine.precision().bits()));
        f.add(new Field("segmentBase", indexBits(unit.capacity().segments())));
        f.add(new Field("segmentLast", indexBits(unit.capacity().segments())));
        f.add(new Field("clockStep", limits.positions()));
        for (int k = 1; k < unit.capacity().inputs(); k++) {
            rowFields(f, k);
            f.add(new Field(ofInput("clockStep", k), limits.positions()));
        }
    }

    private void rowFields(List<Field> f, int input) {
        f.add(new Field(ofInput("rowElements", input), machine.limits().positions()));
        f.add(new Field(ofInput("positionStart", input), machine.limits().positions()));
    }

    /** Where an actor writes its rows; all copies of a row share the pitch. */
    private void writerFields(List<Field> f, Unit unit) {
        int a = machine.addressBits();
        var memories = machine.memoriesFrom(unit.id());
        f.add(new Field("edgesOut", Math.max(1, machine.edgesFrom(unit.id()).size())));
        f.add(new Field("memoriesOut", memories.size()));
        for (int k = 0; k < memories.size(); k++) {
            f.add(new Field("outBase" + k, a));
            f.add(new Field("outSize" + k, a + 1));
        }
        f.add(new Field("outPitch", a));
        f.add(new Field("outRows", machine.limits().rows()));
        f.add(new Field("outRowsLast", machine.limits().rows()));
    }

    /** What the drain of an engine is told of an actor. */
    public Fields drain(Unit unit) {
        var limits = machine.limits();
        var d = drainOf(unit);
        var f = new ArrayList<Field>();
        writerFields(f, unit);
        f.add(new Field("columns", limits.columns()));
        f.add(new Field("channels", limits.channels()));
        if (d.planes()) {
            f.add(new Field("columnStep", limits.positions()));
            f.add(new Field("beatStep", limits.positions()));
            f.add(new Field("tileStep", limits.positions()));
        }
        f.add(new Field("outputTiles", limits.tiles()));
        f.add(new Field("beatsLast", indexBits(beatsFull(unit) + 1)));
        f.add(new Field("elementsLast", indexBits(d.lanes() + 1)));
        if (unit instanceof Unit.Matrix m && m.pixels() > 1) {
            f.add(new Field("multiPixel", 1));
        }
        if (unit instanceof Unit.Matrix m && m.hasSlots()) {
            f.add(new Field("slotStep", indexBits(m.slots())));
            f.add(new Field("slotLast", indexBits(m.slots())));
        }
        if (d.requantize()) {
            f.add(new Field("parameterBase", indexBits(d.parameterWords())));
            if (unit instanceof Unit.Vector) {
                f.add(new Field("oneParameter", 1));
            }
            f.add(new Field("zeroPoint", machine.precision().bits()));
            f.add(new Field("low", machine.precision().bits()));
            f.add(new Field("high", machine.precision().bits()));
            if (d.preShiftMax() > 0) {
                f.add(new Field("preShift", indexBits(d.preShiftMax() + 1)));
            }
        }
        if (d.table()) {
            f.add(new Field("useTable", 1));
            f.add(new Field("table", indexBits(d.tables())));
        }
        return new Fields(f, Math.min(limits.descriptorBits(), bitsOf(f)));
    }

    /**
     * Whether words by actor lie in registers: those of one or two actors, and where control is fixed of {@value #FIXED_IN_REGISTERS}, which would else take a
     * block RAM for some fifty bits.
     */
    public static boolean inRegisters(int actors, boolean fixed) {
        return actors <= (fixed ? FIXED_IN_REGISTERS : IN_REGISTERS);
    }

    /**
     * Bits of an actor's word that lie in registers and not in the block RAM of the others, where control is fixed: a few more than a block of
     * iCE40 is wide would take another block.
     */
    public static int besideBlock(int wordBits) {
        int over = wordBits % BLOCK_BITS;
        return wordBits > BLOCK_BITS && over <= BESIDE_MAX ? over : 0;
    }

    /** One segment: where its run lies relative to the window's first element, and what a vector engine multiplies it with. */
    public Fields segment(Unit unit) {
        var limits = machine.limits();
        var f = new ArrayList<Field>();
        f.add(new Field("row", limits.rows()));
        f.add(new Field("rowAddress", machine.addressBits()));
        f.add(new Field("position", limits.positions()));
        if (unit.capacity().inputs() > 1) {
            f.add(new Field("input", indexBits(unit.capacity().inputs())));
        }
        if (unit instanceof Unit.Vector v && v.features().multipliesByFactors()) {
            f.add(new Field("zero", machine.precision().bits()));
            f.add(new Field("factor", MULTIPLIER_BITS));
            f.add(new Field("shift", SHIFT_BITS));
            if (v.features().products()) {
                f.add(new Field("keep", 1));
                f.add(new Field("kept", 1));
            }
        }
        return new Fields(f, UNSPLIT);
    }

    /** Parameters of Q channels: for lane i the fields {@code bias<i>, multiplier<i>, shift<i>}. */
    public Fields parameters(Unit unit) {
        var f = new ArrayList<Field>();
        for (int i = 0; i < drainOf(unit).lanes(); i++) {
            f.add(new Field("bias" + i, biasBits(unit)));
            f.add(new Field("multiplier" + i, MULTIPLIER_BITS));
            f.add(new Field("shift" + i, SHIFT_BITS));
        }
        return new Fields(f, UNSPLIT);
    }

    /** Words of one activation table: one a code at int8, one a segment at int16. */
    public int tableWords() {
        return switch (machine.precision()) {
            case INT8 -> 256;
            case INT16 -> 1024;
        };
    }

    /** One word of an activation table: a code, or base and slope of a segment. */
    public Fields table() {
        int bits = machine.precision().bits();
        return new Fields(
                switch (machine.precision()) {
                    case INT8 -> List.of(new Field("code", bits));
                    case INT16 -> List.of(new Field("base", bits), new Field("slope", bits));
                },
                UNSPLIT);
    }

    /** Signed bits of a bias: as wide as the accumulator. */
    public int biasBits(Unit unit) {
        return switch (unit) {
            case Unit.Matrix m -> Math.min(BIAS_BITS_MAX, m.accumulatorBits());
            case Unit.Vector v -> Math.min(BIAS_BITS_MAX, v.accumulatorBits());
            case Unit.HostIn _, Unit.HostOut _, Unit.Store _, Unit.Load _ ->
                throw new IllegalArgumentException(unit.name() + " has no bias");
        };
    }

    /** Bits of a word of the weight memory. */
    public int weightWordBits(Unit unit) {
        return weightsOf(unit).lanes() * machine.precision().bits();
    }

    /** Words of a unit's weight memory, 0 for none, and weights in a word. */
    public record Weights(int words, int lanes) {}

    /** The weight memory of a unit. */
    public static Weights weightsOf(Unit unit) {
        return switch (unit) {
            case Unit.Matrix m -> new Weights(m.weightWords(), m.weightLanes());
            case Unit.Vector v -> new Weights(v.weightWords(), v.lanes());
            case Unit.HostIn _, Unit.HostOut _, Unit.Store _, Unit.Load _ -> new Weights(0, 0);
        };
    }

    /**
     * Words of parameters that a layer takes in its drain's memory: one where all channels round alike, else one a beat of each of its output tiles.
     *
     * @param outputTiles of a vector engine, channel groups
     */
    public static int parameterWords(QOp op, Unit unit, int outputTiles) {
        return unit instanceof Unit.Vector && roundsAlike(op) ? 1 : outputTiles * beatsFull(unit);
    }

    /** Whether a layer without weights has the same bias, multiplier and shift in all channels. */
    public static boolean roundsAlike(QOp op) {
        return switch (op) {
            case QOp.Conv _ -> false;
            case QOp.SumPool p -> alike(p.bias()) && roundsAlike(p.requantizer());
            case QOp.Mul m -> roundsAlike(m.requantizer());
            case QOp.Add _, QOp.MaxPool _, QOp.Extreme _, QOp.ArgMax _, QOp.Gather _, QOp.DepthToSpace _ -> true;
            case QOp.Input _, QOp.View _, QOp.Concat _ -> throw new IllegalArgumentException("no layer: " + op);
        };
    }

    private static boolean roundsAlike(Requantizer r) {
        return alike(r.multipliers()) && alike(r.shifts());
    }

    private static boolean alike(List<?> ofChannels) {
        return ofChannels.stream().allMatch(ofChannels.getFirst()::equals);
    }

    /** Drain beats of a full output tile of one pixel. */
    public static int beatsFull(Unit unit) {
        return switch (unit) {
            case Unit.Matrix m -> Math.ceilDiv(m.outputs(), m.drain().lanes());
            case Unit.Vector v -> Math.ceilDiv(v.lanes(), v.drain().lanes());
            case Unit.HostIn _, Unit.HostOut _, Unit.Store _, Unit.Load _ ->
                throw new IllegalArgumentException(unit.name() + " has no drain");
        };
    }

    /** The drain of an engine. */
    public static Unit.Drain drainOf(Unit unit) {
        return switch (unit) {
            case Unit.Matrix m -> m.drain();
            case Unit.Vector v -> v.drain();
            case Unit.HostIn _, Unit.HostOut _, Unit.Store _, Unit.Load _ ->
                throw new IllegalArgumentException(unit.name() + " has no drain");
        };
    }

    private static int movedLanes(Unit unit) {
        return switch (unit) {
            case Unit.HostIn h -> h.lanes();
            case Unit.HostOut h -> h.lanes();
            case Unit.Store s -> s.lanes();
            case Unit.Load l -> l.lanes();
            case Unit.Matrix _, Unit.Vector _ -> throw new IllegalArgumentException(unit.name() + " moves no rows");
        };
    }

    /** Bits to number {@code count} things from 0, at least 1. */
    public static int indexBits(int count) {
        return Math.max(1, Timing.log2Ceil(Math.max(1, count)));
    }
}
