package io.millrace.ir;

import java.util.List;

/**
 * A sliding window over the spatial axes, any rank, outermost axis first.
 * All lists have one entry a spatial axis: kernel, stride and dilation at least 1, padding at least 0.
 */
public record Window(
        List<Integer> kernel,
        List<Integer> stride,
        List<Integer> padBegin,
        List<Integer> padEnd,
        List<Integer> dilation) {
    public Window {
        kernel = List.copyOf(kernel);
        stride = List.copyOf(stride);
        padBegin = List.copyOf(padBegin);
        padEnd = List.copyOf(padEnd);
        dilation = List.copyOf(dilation);
        int n = kernel.size();
        if (stride.size() != n || padBegin.size() != n || padEnd.size() != n || dilation.size() != n) {
            throw new IllegalArgumentException("window lists differ in length");
        }
        for (int i = 0; i < n; i++) {
            if (kernel.get(i) < 1 || stride.get(i) < 1 || dilation.get(i) < 1) {
                throw new IllegalArgumentException("kernel, stride and dilation are at least 1");
            }
            if (padBegin.get(i) < 0 || padEnd.get(i) < 0) {
                throw new IllegalArgumentException("padding is at least 0");
            }
        }
    }

    /** Stride 1, no padding, no dilation. */
    public static Window of(int... kernel) {
        var k = java.util.Arrays.stream(kernel).boxed().toList();
        var ones = java.util.Collections.nCopies(kernel.length, 1);
        var zeros = java.util.Collections.nCopies(kernel.length, 0);
        return new Window(k, ones, zeros, zeros, ones);
    }

    public int rank() {
        return kernel.size();
    }

    /** Number of taps, the product of the kernel. */
    public int taps() {
        int taps = 1;
        for (int size : kernel) {
            taps = Math.multiplyExact(taps, size);
        }
        return taps;
    }

    /** Extent of the kernel on an axis with its dilation: {@code (kernel - 1) * dilation + 1}. */
    public int extent(int axis) {
        return (kernel.get(axis) - 1) * dilation.get(axis) + 1;
    }

    /** Output size on an axis for an input size, rounded down; below 1 means that the window does not fit. */
    public int outputSize(int axis, int inputSize) {
        return Math.floorDiv(inputSize + padBegin.get(axis) + padEnd.get(axis) - extent(axis), stride.get(axis)) + 1;
    }
}
