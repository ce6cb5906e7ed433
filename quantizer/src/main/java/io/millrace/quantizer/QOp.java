package io.millrace.quantizer;

import io.millrace.ir.Window;
import java.util.List;
import java.util.Optional;

/** What a quantized node computes, in integers. */
public sealed interface QOp {
    /** The table that the codes pass last, of those operations that can have one. */
    default Optional<ActivationTable> table() {
        return Optional.empty();
    }

    /** A frame's tensor, as the host sends it. */
    record Input() implements QOp {}

    /**
     * {@code acc[m] = bias[m] + sum(weight * code)}, requantized, then the table if there is one. Padded taps read the
     * operand's zero point. The zero point of the operand is folded into the bias:
     * {@code bias = round(realBias / (scaleIn * scaleW)) - zeroPointIn * sum(weights)}.
     *
     * <p>With {@code C} channels of the operand and {@code M} output channels, output channel {@code m} belongs to group
     * {@code g = m / (M / groups)} and reads the operand's channels {@code [g * C / groups, (g + 1) * C / groups)}. A depthwise
     * convolution has {@code groups == C}.
     *
     * <p>With bands, all groups have the same weights, and group {@code g} reads a band of neighbouring channels from
     * {@code first + g * step} on, as many as there are weights for; channels of it outside of {@code [0, C)} count nothing. A convolution of a
     * volume whose planes' channels lie side by side is one, with a group for each plane of the result.
     *
     * @param groups at least 1, divides {@code M}, and {@code C} where there are no bands
     * @param bands where the groups' channels begin, if these overlap, leave out some or reach beyond the operand
     * @param weights index {@code ((m * taps + tap) * (C / groups) + c)}, {@code c} counted within the group, tap row-major
     *     over the kernel, magnitude at most {@code Precision.high()}; never changed by callers. With bands, of the first
     *     group's output channels, and {@code C / groups} stands for the band's width
     * @param bias one an output channel, 48 bits signed at most
     */
    record Conv(
            Window window,
            int outputChannels,
            int groups,
            Optional<Bands> bands,
            Weights weights,
            List<Long> bias,
            Requantizer requantizer,
            Optional<ActivationTable> table)
            implements QOp {
        /**
         * The channels that groups read.
         *
         * @param first of group 0; may be negative
         * @param step from one group's first channel to the next one's
         */
        public record Bands(int first, int step) {}

        public Conv {
            bias = List.copyOf(bias);
            if (outputChannels < 1 || groups < 1 || outputChannels % groups != 0) {
                throw new IllegalArgumentException(outputChannels + " output channels in " + groups + " groups");
            }
        }

        /** A convolution whose groups divide the operand's channels. */
        public Conv(
                Window window,
                int outputChannels,
                int groups,
                Weights weights,
                List<Long> bias,
                Requantizer requantizer,
                Optional<ActivationTable> table) {
            this(window, outputChannels, groups, Optional.empty(), weights, bias, requantizer, table);
        }

        /** A convolution in one group: every output channel reads every channel of the operand. */
        public Conv(
                Window window,
                int outputChannels,
                Weights weights,
                List<Long> bias,
                Requantizer requantizer,
                Optional<ActivationTable> table) {
            this(window, outputChannels, 1, weights, bias, requantizer, table);
        }

        /** Output channels of one group. */
        public int groupOutputs() {
            return outputChannels / groups;
        }

        /** Output channels that have weights of their own: with bands, those of one group. */
        public int filters() {
            return bands.isPresent() ? groupOutputs() : outputChannels;
        }

        /** Channels of the operand that have a weight, counted within the group, for each tap and output channel. */
        public int groupChannels() {
            return weights.size() / (filters() * window.taps());
        }

        /** The operand's channel that is channel 0 of the group of output channel {@code m}; outside the operand for some bands. */
        public int firstChannel(int m) {
            int group = m / groupOutputs();
            return bands.map(b -> b.first() + group * b.step()).orElse(group * groupChannels());
        }

        /** The weight of an output channel at a tap for a channel of its group. */
        public int weight(int m, int tap, int channel) {
            return weights.get((m % filters() * window.taps() + tap) * groupChannels() + channel);
        }
    }

    /** Largest code in the window, then the table if there is one. Padded taps read {@code Precision.low()}. */
    record MaxPool(Window window, Optional<ActivationTable> table) implements QOp {}

    /**
     * {@code acc[c] = bias[c] + sum(code)} over the window, requantized per channel, then the table: average pooling,
     * and pooling with a trainable gain and bias a channel. Padded taps read the operand's zero point.
     */
    record SumPool(Window window, List<Long> bias, Requantizer requantizer, Optional<ActivationTable> table)
            implements QOp {
        public SumPool {
            bias = List.copyOf(bias);
        }
    }

    /**
     * {@code y = table(sat(zeroPoint + sum_i(((code_i - z_i) * m_i + 2^(s_i - 1)) >> s_i), low, high))}: a sum of two or more maps
     * of the result's shape, each term rounded once and the sum exact. A difference has a negative {@code m}.
     *
     * @param terms one an operand, in the operands' order
     * @param zeroPoint code that stands for 0 before the table
     * @param low smallest code that goes to the table, or leaves where there is none
     * @param high largest code that goes to the table, or leaves where there is none
     */
    record Add(List<Term> terms, int zeroPoint, int low, int high, Optional<ActivationTable> table) implements QOp {
        public Add {
            terms = List.copyOf(terms);
            if (terms.size() < 2) {
                throw new IllegalArgumentException("a sum of " + terms.size() + " terms");
            }
            if (low > high) {
                throw new IllegalArgumentException("low " + low + " is over high " + high);
            }
        }

        /**
         * What becomes of one operand's codes: {@code ((code - zeroPoint) * multiplier + 2^(shift - 1)) >> shift}.
         *
         * @param zeroPoint the operand's
         * @param multiplier magnitude below 2^17
         * @param shift 1 to 42
         */
        public record Term(int zeroPoint, int multiplier, int shift) {
            public Term {
                if (Math.abs(multiplier) >= Requantizer.MULTIPLIER_LIMIT) {
                    throw new IllegalArgumentException("multiplier " + multiplier);
                }
                if (shift < 1 || shift > Requantizer.SHIFT_MAX) {
                    throw new IllegalArgumentException("shift " + shift);
                }
            }

            /** The term of one code; at most 33 bits with its sign for any code of any precision. */
            public long of(int code) {
                return ((long) (code - zeroPoint) * multiplier + (1L << (shift - 1))) >> shift;
            }
        }
    }

    /**
     * The largest code, or the smallest, of two or more maps of one shape, scale and zero point, element by element; then the table if
     * there is one.
     *
     * @param least whether the smallest is taken
     */
    record Extreme(boolean least, Optional<ActivationTable> table) implements QOp {}

    /** Number of the channel with the largest code at each position, the lowest of equals; one channel of scale 1 and zero point 0. */
    record ArgMax() implements QOp {}

    /**
     * The operand's rows with the same codes, cut into other columns and channels. Nothing is computed; no map is copied for it, and what
     * reads it reads its operand.
     */
    record View() implements QOp {}

    /**
     * The operands one after the other along the channels. All have the result's spatial sizes, scale and zero point, so that
     * nothing is computed; no map is copied for it.
     */
    record Concat() implements QOp {}

    /**
     * {@code acc = (a - zeroPointA) * (b - zeroPointB) + (d > 0 ? 2^(d-1) : 0)}, requantized, then the table if there is one. On every
     * axis, channels included, an operand has the result's size or size 1.
     */
    record Mul(int zeroPointA, int zeroPointB, Requantizer requantizer, Optional<ActivationTable> table)
            implements QOp {
        /** What is added to the product before the pre-shift. */
        public long rounding() {
            int d = requantizer.preShift();
            return d > 0 ? 1L << (d - 1) : 0;
        }
    }

    /**
     * Codes of the operand at other places: padding, cropping, slicing, splitting, shuffling, nearest-neighbour resizing and
     * stretching.
     *
     * @param indices a list for each spatial axis, outermost first, and one for the channels, each as long as the result's axis: index on the
     *     operand's axis, or -1 for {@code fill}
     * @param fill the code that stands where an index is -1
     */
    record Gather(List<List<Integer>> indices, int fill) implements QOp {
        public Gather {
            indices = indices.stream().map(List::copyOf).toList();
        }
    }

    /**
     * {@code (H, W)} and {@code block * block * C} channels to {@code (block * H, block * W)} and {@code C}: row within the block, then column,
     * then channel, outermost first. Two spatial axes.
     */
    record DepthToSpace(int block) implements QOp {}
}
