package io.millrace.ir.onnx;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.millrace.ir.onnx.proto.ModelProto;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Damages models: bytes anywhere, bytes outside the weights, or fields of the message. */
final class Mutator {
    private static final List<Long> ODD_INTEGERS = List.of(
            0L,
            1L,
            -1L,
            2L,
            3L,
            4L,
            5L,
            7L,
            8L,
            13L,
            16L,
            127L,
            255L,
            65_536L,
            (long) Integer.MAX_VALUE,
            Long.MAX_VALUE,
            Long.MIN_VALUE,
            1L << 40);
    private static final List<Float> ODD_FLOATS = List.of(
            0f,
            -0f,
            1f,
            -1f,
            0.5f,
            1e-30f,
            1e30f,
            Float.NaN,
            Float.POSITIVE_INFINITY,
            Float.NEGATIVE_INFINITY,
            3f,
            -2.5f);
    private final Random random;

    Mutator(long seed) {
        random = new Random(seed);
    }

    byte[] mutate(byte[] model) {
        return switch (random.nextInt(5)) {
            case 0 -> bytes(model.clone(), List.of(new int[] {0, model.length}));
            case 1 -> structure(model);
            default -> fields(model);
        };
    }

    /** One to four changes within the ranges: set, flip, insert, delete, or cut the end off. */
    private byte[] bytes(byte[] model, List<int[]> ranges) {
        byte[] b = model;
        for (int n = 1 + random.nextInt(4); n > 0; n--) {
            int[] range = ranges.get(random.nextInt(ranges.size()));
            int at = Math.min(b.length - 1, range[0] + random.nextInt(Math.max(1, range[1] - range[0])));
            switch (random.nextInt(12)) {
                case 0 -> b = replace(b, at, 0, random.nextInt(256));
                case 1 -> b = replace(b, at, 1 + random.nextInt(3));
                case 2 -> b = n == 1 ? java.util.Arrays.copyOf(b, at) : b;
                case 3, 4, 5, 6 -> b[at] = (byte) random.nextInt(256);
                default -> b[at] ^= (byte) (1 << random.nextInt(8));
            }
            if (b.length == 0) {
                return b;
            }
        }
        return b;
    }

    private static byte[] replace(byte[] b, int at, int removed, int... added) {
        var out = new ByteArrayOutputStream();
        out.write(b, 0, at);
        for (int a : added) {
            out.write(a);
        }
        int from = Math.min(b.length, at + removed);
        out.write(b, from, b.length - from);
        return out.toByteArray();
    }

    /** Changes bytes that are not weights. */
    private byte[] structure(byte[] model) {
        var weights = new ArrayList<int[]>();
        var parsed = parse(model);
        for (var t : parsed.getGraph().getInitializerList()) {
            int at = indexOf(model, t.getRawData());
            if (at >= 0 && t.getRawData().size() >= 16) {
                weights.add(new int[] {at, at + t.getRawData().size()});
            }
        }
        weights.sort((p, q) -> p[0] - q[0]);
        var ranges = new ArrayList<int[]>();
        int from = 0;
        for (int[] w : weights) {
            if (w[0] > from) {
                ranges.add(new int[] {from, w[0]});
            }
            from = Math.max(from, w[1]);
        }
        ranges.add(new int[] {from, model.length});
        return bytes(model.clone(), ranges);
    }

    private static int indexOf(byte[] model, ByteString data) {
        byte[] d = data.toByteArray();
        outer:
        for (int i = 0; d.length > 0 && i + d.length <= model.length; i++) {
            for (int k = 0; k < d.length; k++) {
                if (model[i + k] != d[k]) {
                    continue outer;
                }
            }
            return i;
        }
        return -1;
    }

    private static ModelProto parse(byte[] model) {
        try {
            return ModelProto.parseFrom(model);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("the model to damage is sound", e);
        }
    }

    private byte[] fields(byte[] model) {
        var builder = parse(model).toBuilder();
        for (int n = 1 + random.nextInt(2); n > 0; n--) {
            change(builder, 0);
        }
        return builder.build().toByteArray();
    }

    /** Changes one field somewhere below the message. */
    private void change(Message.Builder message, int depth) {
        var present = new ArrayList<>(message.getAllFields().entrySet());
        if (present.isEmpty()) {
            return;
        }
        Map.Entry<FieldDescriptor, Object> entry = present.get(random.nextInt(present.size()));
        if (depth == 0) {
            // almost everything is in the graph
            entry = present.stream()
                    .filter(e -> e.getKey().getName().equals("graph") && random.nextInt(10) > 0)
                    .findFirst()
                    .orElse(entry);
        }
        FieldDescriptor field = entry.getKey();
        if (field.isRepeated()) {
            repeated(message, field, depth);
        } else if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
            if (random.nextInt(20) == 0) {
                message.clearField(field);
            } else {
                change(message.getFieldBuilder(field), depth + 1);
            }
        } else if (random.nextInt(6) == 0) {
            message.clearField(field);
        } else {
            message.setField(field, other(field, entry.getValue()));
        }
    }

    private void repeated(Message.Builder message, FieldDescriptor field, int depth) {
        int count = message.getRepeatedFieldCount(field);
        int at = random.nextInt(count);
        var all = new ArrayList<Object>();
        for (int i = 0; i < count; i++) {
            all.add(message.getRepeatedField(field, i));
        }
        switch (random.nextInt(10)) {
            case 0 -> all.remove(at);
            case 1 -> all.add(random.nextInt(count + 1), all.get(at));
            case 2 -> java.util.Collections.swap(all, at, random.nextInt(count));
            default -> {
                if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
                    Message.Builder part = ((Message) all.get(at)).toBuilder();
                    change(part, depth + 1);
                    all.set(at, part.build());
                } else if (field.getName().equals("input")) {
                    // another operand, so that the graph's structure changes
                    all.set(at, all.get(random.nextInt(count)));
                } else {
                    all.set(at, other(field, all.get(at)));
                }
            }
        }
        message.clearField(field);
        all.forEach(v -> message.addRepeatedField(field, v));
    }

    private Object other(FieldDescriptor field, Object value) {
        return switch (field.getJavaType()) {
            case INT -> (int) (long) integer((Integer) value);
            case LONG -> integer((Long) value);
            case FLOAT -> ODD_FLOATS.get(random.nextInt(ODD_FLOATS.size()));
            case DOUBLE -> (double) ODD_FLOATS.get(random.nextInt(ODD_FLOATS.size()));
            case BOOLEAN -> !(Boolean) value;
            case STRING -> text((String) value);
            case BYTE_STRING -> {
                byte[] b = ((ByteString) value).toByteArray();
                yield ByteString.copyFrom(
                        b.length == 0 ? new byte[] {65} : bytes(b.clone(), List.of(new int[] {0, b.length})));
            }
            case ENUM ->
                field.getEnumType()
                        .getValues()
                        .get(random.nextInt(field.getEnumType().getValues().size()));
            case MESSAGE -> value;
        };
    }

    private long integer(long value) {
        return switch (random.nextInt(3)) {
            case 0 -> value + 1;
            case 1 -> value - 1;
            default -> ODD_INTEGERS.get(random.nextInt(ODD_INTEGERS.size()));
        };
    }

    private String text(String value) {
        return switch (random.nextInt(6)) {
            case 0 -> "";
            case 1 -> value + "x";
            case 2 -> "Relu";
            case 3 -> "AveragePool";
            case 4 -> value.substring(0, value.length() / 2);
            default -> "\u0000\u00e9" + value;
        };
    }
}
