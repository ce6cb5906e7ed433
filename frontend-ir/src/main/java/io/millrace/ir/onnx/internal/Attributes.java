package io.millrace.ir.onnx.internal;

import io.millrace.ir.onnx.proto.AttributeProto;
import io.millrace.ir.onnx.proto.AttributeProto.AttributeType;
import io.millrace.ir.onnx.proto.NodeProto;
import io.millrace.ir.onnx.proto.TensorProto;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** An operator's attributes. Each is asked for by name and type; {@link #requireAllKnown} then finds those nobody asked for. */
final class Attributes {
    private static final int MAX_STRING = 64 << 10;
    private final Map<String, AttributeProto> byName = new LinkedHashMap<>();
    private final Set<String> asked = new HashSet<>();

    Attributes(NodeProto node) {
        for (AttributeProto a : node.getAttributeList()) {
            if (!a.getRefAttrName().isEmpty()) {
                throw Rejection.attribute("attribute '" + a.getName() + "' refers to an attribute of a function");
            }
            if (byName.put(a.getName(), a) != null) {
                throw Rejection.attribute("attribute '" + a.getName() + "' is given twice");
            }
        }
    }

    Optional<Long> integer(String name) {
        return find(name, AttributeType.INT).map(AttributeProto::getI);
    }

    long integer(String name, long otherwise) {
        return integer(name).orElse(otherwise);
    }

    /** An attribute that switches something: 0 or 1. */
    boolean flag(String name, boolean otherwise) {
        return integer(name, otherwise ? 1 : 0) != 0;
    }

    Optional<Float> real(String name) {
        return find(name, AttributeType.FLOAT).map(AttributeProto::getF);
    }

    float real(String name, float otherwise) {
        return real(name).orElse(otherwise);
    }

    String text(String name, String otherwise) {
        return find(name, AttributeType.STRING)
                .map(a -> {
                    if (a.getS().size() > MAX_STRING) {
                        throw Rejection.attribute("attribute '" + name + "' is longer than " + MAX_STRING + " bytes");
                    }
                    return a.getS().toStringUtf8();
                })
                .orElse(otherwise);
    }

    Optional<List<Long>> integers(String name) {
        return find(name, AttributeType.INTS).map(AttributeProto::getIntsList);
    }

    Optional<List<Float>> reals(String name) {
        return find(name, AttributeType.FLOATS).map(AttributeProto::getFloatsList);
    }

    Optional<TensorProto> tensor(String name) {
        return find(name, AttributeType.TENSOR).map(AttributeProto::getT);
    }

    /** Refuses attributes that this operator does not have at this opset. */
    void requireAllKnown() {
        var unknown = new ArrayList<>(byName.keySet());
        unknown.removeAll(asked);
        if (!unknown.isEmpty()) {
            throw Rejection.attribute("attribute '" + unknown.getFirst() + "' is unknown to this operator");
        }
    }

    private Optional<AttributeProto> find(String name, AttributeType type) {
        asked.add(name);
        AttributeProto a = byName.get(name);
        if (a == null) {
            return Optional.empty();
        }
        if (a.getType() != type) {
            throw Rejection.attribute("attribute '" + name + "' is of type " + a.getType() + ", must be " + type);
        }
        return Optional.of(a);
    }
}
