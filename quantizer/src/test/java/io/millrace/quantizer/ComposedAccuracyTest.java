package io.millrace.quantizer;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.FloatEvaluator;
import io.millrace.ir.Graph;
import io.millrace.ir.Passes;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import io.millrace.ir.nets.OperatorNet;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Composed operators on integers against floats, on frames that were not calibrated on: the root mean square error as a share of the
 * result's range. int8 is poor where a small number decides a large one: the root of a small sum, the reciprocal of a small norm.
 */
class ComposedAccuracyTest {
    /** The largest error allowed at int8 and at int16. */
    private record Bar(double int8, double int16) {
        double of(NumberFormat format) {
            return format == NumberFormat.INT8 ? int8 : int16;
        }
    }

    private static Bar bar(OperatorNet net, Shape shape) {
        boolean fewChannels = shape.dim(1) < 5;
        // A single position's values span a part of their channels' range
        double int8 = shape.volume() == shape.dim(1) ? 0.015 : 0.0065;
        return switch (net) {
            case CONVOLUTION,
                    CONVOLUTION_STRIDED,
                    CONVOLUTION_UNEVEN,
                    CONVOLUTION_DILATED,
                    CONVOLUTION_GROUPED,
                    CONVOLUTION_DEPTHWISE,
                    CONVOLUTION_CONNECTED,
                    CONVOLUTION_CONNECTED_BLOCKS,
                    CONVOLUTION_TRANSPOSED,
                    CONVOLUTION_1D,
                    CONVOLUTION_3D,
                    FULLY_CONNECTED,
                    MAX_POOL,
                    MAX_POOL_1D,
                    MAX_POOL_3D,
                    AVERAGE_POOL,
                    AVERAGE_POOL_3D,
                    AVERAGE_POOL_GLOBAL,
                    SUM_POOL_TRAINED,
                    BATCH_NORM,
                    ADD,
                    SUBTRACT,
                    MULTIPLY,
                    MAXIMUM,
                    MINIMUM,
                    GATE,
                    CHANNELS_JOINED,
                    CHANNELS_SPLIT,
                    CHANNELS_SHUFFLED,
                    PADDED,
                    SLICED,
                    NEAREST_DOUBLED,
                    DEPTH_TO_SPACE,
                    RELU,
                    LEAKY_RELU,
                    CLIP,
                    TANH,
                    SCALED_TANH,
                    HARD_TANH,
                    SIGMOID,
                    HARD_SIGMOID,
                    SWISH,
                    HARD_SWISH,
                    ELU,
                    SELU,
                    CELU,
                    GELU,
                    MISH,
                    SOFTPLUS,
                    SOFTSIGN,
                    ABSOLUTE,
                    SQUARE,
                    EXPONENTIAL,
                    LOGARITHM,
                    ERROR_FUNCTION,
                    RECIPROCAL,
                    SOFT_SHRINK -> new Bar(int8, 0.0001);
            case MAX_POOL_GLOBAL, LARGEST_VALUE -> new Bar(0.04, 0.0002);
            case SQUARE_ROOT -> new Bar(0.015, 0.001);
            // They jump
            case THRESHOLD, HARD_SHRINK -> new Bar(0.04, 0.007);
            case LOCAL_RESPONSE, LINEAR_DOUBLED, LINEAR_TRIPLED, LINEAR_BY_THREE_HALVES, LINEAR_HALVED ->
                new Bar(0.006, 0.0001);
            case LINEAR_CORNERS, PYRAMID_STEP, SPACE_TO_DEPTH, SUBTRACTIVE_NORM, QUOTIENT, MEAN_OF_MANY ->
                new Bar(0.006, 0.0001);
            case AVERAGE_INSIDE, LOG_SUM_EXP_POOL, SOFTMAX, LOG_SOFTMAX, CORRELATION, SLOPE_A_CHANNEL ->
                new Bar(0.006, 0.0001);
            case ROWS_JOINED, COLUMNS_JOINED, REFLECTED, EDGES_REPEATED, WRAPPED, REVERSED -> new Bar(0.006, 0.0001);
            case CHANNELS_REVERSED, NEAREST_BY_THREE_HALVES, CHANNELS_LAST, TURNED, REGROUPED -> new Bar(0.006, 0.0001);
            case LOCALLY_CONNECTED, MAXOUT -> new Bar(0.006, 0.0001);
            // On the grid of all channels, of which the largest are a part
            case LARGEST_VALUES -> new Bar(0.012, 0.0001);
            // Between nearly equal numbers, which one is taken; ChoicesTest has them exactly
            case UNPOOLED, POOL_PLACES -> new Bar(0.03, 0.002);
            case LARGEST_INDEX, LARGEST_INDICES, SMALLEST_INDEX, HARDMAX, EMBEDDING -> new Bar(0.15, 0.02);
            case CONSTANT_MAP_ADDED, CONSTANT_ROW_MULTIPLIED, CONSTANT_PLANE_SUBTRACTED -> new Bar(0.006, 0.0001);
            case CONSTANT_MAP_DIVIDES, CONSTANT_MAP_BOUNDS, CONSTANT_CHANNELS -> new Bar(0.006, 0.0001);
            case FLATTENED -> new Bar(0.006, 0.0002);
            case CONVOLUTION_TRANSPOSED_OVERLAPPING,
                    MAX_POOL_RECTANGULAR,
                    MAX_POOL_CEIL,
                    AVERAGE_POOL_CEIL,
                    PADDED_LOWEST,
                    MEAN_OF_COLUMNS,
                    LARGEST_OF_ROWS,
                    MASK,
                    SOFTMAX_OF_SPACE,
                    SOFTMAX_OF_COLUMNS,
                    LOG_SOFTMAX_OF_ROWS,
                    CHANNELS_LAST_FULLY_CONNECTED,
                    CHANNELS_LAST_BETWEEN,
                    LINEAR_OF_CHANNELS,
                    LINEAR_OF_COLUMNS -> new Bar(int8, 0.0001);
            case UNROLLED, TWINS -> new Bar(0.0075, 0.00015);
            case RECURRENT -> new Bar(0.006, 0.001);
            // A part of the range of the channels
            case LARGEST_OF_CHANNELS_AND_ROWS, POOLED_BY_RESHAPE -> new Bar(0.04, 0.0002);
            case SOFTMAX_OF_PAIRS -> new Bar(0.012, 0.00015);
            case GROUP_NORM, CHANNEL_NORM -> new Bar(0.014, 0.0006);
            case L2_OF_ALL -> new Bar(0.018, 0.0002);
            // Of one position, a sign: a jump where the value is 0
            case L2_NORMALIZE_OF_SPACE -> shape.volume() == shape.dim(1) ? new Bar(0.24, 0.02) : new Bar(0.006, 0.0001);
            case LARGEST_INDEX_OF_COLUMNS, LARGEST_INDEX_OF_ROWS, LARGEST_INDEX_OF_SPACE -> new Bar(0.15, 0.02);
            case UNPOOLED_OVERLAPPING, POOL_PLACES_PADDED -> new Bar(0.03, 0.004);
            case L1_POOL, DOT_PRODUCT -> new Bar(0.009, 0.0001);
            case DIVISIVE_NORM -> new Bar(0.007, 0.0007);
            case CONTRAST_NORM -> new Bar(0.013, 0.0004);
            case INSTANCE_NORM, LAYER_NORM -> new Bar(0.009, 0.0025);
            case L2_DISTANCE -> new Bar(0.015, 0.004);
            case L2_POOL -> new Bar(0.015, 0.006);
            case L3_POOL -> new Bar(0.06, 0.03);
            // Of one channel, a sign: a jump where the value is 0
            case L1_NORMALIZE -> fewChannels ? new Bar(0.12, 0.035) : new Bar(0.015, 0.0001);
            case L2_NORMALIZE -> fewChannels ? new Bar(0.45, 0.16) : new Bar(0.007, 0.0001);
        };
    }

    @ParameterizedTest
    @EnumSource(OperatorNet.class)
    void integersAreNearFloats(OperatorNet net) {
        for (var format : List.of(NumberFormat.INT8, NumberFormat.INT16_FREE_Q)) {
            for (Shape shape : OperatorNet.shapes()) {
                double error = measure(net.graph(shape, 1), format);
                double most = bar(net, shape).of(format);
                assertTrue(error <= most, () -> net + " " + format + " " + shape + ": " + error + " is over " + most);
            }
        }
    }

    private static double measure(Graph graph, NumberFormat format) {
        Graph prepared = Passes.prepare(graph);
        var calibration = Calibration.of(prepared, FloatNets.frames(prepared, 40, 1));
        var quantized = Quantizer.quantize(prepared, calibration, QuantizeOptions.of(format));
        var evaluator = new IntegerEvaluator(quantized.graph());
        double low = 0;
        double high = 0;
        double squares = 0;
        int count = 0;
        for (List<Tensor> frame : FloatNets.frames(prepared, 20, 2)) {
            float[] want = FloatEvaluator.run(graph, frame).getFirst().toArray();
            var codes = new ArrayList<short[]>();
            for (int i = 0; i < frame.size(); i++) {
                codes.add(HostCodes.encode(
                        frame.get(i),
                        quantized.graph().inputs().get(i).type(),
                        quantized.graph().precision()));
            }
            var out = quantized.graph().node(quantized.graph().outputs().getFirst());
            float[] got = HostCodes.decode(evaluator.run(codes).getFirst(), out.type())
                    .toArray();
            for (int i = 0; i < want.length; i++) {
                low = Math.min(low, want[i]);
                high = Math.max(high, want[i]);
                double e = Math.abs(want[i] - got[i]);
                squares += e * e;
                count++;
            }
        }
        // A result that is all one number has no range
        return Math.sqrt(squares / count) / Math.max(1e-6, high - low);
    }
}
