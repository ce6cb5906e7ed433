package io.millrace.ir.onnx.internal;

import io.millrace.ir.ImportCode;
import io.millrace.ir.onnx.proto.TensorProto;

/** The element types of ONNX tensors that constants may have. */
public enum DataType {
    FLOAT(1, 4, 0, 0),
    UINT8(2, 1, 0, 255),
    INT8(3, 1, -128, 127),
    UINT16(4, 2, 0, 65_535),
    INT16(5, 2, -32_768, 32_767),
    INT32(6, 4, Integer.MIN_VALUE, Integer.MAX_VALUE),
    INT64(7, 8, Long.MIN_VALUE, Long.MAX_VALUE),
    BOOL(9, 1, 0, 1);

    private final int number;
    private final int bytes;
    private final long low;
    private final long high;

    DataType(int number, int bytes, long low, long high) {
        this.number = number;
        this.bytes = bytes;
        this.low = low;
        this.high = high;
    }

    /** Bytes of one element in raw data. */
    int bytes() {
        return bytes;
    }

    long low() {
        return low;
    }

    long high() {
        return high;
    }

    boolean isQuantized() {
        return this == UINT8 || this == INT8 || this == UINT16 || this == INT16;
    }

    static DataType of(long number, String what) {
        for (var t : values()) {
            if (t.number == number) {
                return t;
            }
        }
        var known = TensorProto.DataType.forNumber((int) number);
        if (known == null || known == TensorProto.DataType.UNDEFINED || known.getNumber() != number) {
            throw new Rejection(
                    ImportCode.TENSOR_DATA,
                    what + " has element type " + number + ", which ONNX does not define",
                    "export the model again; the file is damaged");
        }
        throw new Rejection(
                ImportCode.ELEMENT_TYPE,
                what + " has element type " + known + "; supported are float, integers up to 64 bits and bool",
                "export the model in float32");
    }
}
