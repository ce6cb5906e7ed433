package io.millrace.boards;

import io.millrace.boards.internal.Idx;
import io.millrace.boards.internal.Resources;
import java.util.stream.Stream;

/** Handwritten digits of MNIST packed into Millrace, 28x28 grey; licence and origin are in the NOTICE file. */
public final class BundledDigits {
    private BundledDigits() {}

    /** 2,000 digits no bundled network was trained on: first 200 with 20 of each class, then 1,800 by class. */
    public static LabelledImages heldOut() {
        return new LabelledImages(
                idx("digits-test200-images")
                        .images()
                        .plus(idx("digits-test1800-images").images()),
                Stream.of("digits-test200-labels", "digits-test1800-labels")
                        .flatMap(name -> idx(name).labels().stream())
                        .toList());
    }

    /** 200 training digits, unlabelled: samples for choosing activation ranges. */
    public static ImageSet calibration() {
        return idx("digits-calib200-images").images();
    }

    private static Idx idx(String name) {
        var file = name + ".idx.gz";
        return Idx.parse(file, Resources.bytes("/digits/" + file));
    }
}
