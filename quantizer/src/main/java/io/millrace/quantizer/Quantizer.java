package io.millrace.quantizer;

import io.millrace.ir.Graph;
import io.millrace.quantizer.internal.Lowering;
import java.util.List;

/** Post-training quantization: from a float graph and sample frames to an integer graph. */
public final class Quantizer {
    private Quantizer() {}

    /**
     * Quantizes a graph. Convolutions absorb the activations that follow them, pools their gains and biases; reshapes that move
     * nothing disappear.
     *
     * @param canonical a graph after {@link io.millrace.ir.Passes#prepare}, without which what is composed of others is refused
     * @param calibration taken on the same graph
     * @throws io.millrace.ir.CompileException with every layer that has no integer form, or whose numbers do not fit
     * @throws IllegalArgumentException if the calibration was taken on another graph
     */
    public static Quantized quantize(Graph canonical, Calibration calibration, QuantizeOptions options) {
        if (!calibration.graph().equals(canonical)) {
            throw new IllegalArgumentException("calibration was taken on another graph");
        }
        return Lowering.lower(canonical, calibration, options);
    }

    /**
     * What quantizing would make of each node, or refuse, found without frames and without touching weights.
     *
     * @param canonical a graph after {@link io.millrace.ir.Passes#prepare}, without which what is composed of others is refused
     * @return by head, in the order of the graph
     */
    public static List<IntegerForm> forms(Graph canonical, Precision precision) {
        return Lowering.forms(canonical, precision);
    }

    /**
     * The integer graph that quantizing would make, as far as it does not depend on values: its operations and maps, but weights of 0, and
     * scales and biases that mean nothing. Maps are as large as in the real one; a layer that only brings one to another's scale may be left out,
     * and a gain and bias a channel may be a sum pool where the real one is a depthwise convolution. It takes no frames and does not read weights, so that it is there in a fraction of a second.
     *
     * @param canonical a graph after {@link io.millrace.ir.Passes#prepare}
     * @throws io.millrace.ir.CompileException with every layer that has no integer form, see {@link #forms}
     */
    public static QuantizedGraph outline(Graph canonical, Precision precision) {
        return Lowering.outline(canonical, precision);
    }
}
