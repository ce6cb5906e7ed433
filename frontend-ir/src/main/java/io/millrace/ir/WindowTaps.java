package io.millrace.ir;

import java.util.ArrayList;

/** The elements that windows without padding read, side by side. */
public final class WindowTaps {
    private WindowTaps() {}

    /**
     * A map {@code [1, C, rows, columns]} or {@code [1, C, columns]} as one with a channel for each tap of a window, row-major over the kernel:
     * {@code [1, taps, windows in rows, windows in columns * C]}, channels innermost; without rows for the second.
     *
     * @throws IllegalArgumentException if the window has more than two axes
     */
    public static Op.Rearrange sideBySide(Window window, Shape map) {
        Shape windows = WindowShapes.windowed(window, map, map.dim(1));
        int rank = window.rank();
        if (rank > 2) {
            throw new IllegalArgumentException("a window of " + rank + " axes");
        }
        int channels = map.dim(1);
        int rows = rank == 1 ? 1 : windows.dim(2);
        int columns = windows.dim(rank + 1);
        var sources = new ArrayList<Integer>();
        for (int tap = 0; tap < window.taps(); tap++) {
            for (int row = 0; row < rows; row++) {
                for (int column = 0; column < columns; column++) {
                    for (int c = 0; c < channels; c++) {
                        sources.add(element(window, map, tap, row, column, c));
                    }
                }
            }
        }
        Shape shape = rank == 1
                ? Shape.of(1, window.taps(), columns * channels)
                : Shape.of(1, window.taps(), rows, columns * channels);
        return new Op.Rearrange(shape, sources);
    }

    private static int element(Window window, Shape map, int tap, int row, int column, int channel) {
        int last = window.rank() - 1;
        int w = column * window.stride().get(last)
                + tap % window.kernel().get(last) * window.dilation().get(last);
        int width = map.dim(last + 2);
        if (last == 0) {
            return channel * width + w;
        }
        int h = row * window.stride().get(0)
                + tap / window.kernel().get(last) * window.dilation().get(0);
        return (channel * map.dim(2) + h) * width + w;
    }
}
