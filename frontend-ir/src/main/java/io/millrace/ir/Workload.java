package io.millrace.ir;

/** How much a graph computes and holds. */
public final class Workload {
    private Workload() {}

    /** Multiply-accumulates of one frame, padded taps included; of a convolution with a connection table, those of its connections. */
    public static long macs(Graph graph) {
        return graph.nodes().stream().mapToLong(Workload::macs).sum();
    }

    /** Weights, biases and other stored values. */
    public static long parameters(Graph graph) {
        return graph.nodes().stream().mapToLong(Workload::parameters).sum();
    }

    /** Multiply-accumulates of one frame, padded taps included; 0 for what has no weights. */
    public static long macs(Node node) {
        return switch (node.op()) {
            case Op.Conv conv ->
                (long) node.shape().volume()
                        * weights(conv)
                        / conv.weights().shape().dim(0);
            case Op.LocalConv conv -> conv.weights().size();
            case Op.ConvTranspose conv -> (long) conv.weights().size() * spatialInputs(node, conv);
            case Op.Dense dense ->
                (long) node.shape().volume() * dense.weights().shape().dim(1);
            case Op.Input _, Op.Constant _, Op.MaxPool _, Op.AveragePool _, Op.LpPool _, Op.ChannelAffine _ -> 0;
            case Op.PRelu _, Op.Activation _, Op.Binary _, Op.Concat _, Op.Slice _, Op.Pad _, Op.Transpose _ -> 0;
            case Op.Gather _, Op.Resize _, Op.DepthToSpace _, Op.SpaceToDepth _, Op.Reshape _, Op.Lookup _ -> 0;
            case Op.Normalize _, Op.Softmax _, Op.TopK _, Op.FakeQuantize _, Op.Rearrange _, Op.OneHot _ -> 0;
            case Op.MaxPoolIndices _, Op.MaxUnpool _ -> 0;
        };
    }

    /** Weights of a convolution; with a connection table, those of its connections. */
    private static long weights(Op.Conv conv) {
        int taps = conv.window().taps();
        int kernels = conv.weights().size() / taps;
        int connected = 0;
        for (int k = 0; k < kernels; k++) {
            int tap = 0;
            while (tap < taps && conv.weights().get(k * taps + tap) == 0) {
                tap++;
            }
            connected += tap < taps ? 1 : 0;
        }
        boolean table = conv.groups() == 1 && ConnectionTable.counts(connected, kernels, taps);
        return table ? (long) connected * taps : conv.weights().size();
    }

    /** Positions of the operand's map, from the size of the result. */
    private static long spatialInputs(Node node, Op.ConvTranspose conv) {
        Window window = conv.window();
        long positions = 1;
        for (int a = 0; a < window.rank(); a++) {
            int spread = node.shape().dim(a + 2)
                    - conv.outputPadding().get(a)
                    + window.padBegin().get(a)
                    + window.padEnd().get(a)
                    - window.extent(a);
            positions *= spread / window.stride().get(a) + 1;
        }
        return positions;
    }

    /** Weights and biases. */
    public static long parameters(Node node) {
        return switch (node.op()) {
            case Op.Conv conv -> (long) conv.weights().size() + conv.bias().size();
            case Op.Dense dense -> (long) dense.weights().size() + dense.bias().size();
            case Op.ChannelAffine affine ->
                (long) affine.gain().size() + affine.bias().size();
            case Op.ConvTranspose conv ->
                (long) conv.weights().size() + conv.bias().size();
            case Op.LocalConv conv -> (long) conv.weights().size() + conv.bias().size();
            case Op.PRelu(Tensor slope) -> slope.size();
            case Op.Lookup(Tensor table) -> table.size();
            case Op.Constant(Tensor value) -> value.size();
            case Op.Input _, Op.MaxPool _, Op.AveragePool _, Op.LpPool _, Op.Activation _, Op.Binary _ -> 0;
            case Op.Concat _, Op.Slice _, Op.Pad _, Op.Transpose _, Op.Gather _, Op.Resize _ -> 0;
            case Op.DepthToSpace _, Op.SpaceToDepth _, Op.Reshape _, Op.Normalize _, Op.Softmax _ -> 0;
            case Op.TopK _, Op.FakeQuantize _, Op.Rearrange _, Op.OneHot _, Op.MaxPoolIndices _, Op.MaxUnpool _ -> 0;
        };
    }
}
