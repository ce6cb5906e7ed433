package io.millrace.scheduler;

import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.Machine.Control;
import java.util.List;

/**
 * The machine a user asks for: which engines, how large, and who works where.
 *
 * @param name name of the machine
 * @param engines the engines and what they are for
 * @param host elements a clock from and to the host
 * @param rows rows a firing, R: one number for all actors, or one for each node by id (0 where it does not matter)
 * @param descriptorBits widest descriptor word, see {@link Machine.Limits}; without meaning where control is fixed
 * @param pacing spare cycles between producer and consumer firings in the order, and spare rows
 * @param also other networks that shall run on the same machine: its capacities and features cover them too
 * @param reserve least capacities
 * @param control where lists and descriptors are kept
 * @param streams which matrix engines take their weights from DRAM, and which maps are spilled to it
 * @param batch frames whose fully-connected layers are computed together, so that weights are read once for all of them
 * @param ranges of columns in which firings compute their rows: one number for all layers, or one for each node by id; a layer has at most as many as its rows have
 *     positions, and one if it is of a batch or a move
 */
public record MachineOptions(
        String name,
        Engines engines,
        HostLanes host,
        List<Integer> rows,
        int descriptorBits,
        Pacing pacing,
        List<QuantizedGraph> also,
        Reserve reserve,
        Control control,
        Streams streams,
        int batch,
        List<Integer> ranges) {
    public MachineOptions {
        if (batch < 1) {
            throw new IllegalArgumentException("a batch of " + batch + " frames");
        }
        rows = List.copyOf(rows);
        also = List.copyOf(also);
        ranges = List.copyOf(ranges);
    }

    /** Which engines there are and which layer works on which. */
    public sealed interface Engines {
        /** One matrix engine for all convolutions and one vector engine for all pooling layers, if there are any. */
        record One(MatrixSize matrix, VectorSize vector) implements Engines {}

        /**
         * An engine for each layer. Sizes are taken in the order of the layers, the last for all that follow, and cut down to
         * what the layer can use.
         */
        record EachLayer(List<MatrixSize> matrices, List<VectorSize> vectors) implements Engines {
            public EachLayer {
                matrices = List.copyOf(matrices);
                vectors = List.copyOf(vectors);
            }
        }

        /** An engine for each layer, the smallest that needs at most {@code cycles} a frame. */
        record CycleTarget(int cycles) implements Engines {}

        /**
         * Engines as given.
         *
         * @param engineOf by node id: position in {@code matrices} or {@code vectors}, 0 for inputs
         */
        record Assigned(List<MatrixSize> matrices, List<VectorSize> vectors, List<Integer> engineOf)
                implements Engines {
            public Assigned {
                matrices = List.copyOf(matrices);
                vectors = List.copyOf(vectors);
                engineOf = List.copyOf(engineOf);
            }
        }
    }

    /**
     * A map that goes through DRAM to one of its readers, instead of a row memory on chip.
     *
     * @param node id of the node whose map it is; for a view or a concatenation, what its rows are those of
     * @param reader id of the node that reads it
     * @param store number of the store unit that writes it
     * @param load number of the load unit that brings it back; both are the same for all readers of a map
     */
    public record Spill(int node, int reader, int store, int load) {
        public Spill {
            if (store < 0 || load < 0) {
                throw new IllegalArgumentException("store and load units have numbers from 0 on");
            }
        }

        /** By the only store and load unit. */
        public Spill(int node, int reader) {
            this(node, reader, 0, 0);
        }
    }

    /**
     * What goes over the DRAM port: the weights of matrix engines that have no memory for them on chip, a beat or a tile a clock, and maps that are
     * spilled.
     *
     * @param dram port to the DRAM, {@link DramPort#NONE} when there is neither
     * @param engines positions among the matrix engines
     * @param fifoWords beats in each engine's FIFO; 0 for two tiles and four bursts. One that takes several tiles from a beat has a tile and two bursts
     *     whatever this says
     * @param spills maps that are written to DRAM and read back
     */
    public record Streams(DramPort dram, List<Integer> engines, int fifoWords, List<Spill> spills) {
        public static final Streams NONE = new Streams(DramPort.NONE, List.of(), 0);

        public Streams {
            engines = List.copyOf(engines);
            spills = List.copyOf(spills);
            if ((!engines.isEmpty() || !spills.isEmpty()) && !dram.exists()) {
                throw new IllegalArgumentException("streamed engines and spilled maps need a DRAM port");
            }
        }

        /** Without spilled maps. */
        public Streams(DramPort dram, List<Integer> engines, int fifoWords) {
            this(dram, engines, fifoWords, List.of());
        }
    }

    /**
     * Sizes of a matrix engine, see {@link Unit.Matrix}.
     *
     * @param slots whether its lanes have places of their own among the accumulators: layers are computed an input channel at a time where their
     *     producers can write them so
     */
    public record MatrixSize(
            int outputs,
            int lanes,
            int pixels,
            int chain,
            boolean packed,
            int weightLanes,
            DrainSize drain,
            boolean slots,
            boolean multipliersInDsp) {
        /** Without slots, its multipliers in DSPs. */
        public MatrixSize(
                int outputs, int lanes, int pixels, int chain, boolean packed, int weightLanes, DrainSize drain) {
            this(outputs, lanes, pixels, chain, packed, weightLanes, drain, false, true);
        }

        /** The size of an engine. */
        public static MatrixSize of(Unit.Matrix m) {
            return new MatrixSize(
                    m.outputs(),
                    m.lanes(),
                    m.pixels(),
                    m.chain(),
                    m.packed(),
                    m.weightLanes(),
                    DrainSize.of(m.drain()),
                    m.hasSlots(),
                    m.multipliersInDsp());
        }

        /** P x S x X with Q pipelined requantizers in DSPs, without DSP cascades. */
        public static MatrixSize of(int outputs, int lanes, int pixels, int drainLanes, int weightLanes) {
            return new MatrixSize(outputs, lanes, pixels, 1, false, weightLanes, DrainSize.of(drainLanes));
        }

        public MatrixSize withChain(int products) {
            return new MatrixSize(
                    outputs, lanes, pixels, products, packed, weightLanes, drain, slots, multipliersInDsp);
        }

        /** Two products a DSP, in cascades as long as these can be. */
        public MatrixSize withPacking() {
            int products = Math.min(Unit.PACKED_CHAIN_MAX, lanes);
            return new MatrixSize(outputs, lanes, pixels, products, true, weightLanes, drain, slots, multipliersInDsp);
        }

        /** The same with places of their own for its lanes. */
        public MatrixSize withSlots() {
            return new MatrixSize(outputs, lanes, pixels, chain, packed, weightLanes, drain, true, multipliersInDsp);
        }

        /** The same with multipliers of logic: one product each, without cascades. */
        public MatrixSize inLogic() {
            return new MatrixSize(outputs, lanes, pixels, 1, false, weightLanes, drain, slots, false);
        }

        /** The same with a weight bus as wide. */
        public MatrixSize withWeightLanes(int weights) {
            return new MatrixSize(outputs, lanes, pixels, chain, packed, weights, drain, slots, multipliersInDsp);
        }

        /** Weights of a tile, see {@link Unit.Matrix#tileWeights}. */
        public int tileWeights() {
            return Unit.Matrix.tileWeights(outputs, lanes, slots);
        }

        /** L: clocks to load one tile. */
        public int tileLoadCycles() {
            return Math.ceilDiv(tileWeights(), weightLanes);
        }

        /** The same where {@code two} products a DSP are wanted. */
        public MatrixSize withPacking(boolean two) {
            return two ? withPacking() : this;
        }

        public MatrixSize withDrain(DrainSize size) {
            return new MatrixSize(outputs, lanes, pixels, chain, packed, weightLanes, size, slots, multipliersInDsp);
        }

        /** Products a clock. */
        public int multipliers() {
            return outputs * lanes * pixels;
        }

        /** DSPs of the array. */
        public int dsps() {
            return multipliersInDsp ? Unit.Matrix.dsps(outputs, lanes, pixels, packed) : 0;
        }
    }

    /** Sizes of a vector engine, see {@link Unit.Vector}. */
    public record VectorSize(int lanes, boolean multipliersInDsp, DrainSize drain) {
        /** One whose lanes multiply in DSPs where its requantizers do. */
        public VectorSize(int lanes, DrainSize drain) {
            this(lanes, drain.multipliersInDsp(), drain);
        }

        /** One that drains all its lanes at once, and whose lanes multiply in DSPs where its requantizers do. */
        public VectorSize(DrainSize drain) {
            this(drain.lanes(), drain);
        }

        /** The size of an engine. */
        public static VectorSize of(Unit.Vector v) {
            return new VectorSize(v.lanes(), v.multipliersInDsp(), DrainSize.of(v.drain()));
        }

        /** One that drains all its lanes at once, a beat a clock, with multipliers in DSPs. */
        public static VectorSize of(int lanes) {
            return new VectorSize(DrainSize.of(lanes));
        }

        public VectorSize withDrain(DrainSize size) {
            return new VectorSize(lanes, multipliersInDsp, size);
        }

        /** The same with so many lanes, of which as many are drained at once as there are. */
        public VectorSize withLanes(int v) {
            return new VectorSize(v, multipliersInDsp, drain.withLanes(Math.min(v, drain.lanes())));
        }

        /** The same with its lanes' multipliers in DSPs or in logic. */
        public VectorSize inDsp(boolean multipliers) {
            return new VectorSize(lanes, multipliers, drain);
        }
    }

    /** Size of a drain, see {@link Unit.Drain}. */
    public record DrainSize(int lanes, int interval, boolean multipliersInDsp) {
        /** One beat a clock with multipliers in DSPs. */
        public static DrainSize of(int lanes) {
            return new DrainSize(lanes, 1, true);
        }

        /** The size of a drain. */
        public static DrainSize of(Unit.Drain drain) {
            return new DrainSize(drain.lanes(), drain.interval(), drain.multipliersInDsp());
        }

        /** The same with so many lanes. */
        public DrainSize withLanes(int q) {
            return new DrainSize(q, interval, multipliersInDsp);
        }

        /** The same with its multipliers in DSPs or in logic. */
        public DrainSize inDsp(boolean multipliers) {
            return new DrainSize(lanes, interval, multipliers);
        }
    }

    /** Elements a clock from and to the host. */
    public record HostLanes(int in, int out) {}

    /** How the firings of actors that share a unit are mixed. */
    public enum Order {
        /** Evenly over the period, so that rows flow through all layers at once: small buffers, long lists. */
        SPREAD,
        /** The same, but layers of few rows in a shorter time where that takes less memory: smaller buffers for deep networks, and more waiting. */
        COMPACT,
        /** Layer after layer: short lists, buffers of up to whole maps, and the unit waits for its own pipeline between layers. */
        LAYERED
    }

    /**
     * How far the firing order keeps dependent firings apart.
     *
     * @param slackPercent cycles added to each dependency, in percent of the longest firing of the units concerned; negative to let
     *     the scheduler try several and take the one with the shortest period
     * @param spareFirings rows added to each buffer, in firings of its producer; with 0 the buffers are the least the order needs
     * @param phases nodes with which later phases begin, ascending; none for one phase. In a phase, rows flow through its layers at once; what
     *     goes from one phase to another is kept whole, and buffers of different phases may take the same memory
     * @param folds of the phases on the same engines, the first node of the later half, whose turns alternate with those of the earlier half, of the frame behind; none where all phases of a frame
     *     follow each other there. What one phase leaves for the next is then there long before
     */
    public record Pacing(Order order, int slackPercent, int spareFirings, List<Integer> phases, List<Integer> folds) {
        public static final Pacing AUTOMATIC = new Pacing(Order.SPREAD, -1, 1);

        /** Rows flow through all layers with the least buffers. */
        public static final Pacing LEANEST = new Pacing(Order.COMPACT, 0, 0);

        /** Least memory. */
        public static final Pacing FRUGAL = new Pacing(Order.LAYERED, 0, 0);

        public Pacing {
            phases = List.copyOf(phases);
            folds = folds.stream().sorted().toList();
            if (!phases.containsAll(folds)) {
                throw new IllegalArgumentException("phases begin with nodes " + phases + ", not all of " + folds);
            }
        }

        /** In one phase. */
        public Pacing(Order order, int slackPercent, int spareFirings) {
            this(order, slackPercent, spareFirings, List.of(), List.of());
        }

        /** The same in phases that follow each other. */
        public Pacing withPhases(List<Integer> firstNodes) {
            return new Pacing(order, slackPercent, spareFirings, firstNodes, List.of());
        }

        /** The same, with later halves of the phases beginning at some nodes. */
        public Pacing foldedAt(List<Integer> nodes) {
            return new Pacing(order, slackPercent, spareFirings, phases, nodes);
        }

        public boolean folded() {
            return !folds.isEmpty();
        }

        /** The least buffers in the same phases. */
        public Pacing leanest() {
            return LEANEST.withPhases(phases).foldedAt(folds);
        }
    }

    /**
     * Least capacities of every unit or memory, so that programs not known yet fit. 0 is no demand.
     *
     * @param memoryElements of each row memory
     * @param edgesPerMemory token edges of each row memory, for each input of a firing
     */
    public record Reserve(
            int actors,
            int listEntries,
            int segments,
            int weightWords,
            int parameterWords,
            int accumulatorWords,
            int memoryElements,
            int edgesPerMemory) {
        public static final Reserve NONE = new Reserve(0, 0, 0, 0, 0, 0, 0, 0);
    }

    /** Default width of descriptor words. */
    public static final int DESCRIPTOR_BITS = 128;

    /** Options with R = 1 and everything else by default. */
    public static MachineOptions of(String name, Engines engines) {
        return new MachineOptions(
                name,
                engines,
                new HostLanes(1, 1),
                List.of(1),
                DESCRIPTOR_BITS,
                Pacing.AUTOMATIC,
                List.of(),
                Reserve.NONE,
                Control.LOADED,
                Streams.NONE,
                1,
                List.of(1));
    }

    /** One matrix engine P x S x X draining Q codes a clock, and one vector engine of Q lanes. */
    public static MachineOptions oneEngine(int outputs, int lanes, int pixels, int drainLanes, int weightLanes) {
        var matrix = MatrixSize.of(outputs, lanes, pixels, drainLanes, weightLanes);
        return of("one-engine", new Engines.One(matrix, VectorSize.of(drainLanes)));
    }

    /** An engine for each layer, every matrix engine and every vector engine alike. */
    public static MachineOptions engineForEachLayer(MatrixSize matrix, VectorSize vector) {
        return of("engine-for-each-layer", new Engines.EachLayer(List.of(matrix), List.of(vector)));
    }

    /** An engine for each layer, each just large enough for {@code cycles} a frame. */
    public static MachineOptions engineForEachLayer(int cycles) {
        return of("engine-for-each-layer", new Engines.CycleTarget(cycles));
    }

    public MachineOptions withEngines(Engines value) {
        return new MachineOptions(
                name, value, host, rows, descriptorBits, pacing, also, reserve, control, streams, batch, ranges);
    }

    public MachineOptions withRows(int rowsPerFiring) {
        return withRows(List.of(rowsPerFiring));
    }

    public MachineOptions withRows(List<Integer> rowsByNode) {
        return new MachineOptions(
                name,
                engines,
                host,
                rowsByNode,
                descriptorBits,
                pacing,
                also,
                reserve,
                control,
                streams,
                batch,
                ranges);
    }

    public MachineOptions withHost(int in, int out) {
        return new MachineOptions(
                name,
                engines,
                new HostLanes(in, out),
                rows,
                descriptorBits,
                pacing,
                also,
                reserve,
                control,
                streams,
                batch,
                ranges);
    }

    public MachineOptions withDescriptorBits(int bits) {
        return new MachineOptions(
                name, engines, host, rows, bits, pacing, also, reserve, control, streams, batch, ranges);
    }

    public MachineOptions withPacing(Pacing value) {
        return new MachineOptions(
                name, engines, host, rows, descriptorBits, value, also, reserve, control, streams, batch, ranges);
    }

    public MachineOptions withAlso(List<QuantizedGraph> others) {
        return new MachineOptions(
                name, engines, host, rows, descriptorBits, pacing, others, reserve, control, streams, batch, ranges);
    }

    public MachineOptions withReserve(Reserve value) {
        return new MachineOptions(
                name, engines, host, rows, descriptorBits, pacing, also, value, control, streams, batch, ranges);
    }

    public MachineOptions withName(String value) {
        return new MachineOptions(
                value, engines, host, rows, descriptorBits, pacing, also, reserve, control, streams, batch, ranges);
    }

    public MachineOptions withControl(Control value) {
        return new MachineOptions(
                name, engines, host, rows, descriptorBits, pacing, also, reserve, value, streams, batch, ranges);
    }

    public MachineOptions withStreams(Streams value) {
        return new MachineOptions(
                name, engines, host, rows, descriptorBits, pacing, also, reserve, control, value, batch, ranges);
    }

    public MachineOptions withBatch(int frames) {
        return new MachineOptions(
                name, engines, host, rows, descriptorBits, pacing, also, reserve, control, streams, frames, ranges);
    }

    public MachineOptions withRanges(int ofColumns) {
        return withRanges(List.of(ofColumns));
    }

    public MachineOptions withRanges(List<Integer> rangesByNode) {
        return new MachineOptions(
                name,
                engines,
                host,
                rows,
                descriptorBits,
                pacing,
                also,
                reserve,
                control,
                streams,
                batch,
                rangesByNode);
    }

    /** The same with these maps spilled to the DRAM behind a port. */
    public MachineOptions withSpills(DramPort dram, List<Spill> spills) {
        return withStreams(new Streams(dram, streams.engines(), streams.fifoWords(), spills));
    }

    /** R of a node. */
    public int rowsOf(int node) {
        return ofNode(rows, node);
    }

    /** Ranges of columns of a node, if it has as many positions. */
    public int rangesOf(int node) {
        return ofNode(ranges, node);
    }

    private static int ofNode(List<Integer> values, int node) {
        int value = values.size() == 1 ? values.getFirst() : node < values.size() ? values.get(node) : 1;
        return Math.max(1, value);
    }
}
