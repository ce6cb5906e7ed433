package io.millrace.boards.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.FloatEvaluator;
import io.millrace.ir.Graph;
import io.millrace.ir.ImportCode;
import io.millrace.ir.Op;
import io.millrace.ir.Passes;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import io.millrace.ir.nets.OperatorNet;
import io.millrace.ir.onnx.ImportOptions;
import io.millrace.ir.onnx.OnnxImporter;
import io.millrace.ir.onnx.OnnxWriter;
import io.millrace.quantizer.Calibration;
import io.millrace.quantizer.HostCodes;
import io.millrace.quantizer.IntegerEvaluator;
import io.millrace.quantizer.NumberFormat;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizeOptions;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.quantizer.Quantizer;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Scheduler;
import io.millrace.scheduler.SharedProgram;
import io.millrace.simulator.LinkTrace;
import io.millrace.simulator.SimulationOptions;
import io.millrace.simulator.Simulator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every operator at every level, importer to RTL, in networks of its own, as programs of one machine a precision; {@code docs/operators.md} has
 * the figures. The slow lane runs all shapes and compares the page, {@code -Dgolden.update=true} rewrites it; the default suite runs each
 * operator in one shape a precision and holds the page to the operators that there are.
 */
class OperatorsPageTest {
    private static final int FRAMES = 2;
    private static final Path PAGE = Path.of("../docs/operators.md");

    @TempDir
    Path folder;

    /** What one network showed. */
    private record Outcome(
            boolean imported,
            double floatError,
            double integerError,
            long cycles,
            long simulatedOff,
            int frames,
            long valuesOff,
            long cyclesOff) {}

    @Test
    void everyOperatorInt8() {
        holds(outcomes(NumberFormat.INT8, 1));
    }

    @Test
    void everyOperatorInt16() {
        holds(outcomes(NumberFormat.INT16_FREE_Q, 1));
    }

    @Test
    @Tag("slow")
    void thePageIsWhatIsMeasured() throws IOException {
        var rows = new ArrayList<String>();
        int shapes = OperatorNet.shapes().size();
        var int8 = outcomes(NumberFormat.INT8, shapes);
        var int16 = outcomes(NumberFormat.INT16_FREE_Q, shapes);
        holds(int8);
        holds(int16);
        for (var net : OperatorNet.values()) {
            rows.add(row(net, int8.get(net.ordinal()), int16.get(net.ordinal())));
        }
        String page = page(rows);
        System.out.println(page);
        if (Boolean.getBoolean("golden.update")) {
            Files.writeString(PAGE, page);
        }
        assertEquals(Files.readString(PAGE), page);
    }

    /** No operator is missing, and no cell is blank. */
    @Test
    void thePageNamesEveryOperator() throws IOException {
        List<List<String>> cells = Files.readAllLines(PAGE).stream()
                .filter(line -> line.startsWith("| "))
                .map(line -> Arrays.stream(line.substring(1).split("\\|"))
                        .map(String::strip)
                        .toList())
                .toList();
        cells.forEach(row -> assertTrue(row.stream().noneMatch(String::isEmpty), row::toString));
        var named = cells.stream().map(List::getFirst).collect(Collectors.toSet());
        for (var net : OperatorNet.values()) {
            assertTrue(named.contains(title(net)), () -> "no row for " + title(net));
        }
        var claimed = new TreeSet<>(claimed());
        assertEquals(claimed, new TreeSet<>(becomes().keySet()));
        for (String operator : claimed) {
            assertTrue(named.contains("`" + operator + "`"), () -> "no row for ONNX's " + operator);
        }
        becomes().values().stream()
                .flatMap(List::stream)
                .forEach(net -> assertTrue(named.contains(title(net)), () -> "no row for " + title(net)));
    }

    /** All kinds of nodes of float and integer graphs come up in the networks. */
    @Test
    void theNetworksHaveEveryKindOfNode() {
        var floats = new TreeSet<String>();
        var integers = new TreeSet<String>();
        for (var net : OperatorNet.values()) {
            Graph graph = net.graph(OperatorNet.shapes().getFirst(), 1);
            graph.nodes().forEach(n -> floats.add(n.op().getClass().getSimpleName()));
            quantized(graph, NumberFormat.INT8)
                    .nodes()
                    .forEach(n -> integers.add(n.op().getClass().getSimpleName()));
        }
        var roundings = new TreeSet<>(names(Op.class));
        roundings.removeAll(floats);
        // A model's own roundings become grids, proved on models that bring them; a rearrangement is what others become
        assertEquals(new TreeSet<>(List.of("FakeQuantize", "Rearrange")), roundings);
        assertEquals(new TreeSet<>(names(QOp.class)), integers);
    }

    private static List<String> names(Class<?> sealed) {
        return Arrays.stream(sealed.getPermittedSubclasses())
                .map(Class::getSimpleName)
                .toList();
    }

    private static void holds(List<List<Outcome>> all) {
        for (var net : OperatorNet.values()) {
            holds(net, all.get(net.ordinal()));
        }
    }

    private static void holds(OperatorNet net, List<Outcome> outcomes) {
        for (Outcome o : outcomes) {
            assertTrue(o.imported, () -> net + " is not imported");
            assertTrue(o.floatError <= 1e-3, () -> net + " read again differs by " + o.floatError);
            assertEquals(0, o.simulatedOff, () -> net + ", simulator");
            assertEquals(0, o.valuesOff, () -> net + ", RTL");
            assertEquals(0, o.cyclesOff, () -> net + ", cycles");
            assertEquals(FRAMES, o.frames);
        }
    }

    private static MachineOptions options(NumberFormat format) {
        var options = format == NumberFormat.INT8
                ? MachineOptions.oneEngine(4, 5, 1, 3, 5)
                : MachineOptions.oneEngine(3, 4, 1, 2, 4);
        return options.withHost(2, 2).withDescriptorBits(64);
    }

    /** By ordinal of the network. */
    private List<List<Outcome>> outcomes(NumberFormat format, int shapes) {
        var all = OperatorNet.shapes();
        var graphs = new ArrayList<Graph>();
        var programs = new ArrayList<SharedProgram>();
        for (var net : OperatorNet.values()) {
            for (int i = 0; i < shapes; i++) {
                Shape shape = all.get((net.ordinal() * shapes + i + format.ordinal()) % all.size());
                Graph graph = net.graph(shape, 1);
                graphs.add(graph);
                programs.add(new SharedProgram(quantized(graph, format), List.of(1 + programs.size() % 3)));
            }
        }
        List<Schedule> schedules = Scheduler.scheduleTogether(programs, ProofNets.TARGET, options(format));
        var cases = new ArrayList<ProofCase>();
        for (int i = 0; i < schedules.size(); i++) {
            var frames = ProofNets.randomFrames(programs.get(i).graph(), FRAMES, i);
            var link = i % 2 == 0 ? LinkTrace.NONE : LinkTrace.seeded(i, 300, 9, 7);
            cases.add(new ProofCase(graphs.get(i).name(), schedules.get(i), frames, link));
        }
        var proofs = Proof.run(cases, folder, _ -> {}).cases();
        var outcomes = new ArrayList<List<Outcome>>();
        for (int i = 0; i < graphs.size(); i++) {
            if (i % shapes == 0) {
                outcomes.add(new ArrayList<>());
            }
            outcomes.getLast().add(outcome(graphs.get(i), cases.get(i), proofs.get(i)));
        }
        return outcomes;
    }

    private static Outcome outcome(Graph graph, ProofCase proofCase, ProofResult.CaseResult proof) {
        QuantizedGraph quantized = proofCase.schedule().graph();
        var result = Simulator.run(proofCase.schedule(), SimulationOptions.values(proofCase.frames()));
        long off = 0;
        for (int f = 0; f < proofCase.frames().size(); f++) {
            var due = IntegerEvaluator.run(quantized, proofCase.frames().get(f));
            for (int o = 0; o < due.size(); o++) {
                off += different(due.get(o), result.outputs().get(f).get(o));
            }
        }
        Graph read = OnnxImporter.importBytes(OnnxWriter.write(graph), "operator.onnx", ImportOptions.DEFAULT)
                .graph();
        return new Outcome(
                true,
                difference(graph, read),
                integerError(graph, quantized),
                proof.cycles(),
                off,
                proof.framesCompared(),
                proof.mismatchedValues() + (proof.passed() ? 0 : 1),
                proof.cycleDifference());
    }

    private static long different(short[] due, short[] found) {
        if (due.length != found.length) {
            return due.length;
        }
        return IntStream.range(0, due.length).filter(i -> due[i] != found[i]).count();
    }

    /** The largest difference between two graphs, as a share of the largest value. */
    private static double difference(Graph due, Graph found) {
        double largest = 1;
        double most = 0;
        for (List<Tensor> frame : frames(due, 3, 5)) {
            float[] a = FloatEvaluator.run(due, frame).getFirst().toArray();
            float[] b = FloatEvaluator.run(found, frame).getFirst().toArray();
            for (int i = 0; i < a.length; i++) {
                largest = Math.max(largest, Math.abs(a[i]));
                most = Math.max(most, Math.abs(a[i] - b[i]));
            }
        }
        return most / largest;
    }

    /** The root mean square error of integers on frames not calibrated on, as a share of the result's range. */
    private static double integerError(Graph graph, QuantizedGraph quantized) {
        // With 0, so that a result that is all one number has a range as well
        double low = 0;
        double high = 0;
        double squares = 0;
        int count = 0;
        var type = quantized.node(quantized.outputs().getFirst()).type();
        for (List<Tensor> frame : frames(graph, 20, 2)) {
            float[] due = FloatEvaluator.run(graph, frame).getFirst().toArray();
            short[] codes = HostCodes.encode(
                    frame.getFirst(), quantized.inputs().getFirst().type(), quantized.precision());
            float[] found = HostCodes.decode(
                            IntegerEvaluator.run(quantized, List.of(codes)).getFirst(), type)
                    .toArray();
            for (int i = 0; i < due.length; i++) {
                low = Math.min(low, due[i]);
                high = Math.max(high, due[i]);
                squares += (due[i] - found[i]) * (due[i] - found[i]);
                count++;
            }
        }
        return Math.sqrt(squares / count) / Math.max(1e-6, high - low);
    }

    private static QuantizedGraph quantized(Graph graph, NumberFormat format) {
        Graph prepared = Passes.prepare(graph);
        return Quantizer.quantize(
                        prepared, Calibration.of(prepared, frames(prepared, 40, 1)), QuantizeOptions.of(format))
                .graph();
    }

    private static List<List<Tensor>> frames(Graph graph, int count, long seed) {
        var random = new SplittableRandom(seed);
        var frames = new ArrayList<List<Tensor>>();
        Shape shape = graph.inputs().getFirst().shape();
        for (int f = 0; f < count; f++) {
            var values = new float[shape.volume()];
            for (int i = 0; i < values.length; i++) {
                values[i] = random.nextInt(256) / 255f;
            }
            frames.add(List.of(Tensor.wrap(shape, values)));
        }
        return frames;
    }

    private static String title(OperatorNet net) {
        return net.netName().replace('_', ' ');
    }

    private static String row(OperatorNet net, List<Outcome> int8, List<Outcome> int16) {
        var all = new ArrayList<>(int8);
        all.addAll(int16);
        long frames = all.stream().mapToInt(Outcome::frames).sum();
        return "| %s | %s | %s | %s / %s | %d to %d cycles | %d frames, %d off | %d frames, %d values, %d cycles off |"
                .formatted(
                        title(net),
                        all.stream().allMatch(Outcome::imported) ? "yes" : "no",
                        all.stream().allMatch(o -> o.floatError <= 1e-3) ? "same" : "differs",
                        percent(int8),
                        percent(int16),
                        all.stream().mapToLong(Outcome::cycles).min().orElseThrow(),
                        all.stream().mapToLong(Outcome::cycles).max().orElseThrow(),
                        frames,
                        all.stream().mapToLong(Outcome::simulatedOff).sum(),
                        frames,
                        all.stream().mapToLong(Outcome::valuesOff).sum(),
                        all.stream().mapToLong(Outcome::cyclesOff).max().orElseThrow());
    }

    /** The largest error over all shapes. */
    private static String percent(List<Outcome> outcomes) {
        double most = outcomes.stream().mapToDouble(Outcome::integerError).max().orElseThrow();
        return String.format(Locale.ROOT, "%.3f %%", 100 * most);
    }

    private static String page(List<String> rows) {
        String shapes = OperatorNet.shapes().stream()
                .map(s -> s.dims().stream().skip(1).map(String::valueOf).collect(Collectors.joining("x")))
                .collect(Collectors.joining(", "));
        var text = new StringBuilder("""
                # Operators, at every level

                Written by `OperatorsPageTest` (`mvn -Pslow verify`), which also fails when this page differs from what it measures. Each operator stands in a small network of
                its own, behind a convolution, on maps of channels x rows x columns %s, at int8 and int16: written to ONNX and read again, computed in
                floats as built and as read, quantized, scheduled, simulated with values against the integer evaluator, and run as RTL in Verilator against both, every row of every
                row buffer and every firing's cycles; over a free link and one that stalls. All networks of a precision are programs of one design. Errors are the largest root mean
                square over the shapes, as a share of the result's range, on frames not calibrated on (int8 / int16); what chooses between nearly equal values is exact on what its
                operand's codes stand for (`ChoicesTest`). Cycles are those of two frames on an engine of 12 or 20 multipliers.

                | operator | import | float | integer, error | schedule | simulator | RTL |
                | --- | --- | --- | --- | --- | --- | --- |
                """.formatted(shapes));
        rows.forEach(row -> text.append(row).append('\n'));
        text.append("""

                What each of ONNX's operators becomes; those that only constants or shapes pass through are folded by the importer.

                | ONNX operator | rows above |
                | --- | --- |
                """);
        becomes()
                .forEach((operator, nets) -> text.append("| `%s` | %s |\n"
                        .formatted(
                                operator,
                                nets.isEmpty()
                                        ? "folded, or nothing to compute"
                                        : nets.stream()
                                                .map(OperatorsPageTest::title)
                                                .collect(Collectors.joining(", ")))));
        return text.toString();
    }

    /** ONNX's operators that the importer takes, as its error message lists them. */
    private static List<String> claimed() {
        String text = ImportCode.OPERATOR.explanation();
        String list = text.substring(text.indexOf("Supported: ") + "Supported: ".length(), text.indexOf(';'));
        return List.of(list.split(", "));
    }

    private static Map<String, List<OperatorNet>> becomes() {
        var map = new TreeMap<String, List<OperatorNet>>();
        for (String line : BECOMES.strip().lines().toList()) {
            String[] words = line.strip().split(" ");
            map.put(
                    words[0],
                    Arrays.stream(words).skip(1).map(OperatorNet::valueOf).toList());
        }
        return map;
    }

    private static final String BECOMES = """
            Abs ABSOLUTE
            Add ADD CONSTANT_MAP_ADDED
            ArgMax LARGEST_INDEX LARGEST_INDEX_OF_COLUMNS LARGEST_INDEX_OF_ROWS LARGEST_INDEX_OF_SPACE
            ArgMin SMALLEST_INDEX
            AveragePool AVERAGE_POOL AVERAGE_INSIDE AVERAGE_POOL_CEIL AVERAGE_POOL_3D
            BatchNormalization BATCH_NORM
            Cast
            Celu CELU
            Clip CLIP HARD_TANH
            Concat CHANNELS_JOINED ROWS_JOINED COLUMNS_JOINED CONSTANT_CHANNELS
            Constant
            ConstantOfShape
            Conv CONVOLUTION CONVOLUTION_STRIDED CONVOLUTION_UNEVEN CONVOLUTION_DILATED CONVOLUTION_GROUPED CONVOLUTION_DEPTHWISE CONVOLUTION_CONNECTED CONVOLUTION_CONNECTED_BLOCKS CONVOLUTION_1D CONVOLUTION_3D
            ConvTranspose CONVOLUTION_TRANSPOSED CONVOLUTION_TRANSPOSED_OVERLAPPING
            DepthToSpace DEPTH_TO_SPACE
            DequantizeLinear
            Div QUOTIENT CONSTANT_MAP_DIVIDES
            Dropout
            Elu ELU
            Erf ERROR_FUNCTION
            Exp EXPONENTIAL
            Expand NEAREST_DOUBLED
            Flatten FLATTENED
            Gather CHANNELS_REVERSED CHANNELS_SHUFFLED EMBEDDING
            Gelu GELU
            Gemm FULLY_CONNECTED CHANNELS_LAST_FULLY_CONNECTED
            GlobalAveragePool AVERAGE_POOL_GLOBAL
            GlobalLpPool L2_POOL
            GlobalMaxPool MAX_POOL_GLOBAL
            GroupNormalization GROUP_NORM
            HardSigmoid HARD_SIGMOID
            HardSwish HARD_SWISH
            Hardmax HARDMAX
            Identity
            InstanceNormalization INSTANCE_NORM
            LRN LOCAL_RESPONSE
            LayerNormalization LAYER_NORM CHANNEL_NORM
            LeakyRelu LEAKY_RELU
            Log LOGARITHM
            LogSoftmax LOG_SOFTMAX LOG_SOFTMAX_OF_ROWS
            LpNormalization L1_NORMALIZE L2_NORMALIZE L2_NORMALIZE_OF_SPACE
            LpPool L1_POOL L2_POOL L3_POOL
            MatMul FULLY_CONNECTED LINEAR_OF_CHANNELS LINEAR_OF_COLUMNS
            Max MAXIMUM CONSTANT_MAP_BOUNDS
            MaxPool MAX_POOL MAX_POOL_RECTANGULAR MAX_POOL_CEIL MAX_POOL_1D MAX_POOL_3D POOL_PLACES POOL_PLACES_PADDED
            MaxUnpool UNPOOLED UNPOOLED_OVERLAPPING
            Mean MEAN_OF_MANY
            MeanVarianceNormalization INSTANCE_NORM LAYER_NORM
            Min MINIMUM
            Mish MISH
            Mul MULTIPLY GATE MASK CONSTANT_ROW_MULTIPLIED
            Neg SMALLEST_INDEX
            OneHot HARDMAX
            PRelu SLOPE_A_CHANNEL
            Pad PADDED PADDED_LOWEST REFLECTED EDGES_REPEATED WRAPPED
            Pow SQUARE SQUARE_ROOT
            QGemm FULLY_CONNECTED
            QLinearAdd ADD
            QLinearAveragePool AVERAGE_POOL
            QLinearConcat CHANNELS_JOINED
            QLinearConv CONVOLUTION
            QLinearGlobalAveragePool AVERAGE_POOL_GLOBAL
            QLinearLeakyRelu LEAKY_RELU
            QLinearMatMul FULLY_CONNECTED
            QLinearMul MULTIPLY
            QLinearSigmoid SIGMOID
            QuantizeLinear
            Reciprocal RECIPROCAL
            ReduceL1 L1_POOL
            ReduceL2 L2_DISTANCE L2_POOL L2_OF_ALL
            ReduceLogSum LOG_SUM_EXP_POOL
            ReduceLogSumExp LOG_SUM_EXP_POOL
            ReduceMax MAX_POOL_GLOBAL LARGEST_OF_ROWS LARGEST_OF_CHANNELS_AND_ROWS MAXOUT
            ReduceMean AVERAGE_POOL_GLOBAL MEAN_OF_COLUMNS DOT_PRODUCT
            ReduceMin MAX_POOL_GLOBAL
            ReduceSum AVERAGE_POOL_GLOBAL DOT_PRODUCT
            ReduceSumSquare SQUARE AVERAGE_POOL_GLOBAL
            Relu RELU
            Reshape FLATTENED REGROUPED MAXOUT POOLED_BY_RESHAPE
            Resize NEAREST_DOUBLED NEAREST_BY_THREE_HALVES LINEAR_DOUBLED LINEAR_TRIPLED LINEAR_BY_THREE_HALVES LINEAR_HALVED LINEAR_CORNERS
            Selu SELU
            Shape
            Shrink SOFT_SHRINK HARD_SHRINK
            Sigmoid SIGMOID
            Size
            Slice SLICED REVERSED
            Softmax SOFTMAX SOFTMAX_OF_SPACE SOFTMAX_OF_COLUMNS SOFTMAX_OF_PAIRS
            Softplus SOFTPLUS
            Softsign SOFTSIGN
            SpaceToDepth SPACE_TO_DEPTH
            Split CHANNELS_SPLIT
            Sqrt SQUARE_ROOT
            Squeeze REGROUPED
            Sub SUBTRACT CONSTANT_PLANE_SUBTRACTED
            Sum MEAN_OF_MANY
            Swish SWISH
            Tanh TANH SCALED_TANH
            ThresholdedRelu THRESHOLD
            Tile COLUMNS_JOINED
            TopK LARGEST_VALUE LARGEST_VALUES LARGEST_INDICES
            Transpose CHANNELS_LAST TURNED CHANNELS_SHUFFLED CHANNELS_LAST_BETWEEN
            Unsqueeze REGROUPED
            Upsample NEAREST_DOUBLED LINEAR_DOUBLED
            """;
}
