package io.millrace.ir.nets;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.ir.Graph;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.Passes;
import io.millrace.ir.Samples;
import io.millrace.ir.Shape;
import io.millrace.ir.Workload;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PeerNetTest {
    /** Those that the peers were measured with. */
    @ParameterizedTest
    @CsvSource({
        "LENET5, 416520",
        "CIFAR3, 7972864",
        "RESNET8, 12501632",
        "RESNET20V2, 66243072",
        "SCALESIM_ALEXNET, 805118496",
        "SCALESIM_RESNET18, 1471181568"
    })
    void productsAreThePeers(PeerNet net, long macs) {
        assertEquals(macs, Workload.macs(net.graph()));
    }

    /** The model files that the peers were given have the same layers, of the same shapes, with the same windows. */
    @ParameterizedTest
    @CsvSource({"LENET5, lenet5", "CIFAR3, cifar3", "RESNET8, resnet8", "RESNET20V2, r20v2"})
    void layersAreThoseOfTheMeasuredFiles(PeerNet net, String file) {
        var measured = Samples.graph("peers/" + file);
        assertEquals(layers(measured), layers(net.graph()));
        assertEquals(Workload.macs(measured), Workload.macs(net.graph()));
    }

    @Test
    void layersOfScaleSimEndRoundedUp() {
        var shapes = PeerNet.SCALESIM_ALEXNET.graph().nodes().stream()
                .filter(n -> n.op() instanceof Op.Conv)
                .map(Node::shape)
                .toList();
        assertEquals(
                List.of(
                        Shape.of(1, 96, 55, 55),
                        Shape.of(1, 256, 23, 23),
                        Shape.of(1, 384, 11, 11),
                        Shape.of(1, 384, 11, 11),
                        Shape.of(1, 256, 11, 11)),
                shapes);
    }

    /** The convolutions and fully-connected layers, their windows, operands and results, sorted: two branches may be written in either order. */
    private static List<String> layers(Graph graph) {
        var prepared = Passes.prepare(graph);
        return prepared.nodes().stream()
                .flatMap(n -> switch (n.op()) {
                    case Op.Conv conv ->
                        Stream.of("conv " + conv.weights().shape() + " " + conv.window() + " to " + n.shape());
                    case Op.Dense dense -> Stream.of("dense " + dense.weights().shape());
                    case Op.MaxPool pool -> Stream.of("pool " + pool.window() + " to " + n.shape());
                    case Op.Binary binary -> Stream.of(binary + " to " + n.shape());
                    case Op.ChannelAffine _ -> Stream.of("affine " + n.shape());
                    case Op.Activation activation -> Stream.of(activation + " " + n.shape());
                    default -> Stream.<String>empty();
                })
                .sorted()
                .toList();
    }
}
