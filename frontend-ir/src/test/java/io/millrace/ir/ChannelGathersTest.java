package io.millrace.ir;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.ir.internal.ChannelGathers;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Gathers of channels go into the weights of what reads them, and nothing else changes. */
class ChannelGathersTest {
    private static final SourceRef SOURCE = SourceRef.file("gathers");
    private static final Shape INPUT = Shape.of(1, 6, 5, 4);
    private static final List<Integer> SHUFFLE = List.of(0, 3, 1, 4, 2, 5);

    private final Random random = new Random(7);
    private final GraphBuilder builder = new GraphBuilder();
    private final int input = builder.input("in", INPUT, SOURCE);

    @Test
    void aConvolutionInOneGroup() {
        int x = builder.add("gather", new Op.Gather(1, List.of(5, 0, 0, 3)), SOURCE, input);
        assertEquals(0, gathersLeft(conv("conv", x, 3, 4, 3, 1)));
    }

    /** As in a ShuffleNet: the order passes an activation and a depthwise convolution, and ends in a grouped one. */
    @Test
    void aShuffleBeforeDepthwiseAndGroups() {
        int x = builder.add("shuffle", new Op.Gather(1, SHUFFLE), SOURCE, input);
        x = builder.add("relu", new Op.Activation(new Pointwise.Relu()), SOURCE, x);
        x = conv("depthwise", x, 6, 1, 3, 6);
        assertEquals(0, gathersLeft(conv("expand", x, 9, 2, 1, 3)));
    }

    @Test
    void groupsOfRepeatedChannels() {
        int x = builder.add("gather", new Op.Gather(1, List.of(2, 2, 5, 1)), SOURCE, input);
        assertEquals(0, gathersLeft(conv("conv", x, 4, 2, 3, 2)));
    }

    /** A depthwise convolution of repeated channels has more results than the map has channels. */
    @Test
    void whatCannotBeAbsorbedStays() {
        int x = builder.add("gather", new Op.Gather(1, List.of(2, 2, 5, 1)), SOURCE, input);
        assertEquals(1, gathersLeft(conv("depthwise", x, 4, 1, 3, 4)));
        int rows = builder.add("rows", new Op.Gather(2, List.of(4, 0, 1)), SOURCE, input);
        assertEquals(1, gathersLeft(conv("conv", rows, 2, 6, 1, 1)));
    }

    /** What the order was moved behind is still an output in its own order. */
    @Test
    void outputsKeepTheirOrder() {
        int x = builder.add("shuffle", new Op.Gather(1, SHUFFLE), SOURCE, input);
        assertEquals(1, gathersLeft(conv("depthwise", x, 6, 1, 3, 6)));
    }

    private int conv(String name, int x, int outputs, int each, int kernel, int groups) {
        int pad = kernel / 2;
        var window =
                new Window(List.of(kernel, kernel), List.of(1, 1), List.of(pad, pad), List.of(pad, pad), List.of(1, 1));
        return builder.add(
                name,
                new Op.Conv(values(Shape.of(outputs, each, kernel, kernel)), values(Shape.of(outputs)), window, groups),
                SOURCE,
                x);
    }

    private Tensor values(Shape shape) {
        var values = new float[shape.volume()];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextInt(-8, 9);
        }
        return Tensor.wrap(shape, values);
    }

    /** Gathers in the rewritten graph, which computes the same; small whole numbers leave nothing to rounding. */
    private long gathersLeft(int output) {
        Graph before = builder.build("gathers", List.of(output), List.of("out"));
        Graph after = ChannelGathers.intoWeights(before);
        var frame = List.of(values(INPUT));
        assertArrayEquals(
                FloatEvaluator.run(before, frame).getFirst().toArray(),
                FloatEvaluator.run(after, frame).getFirst().toArray());
        return after.nodes().stream().filter(n -> n.op() instanceof Op.Gather).count();
    }
}
