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
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class StandardNetTest {
    /** torchvision's {@code num_params} and {@code _ops}, as published with its weights ({@code torchvision/models/*.py}). */
    @ParameterizedTest
    @CsvSource({
        "VGG16, 138357544, 15.470",
        "VGG19, 143667240, 19.632",
        "RESNET18, 11689512, 1.814",
        "RESNET50, 25557032, 4.089",
        "MOBILENET_V2, 3504872, 0.301",
        "SQUEEZENET, 1235496, 0.349",
        "DENSENET121, 7978856, 2.834",
    })
    void workloadIsTorchvisions(StandardNet net, long values, String billions) {
        var graph = net.graph();
        assertEquals(values, trained(graph));
        assertEquals(billions, "%.3f".formatted(Workload.macs(graph) / 1e9));
    }

    /**
     * From the sources that {@link StandardNet} names. Products are this builder's, held against another count: AlexNet's is equal, GoogLeNet's is half the
     * operations of a count that has biases too, EfficientNet's is torchvision's B0 without a product for each of 636,540 weights; MobileNetV1's and ShuffleNet's are
     * the papers' as remembered, which were not opened again.
     */
    @ParameterizedTest
    @CsvSource({
        "ALEXNET, 60965224, 724406816, 724406816",
        "MOBILENET_V1, 4231976, 568740352, 569000000",
        "GOOGLENET, 6998552, 1582671872, 1584285452",
        "SHUFFLENET, 1865728, 137460672, 137000000",
        "EFFICIENTNET_LITE0, 4652008, 385187552, 385500000",
    })
    void workloadIsThePublishedOne(StandardNet net, long values, long macs, long published) {
        var graph = net.graph();
        assertEquals(values, trained(graph));
        assertEquals(macs, Workload.macs(graph));
        assertEquals(published, macs, 0.01 * published);
    }

    /** Its layers by the paper's figure 3, pool by pool; the maps are 16x112x112, 16x56x56, 8x28x28, 4x14x14 and 2x7x7. */
    @Test
    void c3dHasTheProductsOfItsLayers() {
        var graph = StandardNet.C3D.graph();
        long taps = 27;
        long macs = 16 * 112 * 112 * 64 * 3 * taps
                + 16 * 56 * 56 * 128 * 64 * taps
                + 8 * 28 * 28 * (256L * 128 + 256 * 256) * taps
                + 4 * 14 * 14 * (512L * 256 + 512 * 512) * taps
                + 2 * 7 * 7 * (2L * 512 * 512) * taps
                + 8192 * 4096
                + 4096 * 4096
                + 4096 * 487;
        assertEquals(macs, Workload.macs(graph));
        assertEquals(78_409_573, trained(StandardNet.C3D.graph(112, 101, 1)));
    }

    /** The convolutions are those of the whole nets: what is missing are the fully-connected layers. */
    @Test
    void convolutionsAloneAreTheWholeNetsLessTheirClassifiers() {
        long alexNetClassifier = 9216L * 4096 + 4096 * 4096 + 4096 * 1000;
        long vggClassifier = 25088L * 4096 + 4096 * 4096 + 4096 * 1000;
        assertEquals(
                Workload.macs(StandardNet.ALEXNET.graph()) - alexNetClassifier,
                Workload.macs(StandardNet.ALEXNET_CONV.graph()));
        assertEquals(
                Workload.macs(StandardNet.VGG16.graph()) - vggClassifier,
                Workload.macs(StandardNet.VGG16_CONV.graph()));
        assertEquals(665_784_864, Workload.macs(StandardNet.ALEXNET_CONV.graph()));
        assertEquals(15_346_630_656L, Workload.macs(StandardNet.VGG16_CONV.graph()));
    }

    @Test
    void resNet8HasTheProductsAndValuesOfItsLayers() {
        var graph = StandardNet.RESNET8.graph();
        assertEquals(12_501_632, Workload.macs(graph));
        assertEquals(77_706, Workload.parameters(graph));
    }

    /** The released model has 0.11 M values. */
    @Test
    void mcCnnFastHasTheProductsAndValuesOfItsLayers() {
        var graph = StandardNet.MC_CNN_FAST.graph();
        assertEquals(370L * 1226 * 9 * (64 + 3 * 64 * 64), Workload.macs(graph));
        assertEquals(111_424, Workload.parameters(graph));
        assertEquals(Shape.of(1, 1, 370, 1226), graph.inputs().getFirst().shape());
        assertEquals(
                Shape.of(1, 64, 370, 1226),
                graph.node(graph.outputs().getFirst()).shape());
    }

    /** Three scales share their weights; the labels are the classes with the highest of the scores. */
    @Test
    void sceneParsingHasTheProductsAndValuesOfItsLayers() {
        var graph = StandardNet.SCENE_PARSING.graph();
        long finest = 320L * 240 * 49 * 3 * 16 + 160L * 120 * 49 * 16 * 64 + 80L * 60 * 49 * 64 * 256;
        long classifier = 80L * 60 * 768 * 20;
        assertEquals(finest + finest / 4 + finest / 16 + classifier, Workload.macs(graph));
        assertEquals(6_632_985_600L, Workload.macs(graph));
        assertEquals(
                6_632_985_600L - classifier + 80L * 60 * 1024 * (768 + 20),
                Workload.macs(StandardNet.SCENE_PARSING_HIDDEN.graph()));
        assertEquals(3 * 855_680 + 15_380, Workload.parameters(graph));
        var kernels = graph.nodes().stream()
                .filter(n -> n.name().endsWith(".conv2"))
                .map(n -> ((Op.Conv) n.op()).weights())
                .toList();
        assertEquals(3, kernels.size());
        assertEquals(Set.of(kernels.getFirst()), Set.copyOf(kernels));
        assertEquals(
                List.of(Shape.of(1, 3, 240, 320), Shape.of(1, 3, 120, 160), Shape.of(1, 3, 60, 80)),
                graph.inputs().stream().map(Node::shape).toList());
        assertEquals(
                Shape.of(1, 1, 60, 80), graph.node(graph.outputs().getFirst()).shape());
    }

    /** A frame of 500x375 and its halves do not divide by 16: labels are where all scales have a position. */
    @Test
    void sceneParsingOfAnySize() {
        var graph = StandardNet.SCENE_PARSING_TABLES.graph(375, 20, 1);
        assertEquals(
                List.of(Shape.of(1, 3, 375, 500), Shape.of(1, 3, 187, 250), Shape.of(1, 3, 93, 125)),
                graph.inputs().stream().map(Node::shape).toList());
        assertEquals(
                Shape.of(1, 1, 92, 124), graph.node(graph.outputs().getFirst()).shape());
        long macs = 49L * 22 * (375 * 500 + 187 * 250 + 93 * 125)
                + 49L * 64 * 8 * (187 * 250 + 93 * 125 + 46 * 62)
                + 49L * 256 * 16 * (92 * 124 + 46 * 62 + 23 * 31)
                + 92L * 124 * 768 * 20;
        assertEquals(macs, Workload.macs(graph));
        assertEquals(4_981_484_098L, macs);
    }

    /** Products of connections alone; output maps that follow each other share no input map until all are used. */
    @Test
    void sceneParsingByTablesHasTheProductsOfItsConnections() {
        var graph = StandardNet.SCENE_PARSING_TABLES.graph();
        long finest = 49L * (320 * 240 * (10 + 2 * 6) + 160 * 120 * 64 * 8 + 80 * 60 * 256 * 16);
        assertEquals(finest + finest / 4 + finest / 16 + 80L * 60 * 768 * 20, Workload.macs(graph));
        var kernels = graph.nodes().stream()
                .filter(n -> n.name().endsWith(".conv3"))
                .map(n -> ((Op.Conv) n.op()).weights())
                .toList();
        assertEquals(Set.of(kernels.getFirst()), Set.copyOf(kernels));
        for (int first = 0; first < 256; first += 4) {
            for (int channel = 0; channel < 64; channel++) {
                int readers = 0;
                for (int output = first; output < first + 4; output++) {
                    readers += kernels.getFirst().get((output * 64 + channel) * 49) != 0 ? 1 : 0;
                }
                assertEquals(1, readers);
            }
        }
    }

    /** Without the biases of zeros, which stand for none. */
    private static long trained(Graph graph) {
        long zeros = graph.nodes().stream()
                .filter(n -> n.op() instanceof Op.Conv conv
                        && conv.bias().equals(Tensor.zeros(conv.bias().shape())))
                .mapToLong(n -> ((Op.Conv) n.op()).bias().size())
                .sum();
        return Workload.parameters(graph) - zeros;
    }

    /** The paper's net at its width, with two classes: 31,031,810 values, counted over its layers by others too (torchinfo). */
    @Test
    void unetOfThePaperHasItsParameters() {
        var graph = UNet.of(64, UNet.Upsampling.TRANSPOSED).build("unet", 128, 2, 1);
        assertEquals(31_031_810, Workload.parameters(graph));
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
                .map(n -> new Described(name(n), n.op(), n.inputs(), n.shape()))
                .toList();
    }

    /** An index of the largest is the second result of its operator. */
    private static String name(Node n) {
        return n.op() instanceof Op.TopK ? n.name().replace("#2", "") : n.name();
    }

    @ParameterizedTest
    @EnumSource
    void activationsNeitherDieNorExplode(StandardNet net) {
        var graph = Passes.canonicalise(small(net));
        var weights = new SeededWeights(7);
        var frame = graph.inputs().stream()
                .map(input -> weights.uniform(input.shape(), 0.5, 0.5))
                .toList();
        var values = FloatEvaluator.runAll(graph, frame);
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
        assertThrows(IllegalArgumentException.class, () -> StandardNet.SCENE_PARSING.graph(15, 10, 1));
    }

    /** Large enough for every window, small enough for a quick test. */
    private static Graph small(StandardNet net) {
        int size = net.netName().startsWith("alexnet") ? 67 : net.netName().startsWith("googlenet") ? 64 : 32;
        return net.graph(size, 10, 3);
    }
}
