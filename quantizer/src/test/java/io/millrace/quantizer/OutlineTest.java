package io.millrace.quantizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.CompileException;
import io.millrace.ir.Graph;
import io.millrace.ir.Op;
import io.millrace.ir.Passes;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import io.millrace.ir.nets.OperatorNet;
import io.millrace.ir.nets.StandardNet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What is known of an integer graph without its values is what the integer graph is. */
class OutlineTest {
    private static void assertOutlines(Graph prepared, NumberFormat format) {
        var calibration = Calibration.of(prepared, FloatNets.frames(prepared, 2, 1));
        var real = Quantizer.quantize(prepared, calibration, QuantizeOptions.of(format))
                .graph();
        assertOutlines(real, Quantizer.outline(prepared, format.precision()));
    }

    private static void assertOutlines(QuantizedGraph real, QuantizedGraph outline) {
        Map<String, QNode> left =
                new HashMap<>(real.nodes().stream().collect(Collectors.toMap(QNode::name, Function.identity())));
        for (var node : outline.nodes()) {
            var other = left.remove(node.name());
            assertTrue(other != null, () -> node.name() + " is not in the real graph");
            assertEquals(other.type().channels(), node.type().channels(), node.name());
            assertEquals(other.type().spatial(), node.type().spatial(), node.name());
            if (isAffine(other.op()) && isAffine(node.op())) {
                continue; // values decide which of the two forms it takes
            }
            assertEquals(other.op().getClass(), node.op().getClass(), node.name());
            if (other.op() instanceof QOp.Conv due && node.op() instanceof QOp.Conv conv) {
                assertEquals(
                        List.of(
                                due.window(),
                                due.groups(),
                                due.bands(),
                                due.weights().size()),
                        List.of(
                                conv.window(),
                                conv.groups(),
                                conv.bands(),
                                conv.weights().size()));
            }
        }
        for (var node : left.values()) {
            boolean rescales =
                    node.op() instanceof QOp.SumPool pool && pool.window().taps() == 1 || node.op() instanceof QOp.View;
            assertTrue(rescales, () -> node.name() + " is missing: " + node.op());
        }
        assertEquals(real.outputNames(), outline.outputNames());
    }

    /** A gain and bias a channel. */
    private static boolean isAffine(QOp op) {
        return op instanceof QOp.SumPool pool && pool.window().taps() == 1
                || op instanceof QOp.Conv conv && conv.window().taps() == 1 && conv.groups() == conv.outputChannels();
    }

    @ParameterizedTest
    @EnumSource(OperatorNet.class)
    void everyOperatorHasTheMapsOfItsIntegerForm(OperatorNet net) {
        assertOutlines(Passes.prepare(net.graph(Shape.of(1, 3, 7, 5), 3)), NumberFormat.INT8);
    }

    @ParameterizedTest
    @CsvSource({
        "ALEXNET_LRN, 67",
        "RESNET18, 32",
        "RESNET50, 32",
        "MOBILENET_V2, 32",
        "SQUEEZENET, 40",
        "GOOGLENET_LRN, 64",
        "SHUFFLENET, 64",
        "DENSENET121, 32",
        "UNET, 16",
        "UNET_LINEAR, 16",
        "C3D, 32"
    })
    void standardNetsHaveTheMapsOfTheirIntegerForm(StandardNet net, int size) {
        assertOutlines(Passes.prepare(net.graph(size, 4, 3)), NumberFormat.INT8);
    }

    @ParameterizedTest
    @EnumSource(
            value = StandardNet.class,
            names = {"RESNET18", "MOBILENET_V2", "GOOGLENET", "UNET"})
    void modelsWithTheirOwnQuantizationToo(StandardNet net) {
        var graph = Passes.prepare(net.graph(32, 4, 3));
        assertOutlines(AuthoredNets.of(graph, FloatNets.frames(graph, 2, 1), 5), NumberFormat.INT8);
    }

    @Test
    void theCodesOf16BitsToo() {
        assertOutlines(Passes.prepare(StandardNet.UNET_LINEAR.graph(16, 4, 3)), NumberFormat.INT16_FREE_Q);
    }

    /** Its plan would have tables of gigabytes. */
    @Test
    void aLargeRearrangementIsRefusedWithoutMakingIt() {
        var net = new FloatNets(1, Shape.of(1, 3, 600, 1200));
        var graph = net.add("turn", new Op.Transpose(List.of(0, 1, 3, 2))).build();
        var refusal = Quantizer.forms(Passes.prepare(graph), Precision.INT8).stream()
                .flatMap(form -> form.refusal().stream())
                .findFirst()
                .orElseThrow();
        assertEquals("QNT-0203", refusal.code());
        assertTrue(
                refusal.toString().contains("layer 'turn'") && refusal.problem().contains("entries"),
                refusal::toString);
    }

    @Test
    void weightsAreNotRead() {
        var weights = Weights.zeros(1 << 30);
        assertEquals(1 << 30, weights.size());
        assertEquals(0, weights.get(12345));
        assertEquals(new Weights(new short[3]), Weights.zeros(3));
        assertEquals(new Weights(new short[3]).hashCode(), Weights.zeros(3).hashCode());
    }

    @Test
    void whatHasNoIntegerFormIsRefusedByName() {
        var net = new FloatNets(1, Shape.of(1, 2, 4, 4));
        var graph = net.add("table", new Op.Lookup(Tensor.zeros(Shape.of(5_000, 2))))
                .build();
        var e = assertThrows(CompileException.class, () -> Quantizer.outline(graph, Precision.INT8));
        assertTrue(e.diagnostics().getFirst().problem().contains("table"), e.getMessage());
    }
}
