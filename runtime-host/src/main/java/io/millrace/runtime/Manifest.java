package io.millrace.runtime;

import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import io.millrace.quantizer.Precision;
import io.millrace.scheduler.Identity;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;

/**
 * What a host has to know of a compiled model to use a board: identities, tensors, their place in the stream.
 *
 * @param model name of the model
 * @param board name of the board it was compiled for
 * @param design identity of the design
 * @param program identity of the program
 * @param precision width of all codes
 * @param hostLanes codes in one beat to the board
 * @param hostOutputLanes codes in one beat from the board
 * @param clockMhz assumed core clock
 * @param flushFrames frames that have to follow a frame before its result comes out: a machine works on several frames at once,
 *     in a fixed order; 0 if each comes out by itself
 * @param inputs by id
 * @param outputs by id
 * @param inputOrder rows as they lie in the stream; empty: tensors by id, each from row 0
 * @param outputOrder likewise; frames may overlap in it, each tensor's rows come in order
 */
public record Manifest(
        String model,
        String board,
        Identity design,
        Identity program,
        Precision precision,
        int hostLanes,
        int hostOutputLanes,
        double clockMhz,
        int flushFrames,
        List<TensorInfo> inputs,
        List<TensorInfo> outputs,
        List<RowRun> inputOrder,
        List<RowRun> outputOrder) {
    /** Consecutive rows of one tensor in the stream. */
    public record RowRun(int tensor, int firstRow, int rows) {}

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(SerializationFeature.INDENT_OUTPUT)
            .addModule(new SimpleModule()
                    .addSerializer(Identity.class, new IdentityWriter())
                    .addDeserializer(Identity.class, new IdentityReader()))
            .build();

    public Manifest {
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        inputOrder = List.copyOf(inputOrder);
        outputOrder = List.copyOf(outputOrder);
        requireLanes("hostLanes", hostLanes);
        requireLanes("hostOutputLanes", hostOutputLanes);
        if (flushFrames < 0 || flushFrames > 64) {
            throw new IllegalArgumentException("flushFrames " + flushFrames + " is not 0 to 64");
        }
        requireIds("input", inputs);
        requireIds("output", outputs);
        layout(precision, hostLanes, inputs, inputOrder);
        layout(precision, hostOutputLanes, outputs, outputOrder);
    }

    private static void requireLanes(String name, int lanes) {
        if (lanes < 1 || lanes > 256) {
            throw new IllegalArgumentException(name + " " + lanes + " is not 1 to 256");
        }
    }

    private static void requireIds(String kind, List<TensorInfo> tensors) {
        if (tensors.isEmpty()) {
            throw new IllegalArgumentException("no " + kind);
        }
        for (int i = 0; i < tensors.size(); i++) {
            if (tensors.get(i).id() != i) {
                throw new IllegalArgumentException(kind + " '" + tensors.get(i).name() + "' has id "
                        + tensors.get(i).id() + ", not " + i);
            }
        }
    }

    /** How an input frame lies in the stream to the board. */
    public FrameLayout inputLayout() {
        return layout(precision, hostLanes, inputs, inputOrder);
    }

    /** How a result lies in the stream from the board. */
    public FrameLayout outputLayout() {
        return layout(precision, hostOutputLanes, outputs, outputOrder);
    }

    private static FrameLayout layout(
            Precision precision, int hostLanes, List<TensorInfo> tensors, List<RowRun> order) {
        int codeBytes = precision.bits() / 8;
        var rows = order.isEmpty()
                ? tensors.stream().map(t -> new RowRun(t.id(), 0, t.rows())).toList()
                : order;
        var runs = rows.stream()
                .map(r -> {
                    if (r.tensor() < 0 || r.tensor() >= tensors.size()) {
                        throw new IllegalArgumentException("row order names tensor " + r.tensor());
                    }
                    return new FrameLayout.Run(
                            r.tensor(),
                            r.firstRow(),
                            r.rows(),
                            tensors.get(r.tensor()).rowCodes());
                })
                .toList();
        var layout = new FrameLayout(hostLanes * codeBytes, codeBytes, runs);
        if (!layout.tensorSizes().equals(tensors.stream().map(TensorInfo::size).toList())) {
            throw new IllegalArgumentException("row order holds tensors of " + layout.tensorSizes() + " codes, not "
                    + tensors.stream().map(TensorInfo::size).toList());
        }
        return layout;
    }

    /** The manifest as indented JSON; identities as 32 hexadecimal digits. */
    public String toJson() {
        return JSON.writeValueAsString(this) + "\n";
    }

    /**
     * Reads what {@link #toJson()} wrote.
     *
     * @param file its name, for messages
     * @throws CompileException exit code 3, {@code LNK-0112}, with the place of the first error
     */
    public static Manifest fromJson(String json, String file) {
        try {
            return JSON.readValue(json, Manifest.class);
        } catch (JacksonException e) {
            var place =
                    e.getLocation() == null ? "" : " at line " + e.getLocation().getLineNr();
            throw new CompileException(
                    3,
                    new Diagnostic(
                            "LNK-0112",
                            SourceRef.file(file),
                            "no usable manifest" + place + ": " + e.getOriginalMessage(),
                            "write the folder again with `millrace compile`"));
        }
    }

    private static final class IdentityWriter extends ValueSerializer<Identity> {
        @Override
        public void serialize(Identity value, JsonGenerator out, SerializationContext context) {
            out.writeString(value.toString());
        }
    }

    private static final class IdentityReader extends ValueDeserializer<Identity> {
        @Override
        public Identity deserialize(JsonParser in, DeserializationContext context) {
            String text = in.getValueAsString("");
            try {
                return Identity.parse(text);
            } catch (IllegalArgumentException e) {
                return (Identity)
                        context.handleWeirdStringValue(Identity.class, text, "an identity is 32 hexadecimal digits");
            }
        }
    }
}
