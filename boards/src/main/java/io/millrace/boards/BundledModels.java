package io.millrace.boards;

import java.util.List;
import java.util.Optional;

/** The networks packed into Millrace. All take one 28x28 digit, pixel / 255, and give ten logits. */
public final class BundledModels {
    private static final List<BundledModel> ALL = List.of(
            new BundledModel(
                    "lenet5",
                    "lenet5.onnx",
                    "conv 6@5x5, ReLU, max 2, conv 16@5x5, ReLU, max 2, fc 120, 84, 10; float 99.15 % of 2,000 digits"),
            new BundledModel(
                    "lenet5_dynview",
                    "lenet5_dynview.onnx",
                    "lenet5's weights, free batch size, the view written as shape arithmetic"),
            new BundledModel(
                    "lenet1",
                    "lenet1.onnx",
                    "4@5x5, tanh, trainable average 2, 12@5x5, tanh, trainable average 2, 10@4x4; float 98.10 % of 2,000 digits"),
            new BundledModel(
                    "lenet1_plain", "lenet1_plain.onnx", "lenet1 with plain averages; float 97.35 % of 2,000 digits"));

    private BundledModels() {}

    /** Every bundled model, in the order in which they are listed. */
    public static List<BundledModel> all() {
        return ALL;
    }

    /** The model of exactly that name. */
    public static Optional<BundledModel> find(String name) {
        return ALL.stream().filter(model -> model.name().equals(name)).findFirst();
    }
}
