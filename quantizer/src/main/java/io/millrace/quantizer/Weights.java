package io.millrace.quantizer;

import java.util.Arrays;
import java.util.BitSet;
import java.util.OptionalInt;

/** An immutable array of integer weights. */
public final class Weights {
    /** All, or none of those that are all 0. */
    private final short[] values;

    private final int size;
    /** 0 as long as nobody asked for it. */
    private int hash;
    /** Of as many filters as were asked for last; none as long as nobody asked. */
    private volatile long[] magnitudes = {};
    /** The same of pairs of filters and channels with weights. */
    private volatile Connected connected = new Connected(0, new BitSet());

    private record Connected(int filters, BitSet pairs) {}

    public Weights(short[] values) {
        this(values.clone(), values.length);
    }

    private Weights(short[] values, int size) {
        this.values = values;
        this.size = size;
    }

    /** So many weights that are all 0, and take no memory. */
    public static Weights zeros(int size) {
        return new Weights(new short[0], size);
    }

    public int get(int index) {
        return isStored() ? values[index] : 0;
    }

    public int size() {
        return size;
    }

    public short[] toArray() {
        return Arrays.copyOf(values, size);
    }

    /** Index of the first weight of a larger magnitude than this, which is 0 or more. */
    public OptionalInt firstOver(int magnitude) {
        for (int i = 0; i < values.length; i++) {
            if (Math.abs(values[i]) > magnitude) {
                return OptionalInt.of(i);
            }
        }
        return OptionalInt.empty();
    }

    private boolean isStored() {
        return values.length == size;
    }

    /** The sums of the magnitudes of so many filters' weights, which lie one after the other; not to be changed. */
    public long[] sumsOfMagnitudes(int filters) {
        long[] sums = magnitudes;
        if (sums.length != filters) {
            sums = new long[filters];
            int each = size / filters;
            for (int i = 0; isStored() && i < filters * each; i++) {
                sums[i / each] += Math.abs(values[i]);
            }
            magnitudes = sums;
        }
        return sums;
    }

    /**
     * Which filters have a weight other than 0 for which channels: bit {@code filter * channels + channel}; not to be changed.
     *
     * @param filters that lie one after the other, each tap by tap
     * @param channels of a tap
     */
    public BitSet connected(int filters, int channels) {
        var known = connected;
        if (known.filters != filters) {
            var pairs = new BitSet();
            int taps = size / filters / channels;
            int at = 0;
            for (int filter = 0; isStored() && filter < filters; filter++) {
                for (int tap = 0; tap < taps; tap++) {
                    for (int channel = 0; channel < channels; channel++) {
                        if (values[at++] != 0) {
                            pairs.set(filter * channels + channel);
                        }
                    }
                }
            }
            known = new Connected(filters, pairs);
            connected = known;
        }
        return known.pairs;
    }

    @Override
    public boolean equals(Object o) {
        return o == this || o instanceof Weights w && hashCode() == w.hashCode() && Arrays.equals(stored(), w.stored());
    }

    private short[] stored() {
        return isStored() ? values : toArray();
    }

    @Override
    public int hashCode() {
        int known = hash;
        if (known == 0) {
            known = Arrays.hashCode(stored());
            hash = known;
        }
        return known;
    }

    @Override
    public String toString() {
        return size + " weights";
    }
}
