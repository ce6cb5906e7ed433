package io.millrace.ir.onnx;

import io.millrace.ir.Shape;
import java.util.List;
import java.util.Map;

/**
 * What an import may do and how much it may use.
 *
 * @param allowExternalData whether weights may be read from files beside the model
 * @param inputShapes shapes of inputs by name, for models that leave dimensions free; they must agree with those that are stated
 * @param outputs what to read instead of the model's outputs, by name of a tensor or of the operator that makes it; empty for all
 *     of the model. Operators that none of them needs are passed over, whatever they are
 * @param maxFileBytes largest model file
 * @param maxExternalBytes most bytes of external data in all
 * @param maxParsedBytes most heap that the parsed message may take, weights left out
 * @param maxNodes most operators
 * @param maxTensors most tensors
 * @param maxFoldedElements most elements that constant folding may produce in all
 */
public record ImportOptions(
        boolean allowExternalData,
        Map<String, Shape> inputShapes,
        List<String> outputs,
        long maxFileBytes,
        long maxExternalBytes,
        long maxParsedBytes,
        int maxNodes,
        int maxTensors,
        long maxFoldedElements,
        boolean anyBatch) {
    /** No external data, 1 GiB files, 192 MiB of parsed structure, 100,000 nodes and tensors, 16 Mi folded elements. */
    public static final ImportOptions DEFAULT = new ImportOptions(
            false, Map.of(), List.of(), 1L << 30, 4L << 30, 192L << 20, 100_000, 100_000, 16L << 20, false);

    public ImportOptions {
        inputShapes = Map.copyOf(inputShapes);
        outputs = List.copyOf(outputs);
    }

    public ImportOptions withExternalData(boolean allowed) {
        return new ImportOptions(
                allowed,
                inputShapes,
                outputs,
                maxFileBytes,
                maxExternalBytes,
                maxParsedBytes,
                maxNodes,
                maxTensors,
                maxFoldedElements,
                anyBatch);
    }

    public ImportOptions withInputShapes(Map<String, Shape> shapes) {
        return new ImportOptions(
                allowExternalData,
                shapes,
                outputs,
                maxFileBytes,
                maxExternalBytes,
                maxParsedBytes,
                maxNodes,
                maxTensors,
                maxFoldedElements,
                anyBatch);
    }

    /** Whether inputs may have any shape, such as a batch of several frames: to evaluate a graph, not to compile it. */
    public ImportOptions withAnyBatch(boolean allowed) {
        return new ImportOptions(
                allowExternalData,
                inputShapes,
                outputs,
                maxFileBytes,
                maxExternalBytes,
                maxParsedBytes,
                maxNodes,
                maxTensors,
                maxFoldedElements,
                allowed);
    }

    /** Reads only what these tensors need, each named by itself or by the operator whose first result it is. */
    public ImportOptions withOutputs(List<String> names) {
        return new ImportOptions(
                allowExternalData,
                inputShapes,
                names,
                maxFileBytes,
                maxExternalBytes,
                maxParsedBytes,
                maxNodes,
                maxTensors,
                maxFoldedElements,
                anyBatch);
    }
}
