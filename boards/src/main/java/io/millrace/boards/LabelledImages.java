package io.millrace.boards;

import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.ImportCode;
import io.millrace.ir.SourceRef;
import io.millrace.ir.data.IdxFile;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

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
     * @throws CompileException as {@link ImageSet#read}; CFG-0022 if the files differ in length
     */
    public static LabelledImages read(Path images, Path labels) {
        var pictures = ImageSet.read(images);
        var classes = labels(IdxFile.read(labels), String.valueOf(labels.getFileName()));
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

    static List<Integer> labels(IdxFile idx, String file) {
        if (idx.dims().size() != 1) {
            throw ImportCode.IDX_FILE.exception(
                    SourceRef.file(file), "has sizes " + idx.dims() + ", which are no labels", "give a file of rank 1");
        }
        var data = idx.data();
        return IntStream.range(0, data.length)
                .mapToObj(i -> Byte.toUnsignedInt(data[i]))
                .toList();
    }
}
