package io.millrace.ir.nets;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.FloatEvaluator;
import io.millrace.ir.Graph;
import io.millrace.ir.GraphVerifier;
import io.millrace.ir.Node;
import io.millrace.ir.Op;
import io.millrace.ir.Passes;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import io.millrace.ir.Workload;
import io.millrace.ir.onnx.ImportOptions;
import io.millrace.ir.onnx.OnnxImporter;
import io.millrace.ir.onnx.OnnxWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class StandardNetTest {
    /**
     * The literature's figures as they are remembered, none of them looked up again; EfficientNet-Lite0's products are this builder's own, with padding the
     * same on both sides (the paper's net has about 5 % more). AlexNet, VGG, ResNet, MobileNet, SqueezeNet and DenseNet: torchvision's tables and the papers; GoogLeNet: Netscope's analysis of
     * bvlc_googlenet; ShuffleNet: paper and imgclsmob; EfficientNet-Lite0: its release notes and timm; C3D: MMAction's table, whose
     * fully-connected end has 101 classes.
     */
    @ParameterizedTest
    @CsvSource({
        "ALEXNET, 224, 1000, 724406816, 60965224",
        "VGG16, 224, 1000, 15470264320, 138357544",
        "VGG19, 224, 1000, 19632062464, 143667240",
        "RESNET18, 224, 1000, 1814073344, 11689512",
        "RESNET50, 224, 1000, 4089184256, 25557032",
        "MOBILENET_V1, 224, 1000, 568740352, 4231976",
        "MOBILENET_V2, 224, 1000, 300774272, 3504872",
        "SQUEEZENET, 224, 1000, 349151936, 1235496",
        "GOOGLENET, 224, 1000, 1582671872, 6998552",
        "SHUFFLENET, 224, 1000, 137000000, 1865728",
        "DENSENET121, 224, 1000, 2834161664, 7978856",
        "EFFICIENTNET_LITE0, 224, 1000, 385000000, 4652008",
        "C3D, 112, 101, 38500000000, 78409573",
    })
    void workloadIsThePublishedOne(StandardNet net, int size, int classes, long macs, long parameters) {
        var graph = net.graph(size, classes, 1);
        near(macs, Workload.macs(graph), "MACs");
        near(parameters, Workload.parameters(graph), "parameters");
    }

    /** The paper's net at its width, with two classes: 31,031,810 values, counted over its layers by others too (torchinfo). */
    @Test
    void unetOfThePaperHasItsParameters() {
        var graph = UNet.of(64, UNet.Upsampling.TRANSPOSED).build("unet", 128, 2, 1);
        assertEquals(31_031_810, Workload.parameters(graph));
    }

    private static void near(long published, long counted, String what) {
        assertEquals(published, counted, 0.01 * published, what);
    }

    @ParameterizedTest
    @EnumSource
    void readBackFromOnnxItIsTheSameNet(StandardNet net) {
        var graph = small(net);
        assertEquals(List.of(), GraphVerifier.verify(graph));
        var read = OnnxImporter.importBytes(OnnxWriter.write(graph), "n.onnx", ImportOptions.DEFAULT);
        var expected = described(Passes.canonicalise(graph));
        var actual = described(Passes.canonicalise(read.graph()));
        for (int i = 0; i < Math.min(expected.size(), actual.size()); i++) {
            assertEquals(expected.get(i), actual.get(i));
        }
        assertEquals(expected.size(), actual.size());
    }

    private record Described(String name, Op op, List<Integer> inputs, Shape shape) {}

    /** All but the names of files and layers that nodes come from, which ONNX cannot tell. */
    private static List<Described> described(Graph graph) {
        return graph.nodes().stream()
                .map(n -> new Described(n.name(), n.op(), n.inputs(), n.shape()))
                .toList();
    }

    @ParameterizedTest
    @EnumSource
    void activationsNeitherDieNorExplode(StandardNet net) {
        var graph = Passes.canonicalise(small(net));
        var frame = new SeededWeights(7).uniform(graph.inputs().getFirst().shape(), 0.5, 0.5);
        var values = FloatEvaluator.runAll(graph, List.of(frame));
        for (Node n : graph.nodes()) {
            double size = rootMeanSquare(values.get(n.id()));
            assertTrue(size > 0.02 && size < 20, () -> n.name() + " has values of about " + size);
        }
    }

    private static double rootMeanSquare(Tensor values) {
        double sum = 0;
        for (int i = 0; i < values.size(); i++) {
            sum += (double) values.get(i) * values.get(i);
        }
        return Math.sqrt(sum / values.size());
    }

    @Test
    void seedsDecideTheWeights() {
        var net = StandardNet.SQUEEZENET;
        assertEquals(net.graph(64, 10, 5), net.graph(64, 10, 5));
        assertNotEquals(net.graph(64, 10, 5), net.graph(64, 10, 6));
    }

    @Test
    void inputsTooSmallAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> StandardNet.ALEXNET.graph(16, 10, 1));
        assertThrows(IllegalArgumentException.class, () -> StandardNet.UNET.graph(40, 2, 1));
        assertThrows(IllegalArgumentException.class, () -> StandardNet.VGG16.graph(0, 10, 1));
    }

    /** Large enough for every window, small enough for a quick test. */
    private static Graph small(StandardNet net) {
        int size = net.netName().startsWith("alexnet") ? 67 : net.netName().startsWith("googlenet") ? 64 : 32;
        return net.graph(size, 10, 3);
    }
}
