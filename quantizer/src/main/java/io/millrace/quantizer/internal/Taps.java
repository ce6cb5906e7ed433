package io.millrace.quantizer.internal;

import io.millrace.ir.Window;
import java.util.ArrayList;
import java.util.List;

/** Where a window's taps fall on a map, of any rank. */
public final class Taps {
    /** Stands for a tap in the padding. */
    public static final int PADDED = -1;

    private Taps() {}

    /** Spatial sizes of the result of a window on a map with these spatial sizes; a size below 1 means no fit. */
    public static List<Integer> outputSizes(Window window, List<Integer> spatial) {
        var sizes = new ArrayList<Integer>(spatial.size());
        for (int axis = 0; axis < spatial.size(); axis++) {
            sizes.add(window.outputSize(axis, spatial.get(axis)));
        }
        return List.copyOf(sizes);
    }

    /**
     * For each output position in row-major order and each tap in row-major order, the row-major position on the operand
     * that it reads, or {@link #PADDED}: index {@code position * taps + tap}.
     */
    public static int[] positions(Window window, List<Integer> spatial) {
        int rank = spatial.size();
        List<Integer> out = outputSizes(window, spatial);
        int outputs = volume(out);
        int taps = window.taps();
        var table = new int[Math.multiplyExact(outputs, taps)];
        var o = new int[rank];
        var t = new int[rank];
        int index = 0;
        for (int p = 0; p < outputs; p++) {
            for (int tap = 0; tap < taps; tap++) {
                table[index++] = position(window, spatial, o, t);
                advance(t, window.kernel());
            }
            advance(o, out);
        }
        return table;
    }

    private static int position(Window window, List<Integer> spatial, int[] o, int[] t) {
        int position = 0;
        for (int axis = 0; axis < o.length; axis++) {
            int i = o[axis] * window.stride().get(axis)
                    + t[axis] * window.dilation().get(axis)
                    - window.padBegin().get(axis);
            if (i < 0 || i >= spatial.get(axis)) {
                return PADDED;
            }
            position = position * spatial.get(axis) + i;
        }
        return position;
    }

    private static void advance(int[] counter, List<Integer> sizes) {
        for (int axis = counter.length - 1; axis >= 0; axis--) {
            if (++counter[axis] < sizes.get(axis)) {
                return;
            }
            counter[axis] = 0;
        }
    }

    /** Product of the sizes; 1 for none. */
    public static int volume(List<Integer> sizes) {
        return sizes.stream().reduce(1, Math::multiplyExact);
    }
}
