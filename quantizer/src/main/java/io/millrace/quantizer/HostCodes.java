package io.millrace.quantizer;

import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * The host's side of docs/numbers.md, section 1: real numbers to codes and back. Tensors are {@code [1, C, spatial...]},
 * codes lie in row, column, channel order, those of a volume {@code [1, C, D, H, W]} in row, column, plane, channel order.
 */
public final class HostCodes {
    private HostCodes() {}

    /** {@code sat(zeroPoint + floor(real / scale + 1/2))}. */
    public static short code(double real, MapType type, Precision precision) {
        double code = type.zeroPoint() + Math.floor(real / type.scale() + 0.5);
        return (short) Math.clamp(code, precision.low(), precision.high());
    }

    /** {@code (code - zeroPoint) * scale}. */
    public static double real(int code, MapType type) {
        return (code - type.zeroPoint()) * type.scale();
    }

    /**
     * Codes of a float tensor.
     *
     * @throws IllegalArgumentException if the tensor has not as many elements as the map
     */
    public static short[] encode(Tensor tensor, MapType type, Precision precision) {
        requireElements(tensor.size(), type);
        int channels = type.channels();
        int positions = type.elements() / channels;
        var codes = new short[type.elements()];
        for (int c = 0; c < channels; c++) {
            for (int p = 0; p < positions; p++) {
                codes[place(p, positions, type) * channels + c] = code(tensor.get(c * positions + p), type, precision);
            }
        }
        return codes;
    }

    /**
     * Codes of an image of bytes, in planes: all pixels of channel 0, then of channel 1, and so on.
     *
     * @throws IllegalArgumentException if the image has not as many pixels as the map has elements
     */
    public static short[] encodePixels(byte[] planes, InputSpec spec, MapType type, Precision precision) {
        requireElements(planes.length, type);
        int channels = type.channels();
        int positions = type.elements() / channels;
        var codes = new short[type.elements()];
        for (int c = 0; c < channels; c++) {
            for (int p = 0; p < positions; p++) {
                int pixel = Byte.toUnsignedInt(planes[c * positions + p]);
                codes[place(p, positions, type) * channels + c] = code(spec.real(pixel, c), type, precision);
            }
        }
        return codes;
    }

    /** The float tensor {@code [1, C, spatial...]} that codes stand for. */
    public static Tensor decode(short[] codes, MapType type) {
        requireElements(codes.length, type);
        int channels = type.channels();
        int positions = type.elements() / channels;
        var values = new float[codes.length];
        for (int c = 0; c < channels; c++) {
            for (int p = 0; p < positions; p++) {
                values[c * positions + p] = (float) real(codes[place(p, positions, type) * channels + c], type);
            }
        }
        var dims = new ArrayList<Integer>();
        dims.add(1);
        dims.add(channels);
        if (type.depth() > 1) {
            dims.addAll(List.of(type.depth(), type.rows(), type.columns() / type.depth()));
        } else {
            dims.addAll(type.spatial());
        }
        return Tensor.wrap(new Shape(dims), values);
    }

    /**
     * Where the codes of a tensor's position lie: of a volume, whose tensor has one plane after the other, the planes' codes are side by
     * side.
     *
     * @param position 0 to {@code positions - 1}, in the tensor's order
     */
    public static int place(int position, int positions, MapType type) {
        int plane = positions / type.depth();
        return position % plane * type.depth() + position / plane;
    }

    private static void requireElements(int found, MapType type) {
        if (found != type.elements()) {
            throw new IllegalArgumentException(found + " values for a map of " + type.elements());
        }
    }
}
