package io.millrace.ir;

/** What stands around a padded tensor. */
public enum PadMode {
    /** One value. */
    CONSTANT,
    /** The tensor mirrored at its outermost elements, which are not repeated; a pad is smaller than its axis. */
    REFLECT,
    /** The outermost element, repeated. */
    EDGE,
    /** The tensor repeated. */
    WRAP;

    /** Index within an axis of this size that position {@code i} reads, or -1 for the constant. */
    public int source(int i, int size) {
        if (i >= 0 && i < size) {
            return i;
        }
        return switch (this) {
            case CONSTANT -> -1;
            case EDGE -> i < 0 ? 0 : size - 1;
            case WRAP -> Math.floorMod(i, size);
            case REFLECT -> {
                int period = Math.max(1, 2 * (size - 1));
                int at = Math.floorMod(i, period);
                yield at < size ? at : period - at;
            }
        };
    }
}
