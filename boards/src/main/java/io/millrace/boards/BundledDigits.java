package io.millrace.boards;

import io.millrace.boards.internal.Resources;
import io.millrace.ir.data.IdxFile;
import java.util.stream.Stream;

/** Handwritten digits of MNIST packed into Millrace, 28x28 grey; licence and origin are in the NOTICE file. */
public final class BundledDigits {
    private BundledDigits() {}

    /** 2,000 digits no bundled network was trained on: first 200 with 20 of each class, then 1,800 by class. */
    public static LabelledImages heldOut() {
        return new LabelledImages(
                images("digits-test200-images").plus(images("digits-test1800-images")),
                Stream.of("digits-test200-labels", "digits-test1800-labels")
                        .flatMap(name -> LabelledImages.labels(idx(name), name).stream())
                        .toList());
    }

    /** 200 training digits, unlabelled: samples for choosing activation ranges. */
    public static ImageSet calibration() {
        return images("digits-calib200-images");
    }

    private static ImageSet images(String name) {
        return ImageSet.of(idx(name), name);
    }

    private static IdxFile idx(String name) {
        var file = name + ".idx.gz";
        return IdxFile.parse(Resources.bytes("/digits/" + file), file);
    }
}
