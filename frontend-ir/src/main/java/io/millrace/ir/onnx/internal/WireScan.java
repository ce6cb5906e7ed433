package io.millrace.ir.onnx.internal;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import io.millrace.ir.ImportCode;
import io.millrace.ir.onnx.ImportOptions;
import io.millrace.ir.onnx.proto.ModelProto;
import java.io.IOException;
import java.util.Map;

/**
 * Walks the bytes of a model without building anything, and refuses what would take too much memory or nest too deeply once built.
 * A message of two bytes becomes an object of more than a hundred, so the size of a file alone bounds nothing.
 */
public final class WireScan {
    static final int MAX_DEPTH = 32;
    private static final int OBJECT_BYTES = 160;
    private static final int SCALAR_BYTES = 16;

    private enum Kind {
        MODEL,
        GRAPH,
        NODE,
        ATTRIBUTE,
        TENSOR,
        VALUE_INFO,
        TYPE,
        TENSOR_TYPE,
        SHAPE,
        DIMENSION,
        ENTRY
    }

    private static final Map<Kind, Map<Integer, Kind>> CHILDREN = Map.ofEntries(
            Map.entry(Kind.MODEL, Map.of(7, Kind.GRAPH, 8, Kind.ENTRY, 14, Kind.ENTRY)),
            Map.entry(
                    Kind.GRAPH,
                    Map.of(
                            1,
                            Kind.NODE,
                            5,
                            Kind.TENSOR,
                            11,
                            Kind.VALUE_INFO,
                            12,
                            Kind.VALUE_INFO,
                            13,
                            Kind.VALUE_INFO)),
            Map.entry(Kind.NODE, Map.of(5, Kind.ATTRIBUTE)),
            Map.entry(Kind.ATTRIBUTE, Map.of(5, Kind.TENSOR, 6, Kind.GRAPH, 10, Kind.TENSOR, 11, Kind.GRAPH)),
            Map.entry(Kind.TENSOR, Map.of(13, Kind.ENTRY)),
            Map.entry(Kind.VALUE_INFO, Map.of(2, Kind.TYPE)),
            Map.entry(Kind.TYPE, Map.of(1, Kind.TENSOR_TYPE)),
            Map.entry(Kind.TENSOR_TYPE, Map.of(2, Kind.SHAPE)),
            Map.entry(Kind.SHAPE, Map.of(1, Kind.DIMENSION)),
            Map.entry(Kind.DIMENSION, Map.of()),
            Map.entry(Kind.ENTRY, Map.of()));

    private final ImportOptions options;
    private long parsedBytes;
    private int nodes;
    private int tensors;

    private WireScan(ImportOptions options) {
        this.options = options;
    }

    /**
     * The model in these bytes, which the result keeps and shares.
     *
     * @throws Rejection if they are no model or hit a limit
     */
    public static ModelProto parse(ByteString bytes, ImportOptions options) {
        try {
            CodedInputStream scan = bytes.newCodedInput();
            scan.setSizeLimit(Integer.MAX_VALUE);
            new WireScan(options).message(scan, Kind.MODEL, 0);
            CodedInputStream in = bytes.newCodedInput();
            in.enableAliasing(true);
            in.setSizeLimit(Integer.MAX_VALUE);
            in.setRecursionLimit(MAX_DEPTH);
            ModelProto model = ModelProto.parseFrom(in);
            in.checkLastTagWas(0);
            return model;
        } catch (IOException e) {
            throw new Rejection(
                    ImportCode.NOT_ONNX,
                    "the bytes are not an ONNX model: " + e.getMessage(),
                    "check that the file is complete, then export or download it again");
        }
    }

    private void message(CodedInputStream in, Kind kind, int depth) throws IOException {
        if (depth > MAX_DEPTH) {
            throw limit("messages nest deeper than " + MAX_DEPTH);
        }
        add(OBJECT_BYTES);
        count(kind);
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            int field = WireFormat.getTagFieldNumber(tag);
            switch (WireFormat.getTagWireType(tag)) {
                case WireFormat.WIRETYPE_VARINT -> {
                    in.readRawVarint64();
                    add(SCALAR_BYTES);
                }
                case WireFormat.WIRETYPE_FIXED32 -> {
                    in.readRawLittleEndian32();
                    add(SCALAR_BYTES);
                }
                case WireFormat.WIRETYPE_FIXED64 -> {
                    in.readRawLittleEndian64();
                    add(SCALAR_BYTES);
                }
                case WireFormat.WIRETYPE_LENGTH_DELIMITED -> delimited(in, kind, field, depth);
                default ->
                    throw new Rejection(
                            ImportCode.NOT_ONNX,
                            "field " + field + " at byte " + in.getTotalBytesRead()
                                    + " has a wire type ONNX does not use",
                            "check that the file is complete, then export or download it again");
            }
        }
    }

    private void delimited(CodedInputStream in, Kind kind, int field, int depth) throws IOException {
        int length = in.readRawVarint32();
        Kind child = CHILDREN.getOrDefault(kind, Map.of()).get(field);
        if (child == null) {
            add(2 * SCALAR_BYTES
                    + (isWeights(kind, field) ? 0 : isPackedVarints(kind, field) ? 12L * length : 2L * length));
            in.skipRawBytes(length);
            return;
        }
        int outer = in.pushLimit(length);
        message(in, child, depth + 1);
        in.popLimit(outer);
    }

    /** Data that takes no more heap than file. */
    private static boolean isWeights(Kind kind, int field) {
        return kind == Kind.TENSOR && (field == 9 || field == 4);
    }

    private static boolean isPackedVarints(Kind kind, int field) {
        return kind == Kind.TENSOR && (field == 1 || field == 5 || field == 7 || field == 11)
                || kind == Kind.ATTRIBUTE && field == 8;
    }

    private void count(Kind kind) {
        if (kind == Kind.NODE && ++nodes > options.maxNodes()) {
            throw limit("the model has more than " + options.maxNodes() + " operators");
        }
        if (kind == Kind.TENSOR && ++tensors > options.maxTensors()) {
            throw limit("the model has more than " + options.maxTensors() + " tensors");
        }
    }

    private void add(long bytes) {
        parsedBytes += bytes;
        if (parsedBytes > options.maxParsedBytes()) {
            throw limit("the model's structure needs more than " + (options.maxParsedBytes() >> 20) + " MiB of memory");
        }
    }

    private static Rejection limit(String problem) {
        return new Rejection(ImportCode.LIMIT, problem, "simplify the model, or raise the limit in ImportOptions");
    }
}
