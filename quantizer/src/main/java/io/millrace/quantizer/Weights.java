package io.millrace.quantizer;

import java.util.Arrays;

/** An immutable array of integer weights. */
public final class Weights {
    private final short[] values;

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
        return o instanceof Weights w && Arrays.equals(values, w.values);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(values);
    }

    @Override
    public String toString() {
        return values.length + " weights";
    }
}
