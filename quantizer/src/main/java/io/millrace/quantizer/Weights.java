package io.millrace.quantizer;

import java.util.Arrays;

/** An immutable array of integer weights. */
public final class Weights {
    private final short[] values;
    /** 0 as long as nobody asked for it. */
    private int hash;

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
