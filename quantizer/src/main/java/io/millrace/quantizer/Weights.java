package io.millrace.quantizer;

import java.util.Arrays;

/** An immutable array of integer weights. */
public final class Weights {
    private final short[] values;
    /** 0 as long as nobody asked for it. */
    private int hash;
    /** Of as many filters as were asked for last; none as long as nobody asked. */
    private volatile long[] magnitudes = {};

    public Weights(short[] values) {
        this.values = values.clone();
    }

    public int get(int index) {
        return values[index];
    }

    public int size() {
        return values.length;
    }

    public short[] toArray() {
        return values.clone();
    }

    /** The sums of the magnitudes of so many filters' weights, which lie one after the other; not to be changed. */
    public long[] sumsOfMagnitudes(int filters) {
        long[] sums = magnitudes;
        if (sums.length != filters) {
            sums = new long[filters];
            int each = values.length / filters;
            for (int i = 0; i < filters * each; i++) {
                sums[i / each] += Math.abs(values[i]);
            }
            magnitudes = sums;
        }
        return sums;
    }

    @Override
    public boolean equals(Object o) {
        return o == this || o instanceof Weights w && hashCode() == w.hashCode() && Arrays.equals(values, w.values);
    }

    @Override
    public int hashCode() {
        int known = hash;
        if (known == 0) {
            known = Arrays.hashCode(values);
            hash = known;
        }
        return known;
    }

    @Override
    public String toString() {
        return values.length + " weights";
    }
}
