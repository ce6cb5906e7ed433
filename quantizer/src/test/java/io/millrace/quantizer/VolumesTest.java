package io.millrace.quantizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.BinaryFunction;
import io.millrace.ir.Graph;
import io.millrace.ir.Op;
import io.millrace.ir.Passes;
import io.millrace.ir.Pointwise;
import io.millrace.ir.Shape;
import io.millrace.ir.SourceRef;
import io.millrace.ir.Tensor;
import io.millrace.ir.Window;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Volumes as maps of rows and columns: what is computed on the one is what the definition says of the other. */
class VolumesTest {
    private static final Shape INPUT = Shape.of(1, 2, 5, 6, 4);

    private static Window window(
            List<Integer> kernel, List<Integer> stride, List<Integer> pad, List<Integer> dilation) {
        return new Window(kernel, stride, pad, pad, dilation);
    }

    private static Window window(List<Integer> kernel, List<Integer> stride, List<Integer> pad) {
        return window(kernel, stride, pad, List.of(1, 1, 1));
    }

    /** Padded, strided, dilated, deep only, flat only, whole, and one whose first and last planes read no plane at all. */
    private static final List<Window> WINDOWS = List.of(
            window(List.of(3, 3, 3), List.of(1, 1, 1), List.of(1, 1, 1)),
            window(List.of(2, 3, 2), List.of(2, 1, 2), List.of(0, 1, 0)),
            window(List.of(2, 2, 2), List.of(1, 2, 1), List.of(1, 0, 1), List.of(3, 2, 1)),
            window(List.of(5, 1, 1), List.of(5, 1, 1), List.of(0, 0, 0)),
            window(List.of(3, 1, 1), List.of(1, 1, 1), List.of(1, 0, 0)),
            window(List.of(1, 3, 2), List.of(1, 2, 1), List.of(0, 1, 1)),
            window(List.of(1, 1, 1), List.of(1, 1, 1), List.of(0, 0, 0)),
            window(List.of(5, 6, 4), List.of(1, 1, 1), List.of(0, 0, 0)),
            window(List.of(1, 2, 1), List.of(1, 1, 1), List.of(2, 0, 0)),
            window(List.of(2, 1, 3), List.of(3, 1, 1), List.of(1, 0, 1)));

    private static Quantized quantize(Graph graph, NumberFormat format) {
        return Quantizer.quantize(
                graph, Calibration.of(graph, FloatNets.frames(graph, 20, 1)), QuantizeOptions.of(format));
    }

    private static double leastDb(Quantized quantized) {
        var frames = FloatNets.frames(quantized.reference(), 10, 2);
        return AccuracyReport.measure(quantized, frames, new int[10]).tensors().stream()
                .mapToDouble(TensorAccuracy::sqnrDb)
                .min()
                .orElseThrow();
    }

    @ParameterizedTest
    @EnumSource(
            value = NumberFormat.class,
            names = {"INT8", "INT16_FREE_Q"})
    void convolutionsAndPoolsKeepTheirSignal(NumberFormat format) {
        double least = format == NumberFormat.INT8 ? 22 : 60;
        for (Window w : WINDOWS) {
            Graph conv = new FloatNets(3, INPUT)
                    .conv("conv", 3, w)
                    .activation("relu", new Pointwise.Relu())
                    .build();
            double db = leastDb(quantize(conv, format));
            assertTrue(db > least, "convolution " + w + ": " + db + " dB");
            Graph grouped = new FloatNets(4, INPUT).conv("conv", 4, w, 2).build();
            assertTrue(leastDb(quantize(grouped, format)) > least, "grouped " + w);
            if (w.padBegin().get(0) < w.extent(0)) {
                Graph mean = new FloatNets(5, INPUT)
                        .add("mean", new Op.AveragePool(w, true))
                        .affine("affine", 1.5f, -2)
                        .activation("tanh", new Pointwise.Tanh())
                        .build();
                db = leastDb(quantize(mean, format));
                assertTrue(db > least, "mean " + w + ": " + db + " dB");
                Graph max = new FloatNets(6, INPUT)
                        .add("max", new Op.MaxPool(w))
                        .activation("sigmoid", new Pointwise.Sigmoid())
                        .build();
                db = leastDb(quantize(max, format));
                assertTrue(db > least, "max " + w + ": " + db + " dB");
            }
        }
    }

    /** The folded convolution's codes are those of the same integers over three axes. */
    @ParameterizedTest
    @EnumSource(
            value = NumberFormat.class,
            names = {"INT8", "INT16_FREE_Q"})
    void foldedConvolutionsAreThoseOfThreeAxes(NumberFormat format) {
        for (Window w : WINDOWS) {
            QuantizedGraph folded = quantize(
                            new FloatNets(7, INPUT).conv("conv", 3, w).build(), format)
                    .graph();
            var conv = (QOp.Conv) folded.nodes().stream()
                    .map(QNode::op)
                    .filter(op -> op instanceof QOp.Conv)
                    .findFirst()
                    .orElseThrow();
            MapType in = folded.node(0).type();
            MapType result = folded.node(folded.outputs().getFirst()).type();
            QuantizedGraph deep = ofThreeAxes(w, conv, in, result, folded.precision());
            var random = new SplittableRandom(8);
            var tensor = new float[INPUT.volume()];
            for (int i = 0; i < tensor.length; i++) {
                tensor[i] = (float) random.nextDouble(-2, 2);
            }
            Tensor values = Tensor.wrap(INPUT, tensor);
            Precision p = folded.precision();
            short[] found = IntegerEvaluator.run(folded, List.of(HostCodes.encode(values, in, p)))
                    .getFirst();
            MapType deepIn = deep.node(0).type();
            int[] due = new BigIntegerEvaluator(deep)
                    .runAll(List.of(HostCodes.encode(values, deepIn, p)))
                    .getLast();
            var narrow = new short[due.length];
            for (int i = 0; i < due.length; i++) {
                narrow[i] = (short) due[i];
            }
            MapType deepOut = deep.node(1).type();
            assertArrayEquals(
                    HostCodes.decode(narrow, deepOut).toArray(),
                    HostCodes.decode(found, result).toArray(),
                    "window " + w);
        }
    }

    /** The definition of docs/numbers.md, section 3, with the weights of a folded convolution; its bias without the fold of the zero point. */
    private static QuantizedGraph ofThreeAxes(Window w, QOp.Conv folded, MapType in, MapType out, Precision precision) {
        int channels = in.channels();
        int outputs = out.channels();
        List<Integer> k = w.kernel();
        var weights = new short[outputs * w.taps() * channels];
        var bias = new ArrayList<Long>();
        boolean planes = folded.bands().isPresent();
        for (int m = 0; m < outputs; m++) {
            long sum = 0;
            for (int d = 0; d < k.get(0); d++) {
                for (int r = 0; r < k.get(1); r++) {
                    for (int c = 0; c < k.get(2); c++) {
                        for (int i = 0; i < channels; i++) {
                            int weight = planes
                                    ? folded.weight(
                                            m,
                                            r * k.get(2) + c,
                                            d * w.dilation().get(0) * channels + i)
                                    : folded.weight(m, (r * k.get(2) + c) * k.get(0) + d, i);
                            int tap = (d * k.get(1) + r) * k.get(2) + c;
                            weights[(m * w.taps() + tap) * channels + i] = (short) weight;
                            sum += weight;
                        }
                    }
                }
            }
            // Of any group whose planes all lie inside; where there is none, the own bias is found from what the fold
            // took away.
            bias.add(ownBias(folded, m, in) - in.zeroPoint() * sum);
        }
        var r = folded.requantizer();
        var requantizer = new Requantizer(
                r.preShift(),
                r.multipliers().subList(0, outputs),
                r.shifts().subList(0, outputs),
                r.zeroPoint(),
                r.low(),
                r.high());
        var sizes = new ArrayList<Integer>();
        for (int axis = 0; axis < 3; axis++) {
            sizes.add(w.outputSize(axis, INPUT.dim(axis + 2)));
        }
        var from = new MapType(channels, INPUT.dims().subList(2, 5), in.scale(), in.zeroPoint());
        var to = new MapType(outputs, sizes, out.scale(), out.zeroPoint());
        var conv = new QOp.Conv(w, outputs, new Weights(weights), bias, requantizer, Optional.empty());
        var where = SourceRef.file("deep");
        return new QuantizedGraph(
                "deep",
                precision,
                List.of(
                        new QNode(0, "in", new QOp.Input(), List.of(), from, where),
                        new QNode(1, "conv", conv, List.of(0), to, where)),
                List.of(1),
                List.of("out"));
    }

    private static long ownBias(QOp.Conv folded, int m, MapType in) {
        int planeChannels = folded.bands().isPresent() ? in.depth() * in.channels() : in.channels();
        long sum = 0;
        for (int t = 0; t < folded.window().taps(); t++) {
            for (int c = 0; c < folded.groupChannels(); c++) {
                int channel = folded.firstChannel(m) + c;
                sum += channel >= 0 && channel < planeChannels ? folded.weight(m, t, c) : 0;
            }
        }
        return folded.bias().get(m) + in.zeroPoint() * sum;
    }

    @Test
    void placesOfAVolumesCodes() {
        var type = new MapType(2, List.of(3, 4 * 5), 1, 0, 5);
        var values = new float[type.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = i;
        }
        Tensor tensor = Tensor.wrap(Shape.of(1, 2, 5, 3, 4), values);
        short[] codes = HostCodes.encode(tensor, type, Precision.INT16);
        int c = 1;
        int d = 2;
        int h = 1;
        int w = 3;
        assertEquals(((c * 5 + d) * 3 + h) * 4 + w, codes[((h * 4 + w) * 5 + d) * 2 + c]);
        Tensor back = HostCodes.decode(codes, type);
        assertEquals(tensor.shape(), back.shape());
        assertArrayEquals(values, back.toArray());
    }

    /** Everything else that a volume meets: joins, gates, moves, transposed convolutions, a fully-connected end. */
    @Test
    void wholeNetsOfVolumesKeepTheirSignal() {
        FloatNets net = new FloatNets(9, INPUT);
        int a = net.conv("a", 4, WINDOWS.get(0)).last();
        int b = net.from(0).conv("b", 4, WINDOWS.get(6)).last();
        int sum = net.join("sum", new Op.Binary(BinaryFunction.ADD), a, b).last();
        int max = net.join("max", new Op.Binary(BinaryFunction.MAX), a, b).last();
        int joined = net.join("joined", new Op.Concat(1), sum, max).last();
        int gate = net.add("mean", new Op.AveragePool(Window.of(5, 6, 4), false))
                .activation("gate", new Pointwise.Sigmoid())
                .last();
        net.join("gated", new Op.Binary(BinaryFunction.MUL), joined, gate)
                .transposed(
                        "up",
                        3,
                        new Window(
                                List.of(2, 3, 2),
                                List.of(2, 1, 2),
                                List.of(0, 1, 0),
                                List.of(0, 1, 0),
                                List.of(1, 1, 1)),
                        List.of(0, 0, 0),
                        1)
                .add("crop", new Op.Slice(List.of(0, 0, 1, 0, 2), List.of(1, 1, 2, 1, 1), List.of(1, 3, 4, 6, 5)))
                .add("pool", new Op.MaxPool(window(List.of(2, 2, 2), List.of(2, 2, 2), List.of(0, 0, 0))));
        Graph graph = Passes.canonicalise(net.conv("fc", 7, Window.of(2, 3, 2)).build());
        assertTrue(leastDb(quantize(graph, NumberFormat.INT8)) > 18);
        assertTrue(leastDb(quantize(graph, NumberFormat.INT16_FREE_Q)) > 55);
    }
}
