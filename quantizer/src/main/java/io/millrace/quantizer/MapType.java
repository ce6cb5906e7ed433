package io.millrace.quantizer;

import java.util.List;

/**
 * A quantized feature map. Real value = {@code (code - zeroPoint) * scale}. In a frame and in row buffers its codes
 * lie in row, column, channel order. A volume of D planes of H x W positions is a map of H rows and W * D columns, the D of one
 * position side by side.
 *
 * @param spatial sizes of the spatial axes, outermost first (rows, then columns); empty for a plain vector, which is
 *     one row of one column
 * @param depth planes of a volume, 1 for any other map; divides the columns
 */
public record MapType(int channels, List<Integer> spatial, double scale, int zeroPoint, int depth) {
    public MapType {
        spatial = List.copyOf(spatial);
    }

    /** A map that is no volume. */
    public MapType(int channels, List<Integer> spatial, double scale, int zeroPoint) {
        this(channels, spatial, scale, zeroPoint, 1);
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
