package io.millrace.ir.onnx.internal;

import io.millrace.ir.Window;
import java.util.ArrayList;
import java.util.List;

/** Stride, dilation, padding and output padding of a transposed convolution, however the output size is stated. */
final class TransposedWindowAttributes {
    private final List<Integer> kernel;
    private final List<Integer> stride;
    private final List<Integer> dilation;
    private final List<Integer> begin = new ArrayList<>();
    private final List<Integer> end = new ArrayList<>();
    private final List<Integer> outputPadding;

    TransposedWindowAttributes(NodeContext n, List<Integer> kernel, List<Integer> spatial) {
        this.kernel = kernel;
        int rank = spatial.size();
        stride = WindowAttributes.sizes(n, "strides", rank, 1, 1);
        dilation = WindowAttributes.sizes(n, "dilations", rank, 1, 1);
        var pads = WindowAttributes.sizes(n, "pads", 2 * rank, 0, 0);
        outputPadding = new ArrayList<>(WindowAttributes.sizes(n, "output_padding", rank, 0, 0));
        String autoPad = n.attributes.text("auto_pad", "NOTSET");
        if (!List.of("NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER").contains(autoPad)) {
            throw Rejection.attribute("auto_pad is '" + autoPad + "'");
        }
        boolean same = autoPad.startsWith("SAME");
        boolean stated = n.attributes.integers("output_shape").isPresent();
        var shape = stated ? outputShape(n, rank) : List.<Integer>of();
        for (int a = 0; a < rank; a++) {
            if (stated || same) {
                long wanted = stated ? shape.get(a) : (long) spatial.get(a) * stride.get(a);
                distribute(a, fullSize(a, spatial.get(a)) - wanted, autoPad.equals("SAME_UPPER"));
            } else {
                begin.add(autoPad.equals("VALID") ? 0 : pads.get(a));
                end.add(autoPad.equals("VALID") ? 0 : pads.get(a + rank));
            }
        }
    }

    /** The spatial sizes; batch and channels before them are allowed. */
    private static List<Integer> outputShape(NodeContext n, int rank) {
        int count = n.attributes.integers("output_shape").orElseThrow().size();
        var all = WindowAttributes.sizes(n, "output_shape", count == rank + 2 ? count : rank, 1, 1);
        return all.subList(all.size() - rank, all.size());
    }

    private long fullSize(int a, int size) {
        return (size - 1L) * stride.get(a) + (kernel.get(a) - 1L) * dilation.get(a) + 1 + outputPadding.get(a);
    }

    /** Cuts off what is too much, the odd element where ONNX Runtime does; adds what is missing at the end. */
    private void distribute(int a, long total, boolean upper) {
        if (total < 0) {
            outputPadding.set(a, Math.toIntExact(outputPadding.get(a) - total));
        }
        int cut = Math.toIntExact(Math.max(0, total));
        begin.add(upper ? cut / 2 : cut - cut / 2);
        end.add(upper ? cut - cut / 2 : cut / 2);
    }

    Window window() {
        return new Window(kernel, stride, begin, end, dilation);
    }

    List<Integer> outputPadding() {
        return outputPadding;
    }
}
