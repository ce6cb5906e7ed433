package io.millrace.boards;

import io.millrace.boards.internal.Idx;
import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import java.nio.file.Path;
import java.util.List;

/**
 * Images with the class each one shows.
 *
 * @param labels one for each image, in their order
 */
public record LabelledImages(ImageSet images, List<Integer> labels) {
    public LabelledImages {
        labels = List.copyOf(labels);
        if (labels.size() != images.count()) {
            throw new IllegalArgumentException(labels.size() + " labels for " + images.count() + " images");
        }
    }

    /**
     * Reads two IDX files, plain or gzip.
     *
     * @throws CompileException CFG-0020 or CFG-0021 as {@link ImageSet#read}; CFG-0022 if the files differ in length
     */
    public static LabelledImages read(Path images, Path labels) {
        var pictures = ImageSet.read(images);
        var classes = Idx.read(labels).labels();
        if (classes.size() != pictures.count()) {
            throw new CompileException(
                    3,
                    new Diagnostic(
                            "CFG-0022",
                            SourceRef.file(String.valueOf(labels.getFileName())),
                            classes.size() + " labels for the " + pictures.count() + " images of "
                                    + images.getFileName(),
                            "give the label file that belongs to the images"));
        }
        return new LabelledImages(pictures, classes);
    }
}
