package io.millrace.quantizer.internal;

import io.millrace.quantizer.MapType;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QOp;
import java.util.ArrayList;
import java.util.List;

/** What operations of docs/numbers.md, section 10, demand of their operand and result. */
public final class MoveRules {
    private MoveRules() {}

    /** Whether each axis of an operand has the result's size or size 1. */
    public static boolean broadcasts(MapType in, MapType out) {
        boolean fits =
                in.spatial().size() == out.spatial().size() && (in.channels() == 1 || in.channels() == out.channels());
        for (int axis = 0; fits && axis < in.spatial().size(); axis++) {
            int size = in.spatial().get(axis);
            fits = size == 1 || size == out.spatial().get(axis);
        }
        return fits;
    }

    /** What is wrong with a move; empty if nothing is. */
    public static List<String> broken(QOp op, MapType in, MapType out, Precision precision) {
        var found = new ArrayList<String>();
        if (in.scale() != out.scale() || in.zeroPoint() != out.zeroPoint()) {
            found.add("it keeps its operand's scale and zero point");
        }
        switch (op) {
            case QOp.Gather(var indices, int fill) -> gather(indices, fill, in, out, precision, found);
            case QOp.DepthToSpace(int block) -> blocks(block, in, out, found);
            default -> throw new IllegalStateException("no move: " + op);
        }
        return found;
    }

    private static void gather(
            List<List<Integer>> indices, int fill, MapType in, MapType out, Precision precision, List<String> found) {
        List<Integer> from = sizes(in);
        List<Integer> to = sizes(out);
        if (fill < precision.low() || fill > precision.high()) {
            found.add("fill " + fill + " is outside [" + precision.low() + ", " + precision.high() + "]");
        }
        if (indices.size() != from.size() || from.size() != to.size()) {
            found.add(indices.size() + " lists of indices for " + from.size() + " axes, channels included");
            return;
        }
        for (int axis = 0; axis < indices.size(); axis++) {
            line(axis, indices.get(axis), -1, from.get(axis), to.get(axis), found);
        }
    }

    private static void line(int axis, List<Integer> indices, int least, int from, int to, List<String> found) {
        if (indices.size() != to) {
            found.add(indices.size() + " indices for axis " + axis + " of size " + to);
        }
        if (indices.stream().anyMatch(i -> i < least || i >= from)) {
            found.add("an index on axis " + axis + " is outside [" + least + ", " + (from - 1) + "]");
        }
    }

    private static void blocks(int block, MapType deep, MapType wide, List<String> found) {
        boolean fits = block >= 1
                && deep.spatial().size() == 2
                && wide.spatial()
                        .equals(deep.spatial().stream().map(n -> n * block).toList())
                && deep.channels() == wide.channels() * block * block;
        if (!fits) {
            found.add("blocks of " + block + " do not turn " + deep.channels() + " channels of " + deep.spatial()
                    + " into " + wide.channels() + " of " + wide.spatial());
        }
    }

    private static List<Integer> sizes(MapType type) {
        var sizes = new ArrayList<>(type.spatial());
        sizes.add(type.channels());
        return sizes;
    }
}
