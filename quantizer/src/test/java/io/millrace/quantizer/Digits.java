package io.millrace.quantizer;

import io.millrace.ir.Graph;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import java.util.List;

/** The digit nets and images. */
final class Digits {
    private static final Shape SHAPE = Shape.of(1, 1, 28, 28);

    private Digits() {}

    static Graph model(String name) {
        return Images.model(name);
    }

    static List<List<Tensor>> calibration() {
        return Images.frames(SHAPE, "digits-calib200-images.idx.gz");
    }

    /** All 2,000 held-out digits. */
    static List<List<Tensor>> heldOut() {
        return Images.frames(SHAPE, "digits-test200-images.idx", "digits-test1800-images.idx.gz");
    }

    static int[] labels() {
        return Images.labels("digits-test200-labels.idx", "digits-test1800-labels.idx.gz");
    }
}
