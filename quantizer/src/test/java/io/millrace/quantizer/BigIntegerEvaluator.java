package io.millrace.quantizer;

import io.millrace.ir.Window;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * docs/numbers.md written down a second time, as slowly and plainly as possible: coordinates, BigInteger, one output at a
 * time. Also records the widest partial sum it saw.
 */
final class BigIntegerEvaluator {
    private final QuantizedGraph graph;
    private int accumulatorBitsSeen;

    BigIntegerEvaluator(QuantizedGraph graph) {
        this.graph = graph;
    }

    /** Widest signed partial sum seen so far, in bits. */
    int accumulatorBitsSeen() {
        return accumulatorBitsSeen;
    }

    List<int[]> runAll(List<short[]> frame) {
        var results = new ArrayList<int[]>();
        int input = 0;
        for (QNode node : graph.nodes()) {
            if (node.op() instanceof QOp.Input) {
                short[] codes = frame.get(input++);
                var wide = new int[codes.length];
                for (int i = 0; i < codes.length; i++) {
                    wide[i] = codes[i];
                }
                results.add(wide);
            } else {
                results.add(run(node, node.inputs().stream().map(results::get).toList()));
            }
        }
        return results;
    }

    private int[] run(QNode node, List<int[]> operands) {
        MapType in = graph.node(node.inputs().getFirst()).type();
        int channels = node.type().channels();
        var result = new int[node.type().elements()];
        for (int i = 0; i < result.length; i++) {
            List<Integer> at = coordinates(i / channels, node.type().spatial());
            result[i] = switch (node.op()) {
                case QOp.Add add -> sum(add, operands, i);
                case QOp.ArgMax _ -> largest(operands.getFirst(), i * in.channels(), in.channels());
                case QOp.View _ -> operands.getFirst()[i];
                case QOp.Concat _ -> joined(node, operands, i / channels, i % channels);
                case QOp.Extreme extreme -> extreme(extreme, operands, i);
                case QOp.Mul mul -> product(mul, node, operands, at, i % channels);
                case QOp.Gather(var indices, int fill) ->
                    gathered(indices, fill, in, operands.getFirst(), at, i % channels);
                case QOp.DepthToSpace(int block) -> spread(block, channels, in, operands.getFirst(), at, i % channels);
                default -> value(node, in, operands.getFirst(), at, i % channels);
            };
        }
        return result;
    }

    /** Terms by exact division; the sum goes through the 25 bits that the hardware has before it saturates. */
    private int sum(QOp.Add add, List<int[]> operands, int index) {
        BigInteger sum = BigInteger.ZERO;
        for (int t = 0; t < add.terms().size(); t++) {
            QOp.Add.Term term = add.terms().get(t);
            BigInteger product = BigInteger.valueOf(operands.get(t)[index])
                    .subtract(BigInteger.valueOf(term.zeroPoint()))
                    .multiply(BigInteger.valueOf(term.multiplier()));
            sum = note(sum.add(floorDivide(product.add(BigInteger.TWO.pow(term.shift() - 1)), term.shift())));
        }
        BigInteger narrow = saturate(
                sum, BigInteger.TWO.pow(24).negate(), BigInteger.TWO.pow(24).subtract(BigInteger.ONE));
        BigInteger code = saturate(
                narrow.add(BigInteger.valueOf(add.zeroPoint())),
                BigInteger.valueOf(add.low()),
                BigInteger.valueOf(add.high()));
        return lookUp(add.table(), code.intValueExact());
    }

    private static int extreme(QOp.Extreme extreme, List<int[]> operands, int index) {
        var codes = operands.stream().mapToInt(o -> o[index]).sorted().toArray();
        return lookUp(extreme.table(), extreme.least() ? codes[0] : codes[codes.length - 1]);
    }

    private static int largest(int[] codes, int from, int count) {
        for (int c = 0; c < count; c++) {
            int code = codes[from + c];
            if (java.util.Arrays.stream(codes, from, from + count).allMatch(other -> other <= code)) {
                return c;
            }
        }
        throw new IllegalStateException("no code is the largest");
    }

    private int product(QOp.Mul mul, QNode node, List<int[]> operands, List<Integer> at, int channel) {
        var factors = new ArrayList<BigInteger>();
        for (int o = 0; o < 2; o++) {
            MapType type = graph.node(node.inputs().get(o)).type();
            var from = new ArrayList<Integer>();
            for (int axis = 0; axis < at.size(); axis++) {
                from.add(Math.min(at.get(axis), type.spatial().get(axis) - 1));
            }
            int code = code(type, operands.get(o), from, Math.min(channel, type.channels() - 1));
            factors.add(BigInteger.valueOf((long) code - type.zeroPoint()));
        }
        int d = mul.requantizer().preShift();
        BigInteger sum = factors.getFirst().multiply(factors.getLast());
        sum = note(d == 0 ? sum : sum.add(BigInteger.TWO.pow(d - 1)));
        return lookUp(mul.table(), requantize(mul.requantizer(), sum, channel));
    }

    private static int gathered(
            List<List<Integer>> indices, int fill, MapType in, int[] codes, List<Integer> at, int channel) {
        var from = new ArrayList<Integer>();
        for (int axis = 0; axis < at.size(); axis++) {
            from.add(indices.get(axis).get(at.get(axis)));
        }
        int c = indices.getLast().get(channel);
        return from.contains(-1) || c == -1 ? fill : code(in, codes, from, c);
    }

    private static int spread(int block, int channels, MapType in, int[] codes, List<Integer> at, int channel) {
        int row = at.getFirst();
        int column = at.getLast();
        int c = ((row % block) * block + column % block) * channels + channel;
        return code(in, codes, List.of(row / block, column / block), c);
    }

    private static int code(MapType type, int[] codes, List<Integer> at, int channel) {
        int position = 0;
        for (int axis = 0; axis < at.size(); axis++) {
            position = position * type.spatial().get(axis) + at.get(axis);
        }
        return codes[position * type.channels() + channel];
    }

    private int joined(QNode node, List<int[]> operands, int position, int channel) {
        int rest = channel;
        for (int o = 0; o < operands.size(); o++) {
            int channels = graph.node(node.inputs().get(o)).type().channels();
            if (rest < channels) {
                return operands.get(o)[position * channels + rest];
            }
            rest -= channels;
        }
        throw new IllegalStateException("channel " + channel + " belongs to no operand");
    }

    private int value(QNode node, MapType in, int[] codes, List<Integer> at, int channel) {
        return switch (node.op()) {
            case QOp.Input _,
                    QOp.Add _,
                    QOp.Extreme _,
                    QOp.ArgMax _,
                    QOp.View _,
                    QOp.Concat _,
                    QOp.Mul _,
                    QOp.Gather _ -> throw new IllegalStateException("has no window: " + node.name());
            case QOp.DepthToSpace _ -> throw new IllegalStateException("has no window: " + node.name());
            case QOp.Conv conv -> {
                BigInteger sum = BigInteger.valueOf(conv.bias().get(channel));
                int taps = conv.window().taps();
                int group = channel / (conv.outputChannels() / conv.groups());
                int filter = conv.bands().isPresent() ? channel % (conv.outputChannels() / conv.groups()) : channel;
                int each = conv.bands().isPresent()
                        ? conv.weights().size() / taps / (conv.outputChannels() / conv.groups())
                        : in.channels() / conv.groups();
                int first = conv.bands().map(b -> b.first() + group * b.step()).orElse(group * each);
                for (int t = 0; t < taps; t++) {
                    for (int c = 0; c < each; c++) {
                        if (first + c < 0 || first + c >= in.channels()) {
                            continue;
                        }
                        int code =
                                read(conv.window(), in, codes, at, t, first + c).orElse(in.zeroPoint());
                        int weight = conv.weights().get((filter * taps + t) * each + c);
                        sum = note(sum.add(BigInteger.valueOf(weight).multiply(BigInteger.valueOf(code))));
                    }
                }
                yield lookUp(conv.table(), requantize(conv.requantizer(), sum, channel));
            }
            case QOp.SumPool pool -> {
                BigInteger sum = BigInteger.valueOf(pool.bias().get(channel));
                for (int t = 0; t < pool.window().taps(); t++) {
                    int code = read(pool.window(), in, codes, at, t, channel).orElse(in.zeroPoint());
                    sum = note(sum.add(BigInteger.valueOf(code)));
                }
                yield lookUp(pool.table(), requantize(pool.requantizer(), sum, channel));
            }
            case QOp.MaxPool pool -> {
                int best = graph.precision().low();
                for (int t = 0; t < pool.window().taps(); t++) {
                    best = Math.max(
                            best,
                            read(pool.window(), in, codes, at, t, channel)
                                    .orElse(graph.precision().low()));
                }
                yield lookUp(pool.table(), best);
            }
        };
    }

    private BigInteger note(BigInteger sum) {
        accumulatorBitsSeen = Math.max(accumulatorBitsSeen, sum.bitLength() + 1);
        return sum;
    }

    private static Optional<Integer> read(
            Window window, MapType in, int[] codes, List<Integer> at, int tap, int channel) {
        List<Integer> offset = coordinates(tap, window.kernel());
        int position = 0;
        for (int axis = 0; axis < at.size(); axis++) {
            int i = at.get(axis) * window.stride().get(axis)
                    + offset.get(axis) * window.dilation().get(axis)
                    - window.padBegin().get(axis);
            if (i < 0 || i >= in.spatial().get(axis)) {
                return Optional.empty();
            }
            position = position * in.spatial().get(axis) + i;
        }
        return Optional.of(codes[position * in.channels() + channel]);
    }

    private static List<Integer> coordinates(int index, List<Integer> sizes) {
        var result = new ArrayList<Integer>();
        int rest = index;
        for (int axis = sizes.size() - 1; axis >= 0; axis--) {
            result.addFirst(rest % sizes.get(axis));
            rest /= sizes.get(axis);
        }
        return result;
    }

    private static int requantize(Requantizer r, BigInteger accumulator, int channel) {
        BigInteger a = saturate(
                floorDivide(accumulator, r.preShift()),
                BigInteger.TWO.pow(24).negate(),
                BigInteger.TWO.pow(24).subtract(BigInteger.ONE));
        int s = r.shifts().get(channel);
        BigInteger v = floorDivide(
                a.multiply(BigInteger.valueOf(r.multipliers().get(channel))).add(BigInteger.TWO.pow(s - 1)), s);
        return saturate(
                        v.add(BigInteger.valueOf(r.zeroPoint())),
                        BigInteger.valueOf(r.low()),
                        BigInteger.valueOf(r.high()))
                .intValueExact();
    }

    private static int lookUp(Optional<ActivationTable> table, int code) {
        if (table.isEmpty()) {
            return code;
        }
        return switch (table.get()) {
            case ActivationTable.Codes(var codes) -> codes.get(code + 128);
            case ActivationTable.Segments(var bases, var slopes) -> {
                int segment = Math.floorDiv(code + 32768, 64);
                int within = Math.floorMod(code, 64);
                BigInteger rise = BigInteger.valueOf(slopes.get(segment))
                        .multiply(BigInteger.valueOf(within))
                        .add(BigInteger.valueOf(32));
                yield saturate(
                                floorDivide(rise, 6).add(BigInteger.valueOf(bases.get(segment))),
                                BigInteger.valueOf(-32768),
                                BigInteger.valueOf(32767))
                        .intValueExact();
            }
        };
    }

    /** {@code floor(x / 2^bits)}, by division. */
    private static BigInteger floorDivide(BigInteger x, int bits) {
        BigInteger[] parts = x.divideAndRemainder(BigInteger.TWO.pow(bits));
        return parts[1].signum() < 0 ? parts[0].subtract(BigInteger.ONE) : parts[0];
    }

    private static BigInteger saturate(BigInteger x, BigInteger low, BigInteger high) {
        return x.max(low).min(high);
    }
}
