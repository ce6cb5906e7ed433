package io.millrace.quantizer.internal;

import io.millrace.quantizer.AccumulatorWidth;
import io.millrace.quantizer.MapType;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizedGraph;
import java.util.List;
import java.util.stream.IntStream;

/** The integer evaluator's kernels. */
public final class IntegerKernels {
    private IntegerKernels() {}

    /** The kernel of one node; that of an input hands its operand on. */
    public static NodeKernel of(QuantizedGraph graph, QNode node) {
        return switch (node.op()) {
            case QOp.Input _, QOp.View _ -> operands -> operands.getFirst();
            case QOp.Conv conv -> conv(graph, node, conv);
            case QOp.MaxPool pool -> maxPool(graph.precision(), operandType(graph, node), pool);
            case QOp.SumPool pool -> sumPool(operandType(graph, node), pool);
            case QOp.Add add -> add(add);
            case QOp.Extreme extreme -> extreme(extreme);
            case QOp.ArgMax _ -> argMax(operandType(graph, node).channels());
            case QOp.Mul mul ->
                MoveKernels.mul(mul, operandType(graph, node, 0), operandType(graph, node, 1), node.type());
            case QOp.Gather gather -> MoveKernels.gather(gather, operandType(graph, node));
            case QOp.DepthToSpace(int block) -> MoveKernels.depthToSpace(block, operandType(graph, node));
            case QOp.Concat _ ->
                concat(node.inputs().stream()
                        .map(i -> graph.node(i).type().channels())
                        .toList());
        };
    }

    private static MapType operandType(QuantizedGraph graph, QNode node) {
        return operandType(graph, node, 0);
    }

    private static MapType operandType(QuantizedGraph graph, QNode node, int operand) {
        return graph.node(node.inputs().get(operand)).type();
    }

    /** Gathers each output position's patch once a group, then takes its dot product with the group's output channels. */
    private static NodeKernel conv(QuantizedGraph graph, QNode node, QOp.Conv conv) {
        MapType in = operandType(graph, node);
        int[] positions = Taps.positions(conv.window(), in.spatial());
        int taps = conv.window().taps();
        int groups = conv.groups();
        int groupChannels = conv.groupChannels();
        int depth = taps * groupChannels;
        int outputs = positions.length / taps;
        int channels = conv.outputChannels();
        int groupOutputs = conv.groupOutputs();
        int filters = conv.filters();
        short[] narrow = conv.weights().toArray();
        var weights = new int[narrow.length];
        for (int i = 0; i < narrow.length; i++) {
            weights[i] = narrow[i];
        }
        long[] bias = conv.bias().stream().mapToLong(Long::longValue).toArray();
        boolean fitsInt = AccumulatorWidth.bits(node, graph) <= 32;
        var finish = new Finish(conv.requantizer(), conv.table());
        int[] firsts = IntStream.range(0, groups)
                .map(g -> conv.firstChannel(g * groupOutputs))
                .toArray();
        return operands -> {
            short[] codes = operands.getFirst();
            var result = new short[outputs * channels];
            var patch = new int[depth];
            for (int p = 0; p < outputs; p++) {
                for (int g = 0; g < groups; g++) {
                    gather(codes, positions, p * taps, in, firsts[g], groupChannels, patch);
                    for (int m = g * groupOutputs; m < (g + 1) * groupOutputs; m++) {
                        int from = m % filters * depth;
                        long sum = fitsInt ? dotInt(patch, weights, from) : dotLong(patch, weights, from);
                        result[p * channels + m] = finish.apply(bias[m] + sum, m);
                    }
                }
            }
            return result;
        };
    }

    /** The codes of {@code count} channels from {@code channel} on, tap by tap; 0, which counts nothing, for those outside the map. */
    private static void gather(
            short[] codes, int[] positions, int first, MapType in, int channel, int count, int[] patch) {
        int position = first;
        for (int to = 0; to < patch.length; to += count) {
            int at = positions[position++];
            for (int c = 0; c < count; c++) {
                boolean inside = channel + c >= 0 && channel + c < in.channels();
                int code = at == Taps.PADDED || !inside ? in.zeroPoint() : codes[at * in.channels() + channel + c];
                patch[to + c] = inside ? code : 0;
            }
        }
    }

    private static int dotInt(int[] patch, int[] weights, int from) {
        int sum = 0;
        for (int i = 0; i < patch.length; i++) {
            sum += patch[i] * weights[from + i];
        }
        return sum;
    }

    private static long dotLong(int[] patch, int[] weights, int from) {
        long sum = 0;
        for (int i = 0; i < patch.length; i++) {
            sum += (long) patch[i] * weights[from + i];
        }
        return sum;
    }

    private static NodeKernel maxPool(Precision precision, MapType in, QOp.MaxPool pool) {
        int[] positions = Taps.positions(pool.window(), in.spatial());
        int taps = pool.window().taps();
        int channels = in.channels();
        return operands -> {
            short[] codes = operands.getFirst();
            var result = new short[positions.length / taps * channels];
            for (int i = 0; i < result.length; i++) {
                int first = i / channels * taps;
                int best = precision.low();
                for (int t = first; t < first + taps; t++) {
                    if (positions[t] != Taps.PADDED) {
                        best = Math.max(best, codes[positions[t] * channels + i % channels]);
                    }
                }
                result[i] = (short) Finish.lookUp(pool.table(), best);
            }
            return result;
        };
    }

    private static NodeKernel sumPool(MapType in, QOp.SumPool pool) {
        int[] positions = Taps.positions(pool.window(), in.spatial());
        int taps = pool.window().taps();
        int channels = in.channels();
        long[] bias = pool.bias().stream().mapToLong(Long::longValue).toArray();
        var finish = new Finish(pool.requantizer(), pool.table());
        return operands -> {
            short[] codes = operands.getFirst();
            var result = new short[positions.length / taps * channels];
            for (int i = 0; i < result.length; i++) {
                int first = i / channels * taps;
                int c = i % channels;
                long sum = bias[c];
                for (int t = first; t < first + taps; t++) {
                    sum += positions[t] == Taps.PADDED ? in.zeroPoint() : codes[positions[t] * channels + c];
                }
                result[i] = finish.apply(sum, c);
            }
            return result;
        };
    }

    private static NodeKernel add(QOp.Add add) {
        QOp.Add.Term[] terms = add.terms().toArray(QOp.Add.Term[]::new);
        return operands -> {
            var result = new short[operands.getFirst().length];
            for (int i = 0; i < result.length; i++) {
                long sum = add.zeroPoint();
                for (int t = 0; t < terms.length; t++) {
                    sum += terms[t].of(operands.get(t)[i]);
                }
                int code = (int) Math.clamp(sum, (long) add.low(), (long) add.high());
                result[i] = (short) Finish.lookUp(add.table(), code);
            }
            return result;
        };
    }

    private static NodeKernel extreme(QOp.Extreme extreme) {
        return operands -> {
            var result = new short[operands.getFirst().length];
            for (int i = 0; i < result.length; i++) {
                int best = operands.getFirst()[i];
                for (short[] codes : operands) {
                    best = extreme.least() ? Math.min(best, codes[i]) : Math.max(best, codes[i]);
                }
                result[i] = (short) Finish.lookUp(extreme.table(), best);
            }
            return result;
        };
    }

    private static NodeKernel argMax(int channels) {
        return operands -> {
            short[] codes = operands.getFirst();
            var result = new short[codes.length / channels];
            for (int p = 0; p < result.length; p++) {
                int best = 0;
                for (int c = 1; c < channels; c++) {
                    best = codes[p * channels + c] > codes[p * channels + best] ? c : best;
                }
                result[p] = (short) best;
            }
            return result;
        };
    }

    private static NodeKernel concat(List<Integer> channels) {
        int all = channels.stream().mapToInt(Integer::intValue).sum();
        return operands -> {
            int positions = operands.getFirst().length / channels.getFirst();
            var result = new short[positions * all];
            int offset = 0;
            for (int o = 0; o < channels.size(); o++) {
                int count = channels.get(o);
                for (int p = 0; p < positions; p++) {
                    System.arraycopy(operands.get(o), p * count, result, p * all + offset, count);
                }
                offset += count;
            }
            return result;
        };
    }
}
