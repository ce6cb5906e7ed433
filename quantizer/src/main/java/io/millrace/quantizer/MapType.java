package io.millrace.quantizer;

import java.util.List;

/**
 * A quantized feature map. Real value = {@code (code - zeroPoint) * scale}. In a frame and in row buffers its codes
 * lie in row, column, channel order.
 *
 * @param spatial sizes of the spatial axes, outermost first (rows, then columns); empty for a plain vector, which is
 *     one row of one column
 */
public record MapType(int channels, List<Integer> spatial, double scale, int zeroPoint) {
    public MapType {
        spatial = List.copyOf(spatial);
    }

    /** Rows: the product of all spatial axes but the last; 1 for a rank of 0 or 1. */
    public int rows() {
        int r = 1;
        for (int i = 0; i + 1 < spatial.size(); i++) {
            r *= spatial.get(i);
        }
        return r;
    }

    /** Columns: the last spatial axis, 1 for a plain vector. */
    public int columns() {
        return spatial.isEmpty() ? 1 : spatial.getLast();
    }

    /** Codes in one row: columns x channels. */
    public int rowElements() {
        return columns() * channels;
    }

    /** Codes in one frame. */
    public int elements() {
        return rows() * rowElements();
    }
}
