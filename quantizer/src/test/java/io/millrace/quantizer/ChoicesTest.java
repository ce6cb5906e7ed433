package io.millrace.quantizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.BinaryFunction;
import io.millrace.ir.CompileException;
import io.millrace.ir.FloatEvaluator;
import io.millrace.ir.Graph;
import io.millrace.ir.GraphBuilder;
import io.millrace.ir.Op;
import io.millrace.ir.PadMode;
import io.millrace.ir.Passes;
import io.millrace.ir.Pointwise;
import io.millrace.ir.PointwiseFunctions;
import io.millrace.ir.Shape;
import io.millrace.ir.SourceRef;
import io.millrace.ir.Tensor;
import io.millrace.ir.Window;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

/** Operations that choose among values, and numbers that name what is chosen: exact on what the codes of their operand stand for. */
class ChoicesTest {
    private static final SourceRef SOURCE = SourceRef.file("choices");
    private static final List<Shape> SHAPES = List.of(
            Shape.of(1, 4, 1, 1), Shape.of(1, 7, 5, 3), Shape.of(1, 2, 4, 6), Shape.of(1, 3, 9), Shape.of(1, 13, 2, 2));
    private static final List<NumberFormat> FORMATS = List.of(NumberFormat.INT8, NumberFormat.INT16_FREE_Q);

    @Test
    void theLargestChannels() {
        for (Shape shape : SHAPES) {
            for (int k = 1; k <= shape.dim(1); k += 2) {
                exact(graph(shape, new Op.TopK(k, false)), 255);
                exact(graph(shape, new Op.TopK(k, true)), 255);
            }
        }
    }

    /** Of few different values, most are equal: the lowest index comes first, and none comes twice. */
    @Test
    void equalChannels() {
        for (Shape shape : SHAPES) {
            exact(graph(shape, new Op.TopK(Math.min(4, shape.dim(1)), true)), 2);
            exact(graph(shape, new Op.TopK(shape.dim(1), false)), 2);
        }
    }

    @Test
    void valuesAndIndicesShareTheirSearch() {
        var b = new GraphBuilder();
        int x = b.input("x", Shape.of(1, 5, 3, 2), SOURCE);
        int values = b.add("values", new Op.TopK(3, false), SOURCE, x);
        int indices = b.add("indices", new Op.TopK(3, true), SOURCE, x);
        Graph graph = b.build("both", List.of(values, indices), List.of("values", "indices"));
        exact(graph, 255);
        long searches = quantized(graph, NumberFormat.INT8, 255).nodes().stream()
                .filter(n -> n.op() instanceof QOp.ArgMax)
                .count();
        assertEquals(3, searches);
    }

    @Test
    void placesOfMaxima() {
        for (Shape shape : SHAPES) {
            int rank = shape.rank() - 2;
            var kernel = shape.dims().subList(2, 2 + rank).stream()
                    .map(n -> Math.min(2, n))
                    .toList();
            var one = kernel.stream().map(_ -> 1).toList();
            var none = kernel.stream().map(_ -> 0).toList();
            for (boolean columnMajor : new boolean[] {false, true}) {
                for (List<Integer> stride : List.of(one, kernel)) {
                    var window = new Window(kernel, stride, none, none, one);
                    exact(graph(shape, new Op.MaxPoolIndices(window, columnMajor)), 255);
                    exact(graph(shape, new Op.MaxPoolIndices(window, columnMajor)), 1);
                }
            }
        }
    }

    /** What lies outside is never the largest, even beside the lowest code. */
    @Test
    void placesOfMaximaInPaddedWindows() {
        for (Shape shape : SHAPES) {
            int rank = shape.rank() - 2;
            var three = Collections.nCopies(rank, 3);
            var one = Collections.nCopies(rank, 1);
            for (int stride : new int[] {1, 2, 3}) {
                var window = new Window(three, Collections.nCopies(rank, stride), one, one, one);
                exact(graph(shape, new Op.MaxPoolIndices(window, false)), 255);
                exact(graph(shape, new Op.MaxPoolIndices(window, true)), 1);
            }
        }
    }

    @Test
    void unpoolingOfPaddedAndOverlappingWindows() {
        for (int[] form : new int[][] {
            {3, 2, 1, 1, 1},
            {3, 1, 1, 1, 1},
            {2, 1, 0, 0, 1},
            {4, 2, 1, 1, 1},
            {2, 2, 1, 1, 1},
            {3, 2, 0, 0, 2},
            {2, 3, 0, 1, 1}
        }) {
            var window = new Window(
                    List.of(form[0], form[0]),
                    List.of(form[1], form[1]),
                    List.of(form[2], form[2]),
                    List.of(form[3], form[3]),
                    List.of(form[4], form[4]));
            int rows = 2 * form[1] + window.extent(0) - form[2] - form[3];
            int columns = form[1] + window.extent(1) - form[2] - form[3];
            unpooling(Shape.of(1, 2, rows, columns), window, List.of(rows, columns));
            unpooling(Shape.of(1, 1, rows, columns), window, List.of(rows + 1, columns + 2));
        }
        var line = new Window(List.of(3), List.of(2), List.of(1), List.of(1), List.of(1));
        unpooling(Shape.of(1, 3, 7), line, List.of(8));
    }

    @Test
    void unpooling() {
        for (var kernel : List.of(List.of(2, 2), List.of(3, 3), List.of(2, 3), List.of(3, 1), List.of(1, 4))) {
            Shape shape = Shape.of(1, 3, 3 * kernel.get(0), 2 * kernel.get(1));
            unpooling(shape, kernel, List.of(shape.dim(2), shape.dim(3)));
            unpooling(shape, kernel, List.of(shape.dim(2) + 1, shape.dim(3) + 2));
        }
        unpooling(Shape.of(1, 4, 12), List.of(3), List.of(12));
        unpooling(Shape.of(1, 4, 12), List.of(4), List.of(15));
    }

    private static void unpooling(Shape shape, List<Integer> kernel, List<Integer> size) {
        var none = kernel.stream().map(_ -> 0).toList();
        var one = kernel.stream().map(_ -> 1).toList();
        unpooling(shape, new Window(kernel, kernel, none, none, one), size);
    }

    private static void unpooling(Shape shape, Window window, List<Integer> size) {
        var b = new GraphBuilder();
        int x = b.input("x", shape, SOURCE);
        int values = b.add("values", new Op.MaxPool(window), SOURCE, x);
        int places = b.add("places", new Op.MaxPoolIndices(window, false), SOURCE, x);
        int y = b.add("y", new Op.MaxUnpool(window, size), SOURCE, values, places);
        exact(b.build("unpooled", List.of(y), List.of("y")), 255);
    }

    @Test
    void hardmax() {
        for (Shape shape : SHAPES) {
            var b = new GraphBuilder();
            int x = b.input("x", shape, SOURCE);
            int largest = b.add("largest", new Op.TopK(1, true), SOURCE, x);
            int hot = b.add("hot", new Op.OneHot(shape.dim(1)), SOURCE, largest);
            exact(b.build("hardmax", List.of(hot), List.of("hot")), 255);
        }
    }

    /** Numbers come from the host as codes that are these numbers; a unit table gives one-hot vectors, any other its rows. */
    @Test
    void lookups() {
        for (var format : FORMATS) {
            for (int rows : format == NumberFormat.INT8 ? new int[] {1, 10, 128, 200, 256} : new int[] {3, 600}) {
                var b = new GraphBuilder();
                int x = b.input("x", Shape.of(1, 6), SOURCE);
                int found = b.add("found", new Op.Lookup(table(rows, 3)), SOURCE, x);
                int turned = b.add("turned", new Op.Transpose(List.of(0, 2, 1)), SOURCE, found);
                Graph graph = b.build("lookup", List.of(turned), List.of("found"));
                numbers(graph, format, rows);
            }
        }
    }

    private static void numbers(Graph graph, NumberFormat format, int rows) {
        Graph prepared = Passes.prepare(graph);
        var random = new SplittableRandom(rows);
        var frames = new ArrayList<List<Tensor>>();
        for (int f = 0; f < 200; f++) {
            var values = new float[6];
            for (int i = 0; i < values.length; i++) {
                values[i] = random.nextInt(rows);
            }
            frames.add(List.of(Tensor.wrap(Shape.of(1, 6), values)
                    .reshape(prepared.inputs().getFirst().shape())));
        }
        var quantized = Quantizer.quantize(prepared, Calibration.of(prepared, frames), QuantizeOptions.of(format))
                .graph();
        assertEquals(1, quantized.node(0).type().scale());
        double step = quantized.node(quantized.outputs().getFirst()).type().scale();
        for (List<Tensor> frame : frames) {
            float[] due = FloatEvaluator.run(prepared, frame).getFirst().toArray();
            float[] found = evaluated(quantized, frame);
            for (int i = 0; i < due.length; i++) {
                double most = 1.01 * step + (format == NumberFormat.INT8 ? 2.0 / 127 : 1e-3);
                assertTrue(Math.abs(due[i] - found[i]) <= most, rows + " rows: " + due[i] + ", " + found[i]);
            }
        }
    }

    /** An input that names rows has codes that are these numbers, whatever else is done with it. */
    @Test
    void numbersThatAreReadOtherwiseAsWellStayNumbers() {
        for (var format : FORMATS) {
            var b = new GraphBuilder();
            int x = b.input("x", Shape.of(1, 6), SOURCE);
            int found = b.add("found", new Op.Lookup(table(100, 3)), SOURCE, x);
            int turned = b.add("turned", new Op.Transpose(List.of(0, 2, 1)), SOURCE, found);
            int half = b.add("half", new Op.Activation(new Pointwise.Affine(0.5f, 0.25f)), SOURCE, x);
            Graph graph = b.build("lookup", List.of(turned, half, x), List.of("found", "half", "numbers"));
            numbers(graph, format, 100);
        }
    }

    /** Numbers below 0 count from the end, as ONNX's OneHot has it. */
    @Test
    void numbersFromTheEnd() {
        for (var format : FORMATS) {
            for (int depth : new int[] {3, 10, 100}) {
                Graph graph = fromTheEnd(depth);
                var frames = new ArrayList<List<Tensor>>();
                for (int first = -depth; first < depth; first++) {
                    frames.add(List.of(Tensor.of(Shape.of(1, 1, 1, 2), first, Math.min(first + 1, depth - 1))));
                }
                var quantized = Quantizer.quantize(graph, Calibration.of(graph, frames), QuantizeOptions.of(format))
                        .graph();
                assertEquals(1, quantized.node(0).type().scale());
                for (List<Tensor> frame : frames) {
                    float[] due = FloatEvaluator.run(graph, frame).getFirst().toArray();
                    assertArrayEquals(due, evaluated(quantized, frame), 0.01f, () -> format + " " + depth + frame);
                }
            }
        }
    }

    private static Graph fromTheEnd(int depth) {
        var below = new Pointwise.Affine(-1, 0).then(new Pointwise.Clip(0, 1)).then(new Pointwise.Affine(depth, 0));
        var b = new GraphBuilder();
        int x = b.input("x", Shape.of(1, 1, 1, 2), SOURCE);
        var function = new Pointwise.Combine(BinaryFunction.ADD, PointwiseFunctions.IDENTITY, below);
        int number = b.add("number", new Op.Activation(function), SOURCE, x);
        int hot = b.add("hot", new Op.OneHot(depth), SOURCE, number);
        return Passes.prepare(b.build("from the end", List.of(hot), List.of("hot")));
    }

    @Test
    void numbersFromTheEndThatCodesDoNotCountAreRefused() {
        refused(fromTheEnd(200), NumberFormat.INT8, "numbers from -200 to 199");
    }

    /** Computed numbers whose codes lie further apart than the numbers. */
    @Test
    void numbersOnACoarseGridAreRefused() {
        var b = new GraphBuilder();
        int x = b.input("x", Shape.of(1, 1, 1, 2), SOURCE);
        int number = b.add("number", new Op.Activation(new Pointwise.Affine(900.5f, 0)), SOURCE, x);
        int hot = b.add("hot", new Op.OneHot(200), SOURCE, number);
        refused(
                b.build("coarse", List.of(hot), List.of("hot")),
                NumberFormat.INT8,
                "200 channels apart by computed numbers");
    }

    private static void refused(Graph graph, NumberFormat format, String reason) {
        var frames = List.of(List.of(Tensor.of(graph.inputs().getFirst().shape(), 0, 1)));
        var refusal = Assertions.assertThrows(
                CompileException.class,
                () -> Quantizer.quantize(graph, Calibration.of(graph, frames), QuantizeOptions.of(format)));
        assertTrue(refusal.diagnostics().toString().contains(reason), refusal::toString);
        assertTrue(refusal.diagnostics().toString().contains("quantize to int16"), refusal::toString);
    }

    /** Between elements below all others, whose number no code could have. */
    @Test
    void theLargestBetweenLowestElements() {
        var b = new GraphBuilder();
        int x = b.input("x", Shape.of(1, 3, 5, 4), SOURCE);
        var pad = new Op.Pad(PadMode.CONSTANT, -Float.MAX_VALUE, List.of(0, 0, 1, 2), List.of(0, 0, 1, 0));
        int wide = b.add("wide", pad, SOURCE, x);
        int pool = b.add("pool", new Op.MaxPool(Window.of(2, 3)), SOURCE, wide);
        exact(b.build("padded", List.of(pool), List.of("pool")), 255);
        var c = new GraphBuilder();
        int y = c.input("y", Shape.of(1, 3, 5, 4), SOURCE);
        int seen = c.add("relu", new Op.Activation(new Pointwise.Abs()), SOURCE, c.add("wide", pad, SOURCE, y));
        var graph = c.build("seen", List.of(seen), List.of("seen"));
        var refusal = Assertions.assertThrows(CompileException.class, () -> quantized(graph, NumberFormat.INT8, 255));
        assertTrue(refusal.diagnostics().toString().contains("more than the largest value"), refusal::toString);
    }

    @Test
    void moreRowsThanCodesAreRefused() {
        var b = new GraphBuilder();
        int x = b.input("x", Shape.of(1, 2), SOURCE);
        int found = b.add("found", new Op.Lookup(table(300, 2)), SOURCE, x);
        Graph graph = Passes.prepare(b.build("lookup", List.of(found), List.of("found")));
        var frames = List.of(List.of(Tensor.zeros(graph.inputs().getFirst().shape())));
        var refusal = Assertions.assertThrows(
                CompileException.class,
                () -> Quantizer.quantize(graph, Calibration.of(graph, frames), QuantizeOptions.of(NumberFormat.INT8)));
        assertTrue(refusal.diagnostics().toString().contains("300 rows"), refusal::toString);
        assertTrue(refusal.diagnostics().toString().contains("int16"), refusal::toString);
    }

    @Test
    void placesBeyondTheCodesAreRefused() {
        Graph graph = Passes.prepare(graph(
                Shape.of(1, 3, 8, 8),
                new Op.MaxPoolIndices(
                        new Window(List.of(2, 2), List.of(2, 2), List.of(0, 0), List.of(0, 0), List.of(1, 1)), false)));
        var frames = List.of(List.of(Tensor.zeros(Shape.of(1, 3, 8, 8))));
        var refusal = Assertions.assertThrows(
                CompileException.class,
                () -> Quantizer.quantize(graph, Calibration.of(graph, frames), QuantizeOptions.of(NumberFormat.INT8)));
        assertTrue(refusal.diagnostics().toString().contains("192 elements"), refusal::toString);
    }

    private static Tensor table(int rows, int width) {
        var values = new float[rows * width];
        for (int i = 0; i < values.length; i++) {
            values[i] = (i * 37 % 101 - 50) / 50f;
        }
        return Tensor.wrap(Shape.of(rows, width), values);
    }

    private static Graph graph(Shape shape, Op op) {
        var b = new GraphBuilder();
        int x = b.input("x", shape, SOURCE);
        return b.build("choice", List.of(b.add("y", op, SOURCE, x)), List.of("y"));
    }

    private static List<List<Tensor>> frames(Graph graph, int levels) {
        var random = new SplittableRandom(levels);
        var frames = new ArrayList<List<Tensor>>();
        Shape shape = graph.inputs().getFirst().shape();
        for (int f = 0; f < 12; f++) {
            var values = new float[shape.volume()];
            for (int i = 0; i < values.length; i++) {
                // Above the lowest code, which the second largest and later ones do not tell from the next
                values[i] = (1 + random.nextInt(levels)) / 255f;
            }
            frames.add(List.of(Tensor.wrap(shape, values)));
        }
        return frames;
    }

    private static QuantizedGraph quantized(Graph graph, NumberFormat format, int levels) {
        Graph prepared = Passes.prepare(graph);
        var options = QuantizeOptions.of(format).withInput(Optional.of(InputSpec.UNIT));
        return Quantizer.quantize(prepared, Calibration.of(prepared, frames(graph, levels)), options)
                .graph();
    }

    /** The codes of an int8 input stand for multiples of 1/255 exactly; an int16 one rounds, saturates at 1 and keeps their order. */
    private static void exact(Graph graph, int levels) {
        for (var format : FORMATS) {
            var quantized = quantized(graph, format, levels);
            for (List<Tensor> frame : frames(graph, levels)) {
                for (int o = 0; o < graph.outputs().size(); o++) {
                    float[] due = FloatEvaluator.run(graph, frame).get(o).toArray();
                    float[] found = evaluated(quantized, frame, o);
                    double step =
                            quantized.node(quantized.outputs().get(o)).type().scale();
                    boolean whole = step == 1;
                    assertArrayEquals(due, found, (float) (whole ? 0 : 2.01 * step), () -> format + " " + graph);
                }
            }
        }
    }

    private static float[] evaluated(QuantizedGraph graph, List<Tensor> frame) {
        return evaluated(graph, frame, 0);
    }

    private static float[] evaluated(QuantizedGraph graph, List<Tensor> frame, int output) {
        short[] codes = HostCodes.encode(frame.getFirst(), graph.node(0).type(), graph.precision());
        var type = graph.node(graph.outputs().get(output)).type();
        return HostCodes.decode(IntegerEvaluator.run(graph, List.of(codes)).get(output), type)
                .toArray();
    }
}
