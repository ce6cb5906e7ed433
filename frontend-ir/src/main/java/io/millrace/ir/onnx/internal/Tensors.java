package io.millrace.ir.onnx.internal;

import com.google.protobuf.ByteString;
import io.millrace.ir.ImportCode;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import io.millrace.ir.onnx.proto.TensorProto;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Reads the values of tensors, wherever the format allows them to be. */
final class Tensors {
    private final ExternalData external;

    Tensors(ExternalData external) {
        this.external = external;
    }

    /** @throws Rejection if the data do not agree with type and dimensions */
    Literal read(TensorProto proto, String what) {
        DataType type = DataType.of(proto.getDataType(), what);
        if (proto.hasSegment()) {
            throw damaged(what + " is stored in segments, which ONNX never came to define");
        }
        Shape shape = shape(proto.getDimsList(), what);
        if (proto.getDataLocation() == TensorProto.DataLocation.EXTERNAL) {
            return raw(
                    ByteBuffer.wrap(external.read(proto, (long) shape.volume() * type.bytes(), what)),
                    type,
                    shape,
                    what);
        }
        if (proto.getExternalDataCount() > 0) {
            throw damaged(what + " names external data but says it is stored inside");
        }
        if (proto.hasRawData()) {
            if (typedCount(proto) > 0) {
                throw damaged(what + " holds its values twice");
            }
            ByteString bytes = proto.getRawData();
            if (bytes.size() != (long) shape.volume() * type.bytes()) {
                throw damaged(what + " holds " + bytes.size() + " bytes, its shape " + shape + " of " + type + " needs "
                        + (long) shape.volume() * type.bytes());
            }
            return raw(bytes.asReadOnlyByteBuffer(), type, shape, what);
        }
        return typed(proto, type, shape, what);
    }

    static Shape shape(List<Long> dims, String what) {
        if (dims.size() > Shape.MAX_RANK) {
            throw new Rejection(
                    ImportCode.LIMIT,
                    what + " has rank " + dims.size() + ", over " + Shape.MAX_RANK,
                    "use fewer dimensions");
        }
        long volume = 1;
        for (long d : dims) {
            if (d < 0) {
                throw damaged(what + " has a negative dimension in " + dims);
            }
            if (d > Integer.MAX_VALUE || (volume *= d) > Integer.MAX_VALUE) {
                throw new Rejection(
                        ImportCode.LIMIT, what + " has more than 2^31 - 1 elements in " + dims, "use a smaller tensor");
            }
        }
        return new Shape(dims.stream().map(Math::toIntExact).toList());
    }

    private static int typedCount(TensorProto proto) {
        return proto.getFloatDataCount()
                + proto.getInt32DataCount()
                + proto.getInt64DataCount()
                + proto.getDoubleDataCount()
                + proto.getUint64DataCount()
                + proto.getStringDataCount();
    }

    private static Literal raw(ByteBuffer bytes, DataType type, Shape shape, String what) {
        bytes.order(ByteOrder.LITTLE_ENDIAN);
        if (type == DataType.FLOAT) {
            float[] values = new float[shape.volume()];
            bytes.asFloatBuffer().get(values);
            return new Literal.Floats(Tensor.wrap(shape, values));
        }
        long[] values = new long[allocatable(shape, what)];
        for (int i = 0; i < values.length; i++) {
            values[i] = switch (type) {
                case UINT8 -> bytes.get() & 0xff;
                case INT8 -> bytes.get();
                case UINT16 -> bytes.getShort() & 0xffff;
                case INT16 -> bytes.getShort();
                case INT32 -> bytes.getInt();
                case INT64 -> bytes.getLong();
                case BOOL -> bytes.get() == 0 ? 0 : 1;
                case FLOAT -> throw new IllegalStateException("floats were read above");
            };
        }
        return new Literal.Ints(type, shape, values);
    }

    private static Literal typed(TensorProto proto, DataType type, Shape shape, String what) {
        int count = switch (type) {
            case FLOAT -> proto.getFloatDataCount();
            case INT64 -> proto.getInt64DataCount();
            case UINT8, INT8, UINT16, INT16, INT32, BOOL -> proto.getInt32DataCount();
        };
        if (count != shape.volume() || typedCount(proto) != count) {
            throw damaged(what + " holds " + count + " values of " + type + " and " + (typedCount(proto) - count)
                    + " of other types, its shape " + shape + " needs " + shape.volume());
        }
        if (type == DataType.FLOAT) {
            float[] values = new float[count];
            for (int i = 0; i < count; i++) {
                values[i] = proto.getFloatData(i);
            }
            return new Literal.Floats(Tensor.wrap(shape, values));
        }
        long[] values = new long[allocatable(shape, what)];
        for (int i = 0; i < count; i++) {
            values[i] = type == DataType.INT64 ? proto.getInt64Data(i) : proto.getInt32Data(i);
            if (values[i] < type.low() || values[i] > type.high()) {
                throw damaged(what + " holds " + values[i] + ", outside " + type);
            }
        }
        return new Literal.Ints(type, shape, values);
    }

    /** Integers take eight bytes each here, so one byte of file must not become a gigabyte of heap. */
    private static int allocatable(Shape shape, String what) {
        if (shape.volume() > 32 << 20) {
            throw new Rejection(
                    ImportCode.LIMIT,
                    what + " holds " + shape.volume() + " integers, over 33,554,432",
                    "split the layer, or store the weights as float32");
        }
        return shape.volume();
    }

    private static Rejection damaged(String problem) {
        return new Rejection(ImportCode.TENSOR_DATA, problem, "export the model again; the file is damaged");
    }
}
