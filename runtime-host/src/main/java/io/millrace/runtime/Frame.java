package io.millrace.runtime;

import java.util.Arrays;

/**
 * The integer codes of one frame's tensors, by tensor number; each tensor in row, column, channel order. Immutable.
 */
public final class Frame {
    private final int[][] tensors;

    private Frame(int[][] tensors) {
        this.tensors = tensors;
    }

    /** A frame of these tensors, in the order of their numbers. */
    public static Frame of(int[]... tensors) {
        var copy = new int[tensors.length][];
        for (int i = 0; i < copy.length; i++) {
            copy[i] = tensors[i].clone();
        }
        return new Frame(copy);
    }

    /** A frame of these tensors, in the order of their numbers. */
    public static Frame of(short[]... tensors) {
        var wide = new int[tensors.length][];
        for (int t = 0; t < wide.length; t++) {
            wide[t] = new int[tensors[t].length];
            for (int i = 0; i < wide[t].length; i++) {
                wide[t][i] = tensors[t][i];
            }
        }
        return new Frame(wide);
    }

    public int tensors() {
        return tensors.length;
    }

    /** Number of codes in a tensor. */
    public int size(int tensor) {
        return tensors[tensor].length;
    }

    public int code(int tensor, int index) {
        return tensors[tensor][index];
    }

    /** A copy of one tensor's codes. */
    public int[] codes(int tensor) {
        return tensors[tensor].clone();
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof Frame f && Arrays.deepEquals(tensors, f.tensors);
    }

    @Override
    public int hashCode() {
        return Arrays.deepHashCode(tensors);
    }

    @Override
    public String toString() {
        return "frame of "
                + Arrays.toString(Arrays.stream(tensors).mapToInt(t -> t.length).toArray()) + " codes";
    }
}
