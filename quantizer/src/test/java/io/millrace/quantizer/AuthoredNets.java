package io.millrace.quantizer;

import io.millrace.ir.Graph;
import io.millrace.ir.GraphBuilder;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.Pointwise;
import io.millrace.ir.Tensor;
import java.util.List;
import java.util.SplittableRandom;

/** Float nets quantized by an author of another mind: int8 and uint8, any scale and zero point, one rounding a tensor. */
final class AuthoredNets {
    private final SplittableRandom random;
    private final Graph graph;
    private final Calibration calibration;
    private final GraphBuilder builder = new GraphBuilder();
    private final int[] ids;

    private AuthoredNets(Graph graph, List<List<Tensor>> frames, long seed) {
        this.random = new SplittableRandom(seed);
        this.graph = graph;
        this.calibration = Calibration.of(graph, frames);
        this.ids = new int[graph.nodes().size()];
    }

    /** The graph with weights of int8 a channel or a tensor, and a rounding behind all that does not keep its operand's codes. */
    static Graph of(Graph graph, List<List<Tensor>> frames, long seed) {
        var nets = new AuthoredNets(graph, frames, seed);
        graph.nodes().forEach(nets::copy);
        List<Integer> outputs = graph.outputs().stream().map(o -> nets.ids[o]).toList();
        return nets.builder.build(graph.name(), outputs, graph.outputNames());
    }

    private void copy(Node n) {
        List<Integer> inputs = n.inputs().stream().map(i -> ids[i]).toList();
        int id = switch (n.op()) {
            case Op.Input _ -> builder.input(n.name(), n.shape(), n.source());
            case Op.Conv conv -> builder.add(n.name(), rounded(conv), n.source(), inputs);
            case Op.ConvTranspose conv -> builder.add(n.name(), rounded(conv), n.source(), inputs);
            default -> builder.add(n.name(), n.op(), n.source(), inputs);
        };
        ids[n.id()] = isRounded(n) ? builder.add(n.name() + "_dq", roundingOf(n), n.source(), id) : id;
    }

    /** Not what the one activation behind saturates, and not every max pool. */
    private boolean isRounded(Node n) {
        List<Node> readers =
                graph.nodes().stream().filter(r -> r.inputs().contains(n.id())).toList();
        boolean saturated = readers.size() == 1
                && !graph.outputs().contains(n.id())
                && readers.getFirst().op() instanceof Op.Activation(Pointwise function)
                && (function instanceof Pointwise.Relu || function instanceof Pointwise.Clip)
                && (n.op() instanceof Op.Conv || n.op() instanceof Op.Binary || n.op() instanceof Op.AveragePool);
        boolean keeps = n.op() instanceof Op.MaxPool && random.nextBoolean();
        return !saturated && !keeps;
    }

    private Op.FakeQuantize roundingOf(Node n) {
        Distribution seen = calibration.of(n.id());
        double low = Math.min(0, seen.min());
        double high = Math.max(0, seen.max());
        boolean unsigned = random.nextBoolean();
        int lowCode = unsigned ? 0 : -128;
        double scale = Math.max((high - low) / 255, 1e-3) * random.nextDouble(0.8, 1.3);
        int zeroPoint = (int) Math.clamp(Math.rint(lowCode - low / scale), lowCode, lowCode + 255);
        return new Op.FakeQuantize((float) scale, zeroPoint, lowCode, lowCode + 255);
    }

    private Op.Conv rounded(Op.Conv conv) {
        Tensor w = conv.weights();
        int outputs = w.shape().dim(0);
        int depth = w.size() / outputs;
        boolean perTensor = random.nextInt(3) == 0;
        var values = w.toArray();
        double all = largest(values, 0, values.length);
        for (int m = 0; m < outputs; m++) {
            double scale = (perTensor ? all : largest(values, m * depth, (m + 1) * depth)) / 127;
            for (int i = m * depth; i < (m + 1) * depth; i++) {
                values[i] = (float) Math.rint(values[i] / scale) * (float) scale;
            }
        }
        return new Op.Conv(Tensor.wrap(w.shape(), values), conv.bias(), conv.window(), conv.groups());
    }

    private static Op.ConvTranspose rounded(Op.ConvTranspose conv) {
        float[] values = conv.weights().toArray();
        double scale = largest(values, 0, values.length) / 127;
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.rint(values[i] / scale) * (float) scale;
        }
        Tensor weights = Tensor.wrap(conv.weights().shape(), values);
        return new Op.ConvTranspose(weights, conv.bias(), conv.window(), conv.outputPadding(), conv.groups());
    }

    private static double largest(float[] values, int from, int to) {
        double largest = 1e-6;
        for (int i = from; i < to; i++) {
            largest = Math.max(largest, Math.abs(values[i]));
        }
        return largest;
    }
}
