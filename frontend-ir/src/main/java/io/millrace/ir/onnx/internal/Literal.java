package io.millrace.ir.onnx.internal;

import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;

/** A constant tensor of the model. */
public sealed interface Literal {
    Shape shape();

    DataType type();

    record Floats(Tensor tensor) implements Literal {
        @Override
        public Shape shape() {
            return tensor.shape();
        }

        @Override
        public DataType type() {
            return DataType.FLOAT;
        }
    }

    /** Integers and booleans; the values lie in the type's range. The array is never changed after construction. */
    @SuppressWarnings("ArrayRecordComponent") // compared nowhere
    record Ints(DataType type, Shape shape, long[] values) implements Literal {
        public Ints {
            if (values.length != shape.volume()) {
                throw new IllegalArgumentException(values.length + " values for shape " + shape);
            }
        }
    }

    default Literal reshape(Shape other) {
        return switch (this) {
            case Floats(Tensor t) -> new Floats(t.reshape(other));
            case Ints(DataType type, var _, long[] values) -> new Ints(type, other, values);
        };
    }
}
