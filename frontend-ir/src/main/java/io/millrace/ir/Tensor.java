package io.millrace.ir;

import java.util.Arrays;

/** An immutable float tensor, row-major. */
public final class Tensor {
    private final Shape shape;
    private final float[] values;

    private Tensor(Shape shape, float[] values) {
        if (values.length != shape.volume()) {
            throw new IllegalArgumentException(values.length + " values for shape " + shape);
        }
        this.shape = shape;
        this.values = values;
    }

    /** A tensor holding a copy of {@code values}. */
    public static Tensor of(Shape shape, float... values) {
        return new Tensor(shape, values.clone());
    }

    /** Takes the array over without a copy; the caller must not keep it. */
    public static Tensor wrap(Shape shape, float[] values) {
        return new Tensor(shape, values);
    }

    public static Tensor zeros(Shape shape) {
        return new Tensor(shape, new float[shape.volume()]);
    }

    public Shape shape() {
        return shape;
    }

    public float get(int index) {
        return values[index];
    }

    public int size() {
        return values.length;
    }

    /** A copy of the values, row-major. */
    public float[] toArray() {
        return values.clone();
    }

    /** The values themselves, not a copy: for reading within this package only. */
    float[] values() {
        return values;
    }

    /** The same values under another shape of equal volume. */
    public Tensor reshape(Shape other) {
        return new Tensor(other, values);
    }

    /** Values are equal when their bits are: NaN equals NaN, 0 and -0 differ. */
    @Override
    public boolean equals(Object o) {
        return o instanceof Tensor t && shape.equals(t.shape) && Arrays.equals(values, t.values);
    }

    @Override
    public int hashCode() {
        return 31 * shape.hashCode() + Arrays.hashCode(values);
    }

    @Override
    public String toString() {
        return "tensor " + shape;
    }
}
