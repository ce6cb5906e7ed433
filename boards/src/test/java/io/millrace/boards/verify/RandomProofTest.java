package io.millrace.boards.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.CompileException;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.quantizer.QuantizedGraphText;
import io.millrace.quantizer.random.RandomQuantizedGraphs;
import io.millrace.quantizer.random.Shrinking;
import io.millrace.scheduler.Machine.Control;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.DrainSize;
import io.millrace.scheduler.MachineOptions.MatrixSize;
import io.millrace.scheduler.MachineOptions.VectorSize;
import io.millrace.scheduler.Scheduler;
import io.millrace.scheduler.SharedProgram;
import io.millrace.scheduler.Unit;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Evaluator, simulator and RTL agree on random graphs: many programs for each of a few machines. */
class RandomProofTest {
    private static final int PROGRAMS = 12;
    private static final int HUNDRED = 100;
    /** Each builds a design. */
    private static final int SHRINKING_TRIES = 40;

    private static final int FRAMES = 3;
    private static final int[] ROWS = {1, 2, 3, 99};

    @TempDir
    Path folder;

    @Test
    void narrowEngineWithoutCascade() {
        prove(
                MachineOptions.oneEngine(2, 3, 1, 2, 1).withHost(1, 1).withDescriptorBits(16),
                programs(1000, PROGRAMS, Precision.INT8));
    }

    @Test
    void severalPixelsAndNarrowDescriptors() {
        prove(
                MachineOptions.oneEngine(3, 3, 3, 2, 9).withHost(16, 3).withDescriptorBits(32),
                programs(3000, PROGRAMS, Precision.INT8));
    }

    @Test
    void cascades() {
        var matrix = MatrixSize.of(5, 4, 1, 3, 7).withChain(2);
        prove(
                MachineOptions.of("cascades", new MachineOptions.Engines.One(matrix, VectorSize.of(3)))
                        .withHost(3, 8),
                programs(4000, PROGRAMS, Precision.INT8));
    }

    /** Whole tiles of weights in a clock, and the last output channel without a partner. */
    @Test
    void twoProductsAMultiplier() {
        var matrix = MatrixSize.of(5, 6, 2, 3, 30).withPacking();
        prove(
                MachineOptions.of("packed", new MachineOptions.Engines.One(matrix, VectorSize.of(3)))
                        .withHost(4, 8),
                mixed(71_000, PROGRAMS, Precision.INT8));
    }

    /** Requantizers, lanes of vector engines and arrays without DSPs, each with a product a clock. */
    @Test
    void productsInLogic() {
        for (var precision : Precision.values()) {
            var logic = new DrainSize(3, 1, false);
            var matrix = MatrixSize.of(4, 5, 1, 3, 4).withDrain(logic);
            var machine = MachineOptions.of("logic", new MachineOptions.Engines.One(matrix, new VectorSize(logic)));
            prove(machine.withHost(3, 2), moves(73_000 + precision.bits(), PROGRAMS / 2, precision));
            var arrays =
                    MachineOptions.of("arrays", new MachineOptions.Engines.One(matrix.inLogic(), VectorSize.of(3)));
            prove(arrays.withHost(3, 2), mixed(80_000 + precision.bits(), PROGRAMS / 2, precision));
        }
    }

    /** Lanes of vector engines in DSPs and requantizers in logic, and the other way round. */
    @Test
    void lanesOrRequantizersInLogic() {
        for (boolean lanes : new boolean[] {true, false}) {
            var vector = new VectorSize(4, lanes, new DrainSize(3, 1, !lanes));
            var machine =
                    MachineOptions.of("mixed", new MachineOptions.Engines.One(MatrixSize.of(4, 5, 1, 3, 4), vector));
            prove(machine.withHost(3, 2), mixed(lanes ? 78_000 : 79_000, PROGRAMS / 2, Precision.INT8));
        }
    }

    /** Vector engines of more lanes than a pixel has channels, whose few requantizers take several beats. */
    @Test
    void pixelsSideBySide() {
        var matrix = MatrixSize.of(4, 5, 1, 3, 4);
        for (int lanes : new int[] {7, 16}) {
            for (int q : new int[] {2, 3}) {
                var vector = new VectorSize(lanes, new DrainSize(q, 1, q == 2));
                var machine = MachineOptions.of("wide-vector", new MachineOptions.Engines.One(matrix, vector));
                prove(machine.withHost(3, 4), mixed(74_000 + lanes + q, PROGRAMS / 2, Precision.INT8));
            }
        }
    }

    /** Convolutions an input channel at a time, their maps written channel by channel, and all others on an engine with slots. */
    @Test
    void singleChannels() {
        for (var size : List.of(
                MatrixSize.of(3, 2, 1, 1, 4).withSlots(),
                MatrixSize.of(4, 3, 3, 1, 16).withPacking().withSlots(),
                MatrixSize.of(5, 7, 2, 1, 9).withPacking().withSlots())) {
            var one = new MachineOptions.Engines.One(size, new VectorSize(4, DrainSize.of(1)));
            prove(MachineOptions.of("slots", one).withHost(3, 4), tables(75_000 + size.lanes(), PROGRAMS));
        }
    }

    /** Cascades of one product, of two and of four. */
    @Test
    void twoProductsAMultiplierOfFewLanes() {
        for (int lanes : new int[] {1, 2, 4}) {
            var matrix = MatrixSize.of(4, lanes, 1, 2, 2).withPacking();
            prove(
                    MachineOptions.of("packed", new MachineOptions.Engines.One(matrix, VectorSize.of(2)))
                            .withHost(2, 2),
                    programs(72_000 + lanes, 4, Precision.INT8));
        }
    }

    @Test
    void int16WithoutTables() {
        var matrix = MatrixSize.of(4, 4, 2, 3, 6).withChain(2);
        prove(
                MachineOptions.of("int16", new MachineOptions.Engines.One(matrix, VectorSize.of(3)))
                        .withHost(3, 4),
                int16(17_000, false));
    }

    /** Tables behind a requantizer that gives codes every few clocks, and behind one that gives a beat of them each clock. */
    @Test
    void int16WithTables() {
        var matrix = MatrixSize.of(3, 5, 1, 1, 4).withDrain(new DrainSize(2, 5, false));
        prove(
                MachineOptions.of("tables", new MachineOptions.Engines.One(matrix, VectorSize.of(3)))
                        .withDescriptorBits(32),
                int16(16_000, true));
    }

    /** A table right behind the maximum, with no requantizer between. */
    @Test
    void int16TableBehindMaxPoolAlone() {
        var graph = IntStream.range(19_000, 19_100)
                .mapToObj(seed -> ProofNets.random(seed, Precision.INT16))
                .filter(g -> g.nodes().stream().noneMatch(n -> n.op() instanceof QOp.SumPool)
                        && g.nodes().stream().anyMatch(n -> n.op() instanceof QOp.MaxPool && hasTable(n)))
                .findFirst()
                .orElseThrow();
        var options = MachineOptions.oneEngine(2, 4, 1, 1, 3).withHost(2, 2);
        var programs = List.of(new SharedProgram(graph, List.of(1)), new SharedProgram(graph, List.of(2)));
        var machine = Scheduler.scheduleTogether(programs, ProofNets.TARGET, options)
                .getFirst()
                .machine();
        assertTrue(machine.units().stream()
                .anyMatch(u -> u instanceof Unit.Vector v
                        && v.drain().table()
                        && !v.drain().requantize()));
        prove(options, programs);
    }

    /** A program that uses only part of a machine's engines and edges: what it leaves alone must stand still. */
    @Test
    void enginesWithoutWork() {
        prove(
                MachineOptions.engineForEachLayer(MatrixSize.of(3, 4, 1, 1, 1), VectorSize.of(2))
                        .withHost(3, 16),
                List.of(
                        new SharedProgram(ProofNets.random(2000, Precision.INT8), List.of(2)),
                        new SharedProgram(ProofNets.random(2001, Precision.INT8), List.of(99))));
    }

    /** Outputs of different depth: beats of a later frame leave before the last beat of the last frame asked for. */
    @Test
    void outputsOfDifferentDepth() {
        prove(
                MachineOptions.oneEngine(3, 2, 1, 2, 6).withHost(8, 2).withDescriptorBits(32),
                List.of(new SharedProgram(ProofNets.random(8005, Precision.INT8), List.of(99))));
    }

    /** With fixed control every program is a design of its own. */
    @Test
    void fixedControl() {
        for (long seed = 23_000; seed < 23_004; seed++) {
            var precision = seed % 2 == 0 ? Precision.INT8 : Precision.INT16;
            int rows = ROWS[(int) (seed % ROWS.length)];
            prove(
                    MachineOptions.oneEngine(2, 4, 1, 2, 8)
                            .withHost(1 + (int) (seed % 2), 1)
                            .withControl(Control.FIXED),
                    List.of(new SharedProgram(ProofNets.random(seed, precision), List.of(rows))));
        }
    }

    /** Sums, concatenations, grouped and depthwise convolutions on one engine of each kind. */
    @Test
    void severalInputsAndGroups() {
        prove(
                MachineOptions.oneEngine(3, 4, 1, 2, 4).withHost(2, 2).withDescriptorBits(64),
                mixed(31_000, PROGRAMS, Precision.INT8));
    }

    @Test
    void severalInputsAndPixels() {
        prove(
                MachineOptions.oneEngine(4, 5, 2, 2, 4).withHost(4, 3).withDescriptorBits(32),
                mixed(32_000, PROGRAMS, Precision.INT8));
    }

    @Test
    void severalInputsInt16() {
        prove(
                MachineOptions.oneEngine(2, 3, 1, 2, 3).withHost(3, 2).withDescriptorBits(64),
                mixed(33_000, PROGRAMS, Precision.INT16));
    }

    /** Products of maps, moves of codes, maps of one pixel that stand for all. */
    @Test
    void productsAndMoves() {
        prove(
                MachineOptions.oneEngine(3, 4, 1, 2, 4).withHost(2, 2).withDescriptorBits(64),
                moves(41_000, PROGRAMS, Precision.INT8));
    }

    @Test
    void productsAndMovesInt16() {
        prove(
                MachineOptions.oneEngine(2, 3, 1, 2, 2).withHost(3, 1).withDescriptorBits(32),
                moves(42_000, PROGRAMS, Precision.INT16));
    }

    /** Maxima and minima of maps, among all else. */
    @Test
    void extremesOfMaps() {
        prove(
                MachineOptions.oneEngine(3, 4, 1, 2, 4).withHost(2, 2).withDescriptorBits(64),
                wide(51_000, PROGRAMS, Precision.INT8));
    }

    @Test
    void extremesOfMapsInt16() {
        prove(
                MachineOptions.oneEngine(3, 2, 1, 3, 2).withHost(3, 2).withDescriptorBits(32),
                wide(52_000, PROGRAMS, Precision.INT16));
    }

    /** A hundred graphs more, of all operations, on four designs. */
    @Test
    @Tag("slow")
    void aHundredGraphs() {
        prove(
                MachineOptions.oneEngine(5, 6, 1, 3, 5).withHost(4, 2).withDescriptorBits(64),
                mixed(61_000, HUNDRED / 4, Precision.INT8));
        prove(
                MachineOptions.oneEngine(3, 7, 2, 2, 6).withHost(2, 3).withDescriptorBits(32),
                wide(62_000, HUNDRED / 4, Precision.INT8));
        prove(
                MachineOptions.oneEngine(4, 4, 1, 4, 16).withHost(1, 1).withDescriptorBits(64),
                moves(63_000, HUNDRED / 4, Precision.INT8));
        prove(
                MachineOptions.oneEngine(2, 5, 1, 1, 3).withHost(2, 2).withDescriptorBits(64),
                mixed(64_000, HUNDRED / 4, Precision.INT16));
    }

    /** Twin networks, whose weights are stored once. */
    @Test
    void twins() {
        var options = MachineOptions.oneEngine(3, 4, 1, 2, 4).withHost(2, 2).withDescriptorBits(64);
        var programs = IntStream.range(53_000, 53_006)
                .mapToObj(seed -> new SharedProgram(
                        TwinNet.of(RandomQuantizedGraphs.wide(seed, 6, Precision.INT8)), List.of(1 + seed % 3)))
                .toList();
        for (var program : programs) {
            assertEquals(weightWords(options, single(program)), weightWords(options, program));
        }
        prove(options, programs);
    }

    private static SharedProgram single(SharedProgram twins) {
        var graph = twins.graph();
        int half = graph.nodes().size() / 2;
        int outputs = graph.outputs().size() / 2;
        return new SharedProgram(
                new QuantizedGraph(
                        graph.name(),
                        graph.precision(),
                        graph.nodes().subList(0, half),
                        graph.outputs().subList(0, outputs),
                        graph.outputNames().subList(0, outputs)),
                twins.rows());
    }

    private static int weightWords(MachineOptions options, SharedProgram program) {
        return Scheduler.scheduleTogether(List.of(program), ProofNets.TARGET, options)
                .getFirst()
                .machine()
                .units()
                .stream()
                .mapToInt(u -> u instanceof Unit.Matrix m ? m.weightWords() : 0)
                .sum();
    }

    private static List<SharedProgram> tables(long seed, int count) {
        var programs = programs(seed, count, Precision.INT8);
        programs.addAll(mixed(seed, count, Precision.INT8));
        return programs.stream()
                .map(p -> new SharedProgram(RandomQuantizedGraphs.withTables(p.graph(), seed), p.rows()))
                .toList();
    }

    private static List<SharedProgram> wide(long seed, int count, Precision precision) {
        return IntStream.range(0, count)
                .mapToObj(i -> new SharedProgram(
                        RandomQuantizedGraphs.wide(seed + i, 8, precision), List.of(ROWS[i % ROWS.length])))
                .toList();
    }

    private static List<SharedProgram> moves(long seed, int count, Precision precision) {
        return IntStream.range(0, count)
                .mapToObj(i -> new SharedProgram(MovesNet.of(seed + i, precision), List.of(ROWS[i % ROWS.length])))
                .toList();
    }

    private static List<SharedProgram> mixed(long seed, int count, Precision precision) {
        return IntStream.range(0, count)
                .mapToObj(i -> new SharedProgram(
                        RandomQuantizedGraphs.mixed(seed + i, 8, precision), List.of(ROWS[i % ROWS.length])))
                .toList();
    }

    private static List<SharedProgram> programs(long seed, int count, Precision precision) {
        var programs = new ArrayList<SharedProgram>();
        for (int i = 0; i < count; i++) {
            programs.add(new SharedProgram(ProofNets.random(seed + i, precision), List.of(ROWS[i % ROWS.length])));
        }
        return programs;
    }

    /** Programs with at least one table, or with none. */
    private static List<SharedProgram> int16(long seed, boolean tables) {
        var programs = programs(seed, 4 * PROGRAMS, Precision.INT16).stream()
                .filter(p -> p.graph().nodes().stream().anyMatch(RandomProofTest::hasTable) == tables)
                .limit(PROGRAMS)
                .toList();
        assertEquals(PROGRAMS, programs.size());
        return programs;
    }

    private static boolean hasTable(QNode node) {
        return node.op().table().isPresent();
    }

    private void prove(MachineOptions options, List<SharedProgram> programs) {
        try {
            ProofNets.prove(options, programs, FRAMES, folder);
        } catch (AssertionError e) {
            throw smallest(options, programs, e);
        }
    }

    /** The first program that fails alone, made small. */
    private AssertionError smallest(MachineOptions options, List<SharedProgram> programs, AssertionError e) {
        for (var program : programs) {
            if (fails(options, program.graph(), program.rows())) {
                var small = Shrinking.shrink(program.graph(), g -> fails(options, g, program.rows()), SHRINKING_TRIES);
                return new AssertionError(e.getMessage() + "; the same with " + QuantizedGraphText.print(small), e);
            }
        }
        return e;
    }

    private boolean fails(MachineOptions options, QuantizedGraph graph, List<Integer> rows) {
        try {
            ProofNets.prove(options, List.of(new SharedProgram(graph, rows)), FRAMES, folder);
            return false;
        } catch (AssertionError _) {
            return true;
        } catch (CompileException _) {
            return false; // no engine has what is left
        }
    }

    /** Those of the default suite, with all their programs, and the hundred. */
    @Test
    void everyOperationIsDrawn() {
        assertEquals(
                all(),
                kinds(List.of(
                        mixed(31_000, PROGRAMS, Precision.INT8),
                        moves(41_000, PROGRAMS, Precision.INT8),
                        wide(51_000, PROGRAMS, Precision.INT8))));
        assertEquals(
                all(),
                kinds(List.of(
                        mixed(61_000, HUNDRED / 4, Precision.INT8),
                        wide(62_000, HUNDRED / 4, Precision.INT8),
                        moves(63_000, HUNDRED / 4, Precision.INT8))));
    }

    private static Set<String> all() {
        return Arrays.stream(QOp.class.getPermittedSubclasses())
                .map(Class::getSimpleName)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> kinds(List<List<SharedProgram>> programs) {
        return programs.stream()
                .flatMap(List::stream)
                .flatMap(p -> p.graph().nodes().stream())
                .map(n -> n.op().getClass().getSimpleName())
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
