package io.millrace.quantizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.FloatEvaluator;
import io.millrace.ir.Graph;
import io.millrace.ir.GraphBuilder;
import io.millrace.ir.Op;
import io.millrace.ir.Passes;
import io.millrace.ir.Shape;
import io.millrace.ir.SourceRef;
import io.millrace.ir.Tensor;
import io.millrace.ir.Window;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Transposes and reshapes on integers: every code arrives at its place, and those that only name places cost nothing. */
class TransposesTest {
    private static final SourceRef SOURCE = SourceRef.file("transposes");
    private static final List<List<Integer>> ORDERS = List.of(
            List.of(0, 1, 3, 2), List.of(0, 2, 1, 3), List.of(0, 2, 3, 1), List.of(0, 3, 1, 2), List.of(0, 3, 2, 1));

    /** Maps beyond what tables for each row would hold: their rows are folded into one first. */
    @Test
    void everyOrderOfLargeMaps() {
        for (Shape shape : List.of(Shape.of(1, 4, 32, 64), Shape.of(1, 24, 13, 17), Shape.of(1, 3, 40, 30))) {
            for (var order : ORDERS) {
                var b = new GraphBuilder();
                int x = b.input("x", shape, SOURCE);
                int turned = b.add("turned", new Op.Transpose(order), SOURCE, x);
                // What a pool reads has to be a map of these rows and columns.
                int pooled = b.add("pooled", new Op.MaxPool(Window.of(2, 2)), SOURCE, turned);
                exact(b.build("order", List.of(turned, pooled), List.of("turned", "pooled")));
            }
        }
    }

    @Test
    void elementsInAnyOrder() {
        Shape shape = Shape.of(1, 6, 12, 20);
        for (int step : new int[] {7, 11, 719}) {
            var sources = IntStream.range(0, shape.volume())
                    .map(i -> (int) ((long) i * step % shape.volume()))
                    .boxed()
                    .toList();
            for (Shape to : List.of(shape, Shape.of(1, 20, 6, 12), Shape.of(1, 1440), Shape.of(1, 5, 288))) {
                var b = new GraphBuilder();
                int x = b.input("x", shape, SOURCE);
                int moved = b.add("moved", new Op.Rearrange(to, sources), SOURCE, x);
                exact(b.build("moved", List.of(moved), List.of("moved")));
            }
        }
    }

    /** Channels last at the input, at the output and before a dense layer are the order of codes, or of weights. */
    @Test
    void whatExportersWriteMovesNothing() {
        var b = new GraphBuilder();
        int x = b.input("x", Shape.of(1, 48, 64, 3), SOURCE);
        int first = b.add("first", new Op.Transpose(List.of(0, 3, 1, 2)), SOURCE, x);
        int conv = b.add(
                "conv", new Op.Conv(weights(6, 3, 3, 3), Tensor.zeros(Shape.of(6)), Window.of(3, 3), 1), SOURCE, first);
        int last = b.add("last", new Op.Transpose(List.of(0, 2, 3, 1)), SOURCE, conv);
        int flat = b.reshape("flat", last, Shape.of(1, 46 * 62 * 6), SOURCE);
        int dense = b.add("dense", new Op.Dense(weights(4, 46 * 62 * 6), Tensor.zeros(Shape.of(4))), SOURCE, flat);
        Graph graph = b.build("exported", List.of(last, dense), List.of("last", "dense"));
        Graph prepared = Passes.prepare(graph);
        var quantized = quantized(prepared);
        assertTrue(
                quantized.nodes().stream()
                        .allMatch(n -> n.op() instanceof QOp.Input
                                || n.op() instanceof QOp.View
                                || n.op() instanceof QOp.Conv),
                quantized::toString);
        assertEquals(
                2,
                quantized.nodes().stream()
                        .filter(n -> n.op() instanceof QOp.Conv)
                        .count());
        for (List<Tensor> frame : FloatNets.frames(prepared, 2, 5)) {
            var given = List.of(frame.getFirst().reshape(Shape.of(1, 48, 64, 3)));
            var due = FloatEvaluator.run(graph, given);
            for (int o = 0; o < 2; o++) {
                float[] wanted = due.get(o).toArray();
                float largest = 0;
                for (float value : wanted) {
                    largest = Math.max(largest, Math.abs(value));
                }
                assertArrayEquals(wanted, evaluated(quantized, frame, o), largest / 15);
            }
        }
    }

    private static Tensor weights(int... dims) {
        Shape shape = Shape.of(dims);
        var values = new float[shape.volume()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (i * 37 % 101 - 30) / 500f;
        }
        return Tensor.wrap(shape, values);
    }

    private static QuantizedGraph quantized(Graph prepared) {
        return Quantizer.quantize(
                        prepared,
                        Calibration.of(prepared, FloatNets.frames(prepared, 4, 1)),
                        QuantizeOptions.of(NumberFormat.INT8).withInput(Optional.of(InputSpec.UNIT)))
                .graph();
    }

    /** The codes of an int8 input stand for multiples of 1/255 exactly. */
    private static void exact(Graph graph) {
        Graph prepared = Passes.prepare(graph);
        var quantized = quantized(prepared);
        for (List<Tensor> frame : FloatNets.frames(prepared, 2, 3)) {
            var given =
                    List.of(frame.getFirst().reshape(graph.inputs().getFirst().shape()));
            var due = FloatEvaluator.run(graph, given);
            for (int o = 0; o < due.size(); o++) {
                assertArrayEquals(due.get(o).toArray(), evaluated(quantized, frame, o), 1e-5f, graph::toString);
            }
        }
    }

    private static float[] evaluated(QuantizedGraph graph, List<Tensor> frame, int output) {
        short[] codes = HostCodes.encode(frame.getFirst(), graph.node(0).type(), graph.precision());
        var type = graph.node(graph.outputs().get(output)).type();
        return HostCodes.decode(IntegerEvaluator.run(graph, List.of(codes)).get(output), type)
                .toArray();
    }
}
