package io.millrace.quantizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.ir.SourceRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Section 10 of docs/numbers.md on maps small enough to compute by hand. */
class MovesTest {
    private static final SourceRef WHERE = SourceRef.file("small");

    private static MapType map(int channels, int rows, int columns) {
        return new MapType(channels, List.of(rows, columns), 0.5, 3);
    }

    private static QuantizedGraph graph(QOp op, MapType out, MapType... in) {
        var nodes = new ArrayList<QNode>();
        var operands = new ArrayList<Integer>();
        for (MapType type : in) {
            operands.add(nodes.size());
            nodes.add(new QNode(nodes.size(), "in" + nodes.size(), new QOp.Input(), List.of(), type, WHERE));
        }
        nodes.add(new QNode(in.length, "out", op, operands, out, WHERE));
        return new QuantizedGraph("small", Precision.INT8, nodes, List.of(in.length), List.of("out"));
    }

    private static short[] run(QuantizedGraph graph, int[]... codes) {
        var frame = new ArrayList<short[]>();
        for (int[] one : codes) {
            var narrow = new short[one.length];
            for (int i = 0; i < one.length; i++) {
                narrow[i] = (short) one[i];
            }
            frame.add(narrow);
        }
        return IntegerEvaluator.run(graph, frame).getFirst();
    }

    private static short[] codes(int... values) {
        var codes = new short[values.length];
        for (int i = 0; i < values.length; i++) {
            codes[i] = (short) values[i];
        }
        return codes;
    }

    @Test
    void blocksOfDepthSpreadRowByRow() {
        var op = new QOp.DepthToSpace(2);
        int[] deep = {1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 16, 17, 18};
        short[] wide = codes(1, 2, 3, 4, 11, 12, 13, 14, 5, 6, 7, 8, 15, 16, 17, 18);
        assertArrayEquals(wide, run(graph(op, map(2, 2, 4), map(8, 1, 2)), deep));
    }

    @Test
    void aGatherPadsStretchesAndShuffles() {
        var op = new QOp.Gather(List.of(List.of(-1, 0), List.of(0, -1, 1), List.of(1, 0)), 3);
        assertArrayEquals(
                codes(3, 3, 3, 3, 3, 3, 8, 7, 3, 3, 10, 9),
                run(graph(op, map(2, 2, 3), map(2, 1, 2)), new int[] {7, 8, 9, 10}));
    }

    @Test
    void aGateScalesItsChannel() {
        var requantizer = new Requantizer(0, List.of(1 << 16, 1 << 16), List.of(17, 17), -5, -100, 100);
        var op = new QOp.Mul(3, 3, requantizer, Optional.empty());
        var out = new MapType(2, List.of(1, 2), 0.5, -5);
        QuantizedGraph graph = graph(op, out, map(2, 1, 2), map(2, 1, 1));
        int[] a = {4, 6, 2, 3};
        int[] gates = {6, -4};
        assertArrayEquals(codes(-5 + 2, -5 - 10, -5 - 1, -5), run(graph, a, gates));
        assertEquals(131L * 131, AccumulatorWidth.bound(op, Precision.INT8));
        assertArrayEquals(codes(100, -100), run(graph, new int[] {-128, -128, 3, 3}, new int[] {-128, 127}, 2));
    }

    private static short[] run(QuantizedGraph graph, int[] a, int[] b, int first) {
        return java.util.Arrays.copyOf(run(graph, a, b), first);
    }

    @Test
    void theVerifierNamesWhatDoesNotFit() {
        var op = new QOp.Gather(List.of(List.of(0, 2), List.of(0), List.of(0)), 300);
        List<String> problems = QuantizedGraphVerifier.check(graph(op, map(1, 1, 1), map(1, 2, 1))).stream()
                .map(d -> d.problem())
                .toList();
        assertEquals(
                List.of(
                        "node 1 'out': fill 300 is outside [-128, 127]",
                        "node 1 'out': 2 indices for axis 0 of size 1",
                        "node 1 'out': an index on axis 0 is outside [-1, 1]"),
                problems);
        var mul = new QOp.Mul(3, 0, new Requantizer(0, List.of(1), List.of(1), 3, 0, 9), Optional.empty());
        assertEquals(
                List.of(
                        "node 2 'out': operand 0 is 2 channels of [1, 1], which does not spread over 1 of [1, 1]",
                        "node 2 'out': factor 1 has zero point 0, its operand 3"),
                QuantizedGraphVerifier.check(graph(mul, map(1, 1, 1), map(2, 1, 1), map(1, 1, 1))).stream()
                        .map(d -> d.problem())
                        .toList());
    }
}
