package io.millrace.boards.verify;

/**
 * The first value that differs from the golden model.
 *
 * @param layer name of the layer that wrote it
 */
public record Mismatch(
        String layer, int frame, int row, int column, int channel, int expected, int actual, long cycle) {
    @Override
    public String toString() {
        return "layer '%s', frame %d, channel %d, row %d, column %d: golden %d, hardware %d (cycle %d)"
                .formatted(layer, frame, channel, row, column, expected, actual, cycle);
    }
}
