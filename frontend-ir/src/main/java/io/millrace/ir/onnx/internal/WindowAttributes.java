package io.millrace.ir.onnx.internal;

import io.millrace.ir.Window;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Kernel, stride, dilation and padding of convolution and pooling, turned into one explicit window. */
final class WindowAttributes {
    private static final int MAX_SIZE = 1 << 24;
    private final List<Integer> kernel;
    private final List<Integer> stride;
    private final List<Integer> dilation;
    private final List<Integer> pads;
    private final String autoPad;
    private final List<Integer> spatial;
    private final boolean roundUp;

    /**
     * Reads the attributes.
     *
     * @param kernel as the weights or the attribute say
     * @param spatial sizes of the operand's spatial axes, explicit padding included
     */
    WindowAttributes(
            NodeContext node, List<Integer> kernel, List<Integer> spatial, boolean withDilation, boolean withCeil) {
        this.kernel = kernel;
        this.spatial = spatial;
        int rank = spatial.size();
        stride = sizes(node, "strides", rank, 1, 1);
        dilation = withDilation ? sizes(node, "dilations", rank, 1, 1) : Collections.nCopies(rank, 1);
        pads = sizes(node, "pads", 2 * rank, 0, 0);
        autoPad = node.attributes.text("auto_pad", "NOTSET");
        roundUp = withCeil && node.attributes.flag("ceil_mode", false);
        if (!List.of("NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER").contains(autoPad)) {
            throw Rejection.attribute("auto_pad is '" + autoPad + "'");
        }
        if (autoPad.startsWith("SAME") && dilation.stream().anyMatch(d -> d != 1)) {
            throw Rejection.unsupported(
                    "auto_pad = " + autoPad + " with dilations " + dilation,
                    "state the padding in the attribute 'pads'");
        }
        if (!autoPad.equals("NOTSET") && hasPads()) {
            throw Rejection.attribute("both auto_pad and pads are given");
        }
    }

    /** The kernel of pooling. */
    static List<Integer> kernelShape(NodeContext node, int rank) {
        if (node.attributes.integers("kernel_shape").isEmpty()) {
            throw Rejection.attribute("attribute 'kernel_shape' is missing");
        }
        return sizes(node, "kernel_shape", rank, 1, 1);
    }

    static List<Integer> sizes(NodeContext node, String name, int count, int least, int otherwise) {
        List<Long> given = node.attributes.integers(name).orElse(Collections.nCopies(count, (long) otherwise));
        if (given.size() != count) {
            throw Rejection.attribute("attribute '" + name + "' has " + given.size() + " values, must have " + count);
        }
        for (long v : given) {
            if (v < least || v > MAX_SIZE) {
                throw Rejection.attribute(
                        "attribute '" + name + "' holds " + v + ", must be " + least + " to " + MAX_SIZE);
            }
        }
        return given.stream().map(Math::toIntExact).toList();
    }

    boolean hasPads() {
        return pads.stream().anyMatch(p -> p != 0);
    }

    /** The window; {@code extraBegin} and {@code extraEnd} are zeros around the operand, counted in {@code spatial}. */
    Window window(List<Integer> extraBegin, List<Integer> extraEnd) {
        int rank = spatial.size();
        var begin = new ArrayList<Integer>();
        var end = new ArrayList<Integer>();
        for (int a = 0; a < rank; a++) {
            int[] pad = pad(a);
            begin.add(pad[0] + extraBegin.get(a));
            end.add(pad[1] + extraEnd.get(a));
        }
        return new Window(kernel, stride, begin, end, dilation);
    }

    /** Whether rounding the output size up adds windows that reach past the stated padding. */
    boolean reachesBeyondPads() {
        for (int a = 0; a < spatial.size(); a++) {
            if (roundUp && overhang(a, pads.get(a), pads.get(a + spatial.size())) > 0) {
                return true;
            }
        }
        return false;
    }

    private int[] pad(int a) {
        int rank = spatial.size();
        switch (autoPad) {
            case "SAME_UPPER", "SAME_LOWER" -> {
                int out = Math.ceilDiv(spatial.get(a), stride.get(a));
                long total = Math.max(0, (long) (out - 1) * stride.get(a) + extent(a) - spatial.get(a));
                int small = (int) (total / 2);
                int large = Math.toIntExact(total - small);
                return autoPad.equals("SAME_UPPER") ? new int[] {small, large} : new int[] {large, small};
            }
            case "VALID" -> {
                return new int[] {0, roundUp ? overhang(a, 0, 0) : 0};
            }
            default -> {
                int begin = pads.get(a);
                int end = pads.get(a + rank);
                return new int[] {begin, end + (roundUp ? overhang(a, begin, end) : 0)};
            }
        }
    }

    /** Zeros after the end that rounding up needs; a window that would start in them is not made. */
    private int overhang(int a, int begin, int end) {
        long room = (long) spatial.get(a) + begin + end - extent(a);
        if (room < 0) {
            return 0;
        }
        long last = Math.ceilDiv(room, stride.get(a)) * stride.get(a);
        if (last >= (long) spatial.get(a) + begin) {
            last -= stride.get(a);
        }
        return Math.toIntExact(Math.max(0, last - room));
    }

    private long extent(int a) {
        return (long) (kernel.get(a) - 1) * dilation.get(a) + 1;
    }
}
