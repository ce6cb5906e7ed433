package io.millrace.runtime;

/** Picks labels from codes: scales are positive, so the largest code is the largest value. First one wins a tie. */
public final class ArgMax {
    private ArgMax() {}

    /** Index of the largest code of a tensor. */
    public static int of(Frame frame, int tensor) {
        return largest(frame, tensor, 0, frame.size(tensor));
    }

    /**
     * Channel of the largest code at each pixel of a tensor in row, column, channel order.
     *
     * @throws IllegalArgumentException if the tensor is no whole number of pixels
     */
    public static int[] perPixel(Frame frame, int tensor, int channels) {
        if (channels < 1 || frame.size(tensor) % channels != 0) {
            throw new IllegalArgumentException(frame.size(tensor) + " codes are no pixels of " + channels);
        }
        var labels = new int[frame.size(tensor) / channels];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = largest(frame, tensor, i * channels, channels) - i * channels;
        }
        return labels;
    }

    private static int largest(Frame frame, int tensor, int from, int count) {
        int best = from;
        for (int i = from + 1; i < from + count; i++) {
            if (frame.code(tensor, i) > frame.code(tensor, best)) {
                best = i;
            }
        }
        return best;
    }
}
