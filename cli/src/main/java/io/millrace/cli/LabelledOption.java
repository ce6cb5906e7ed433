package io.millrace.cli;

import io.millrace.boards.BundledDigits;
import io.millrace.boards.LabelledImages;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** Labelled images to score a model on: two files of the user's, or the bundled digits. */
final class LabelledOption {
    /** Images without labels can't be scored, so the two options go together. */
    static final class Files {
        @Option(names = "--images", required = true, description = "IDX file of images; default: 2,000 bundled digits.")
        @SuppressWarnings("NullAway.Init") // picocli fills it
        private Path images;

        @Option(names = "--labels", required = true, description = "IDX file of their classes.")
        @SuppressWarnings("NullAway.Init") // picocli fills it
        private Path labels;
    }

    @ArgGroup(exclusive = false)
    private @Nullable Files files; // picocli fills it, and knows no optional groups

    /** Reads the images and their labels. */
    LabelledImages read() {
        var given = files;
        return given == null ? BundledDigits.heldOut() : LabelledImages.read(given.images, given.labels);
    }

    /** What to call the images in a refusal. */
    String origin() {
        return files == null ? "the bundled digits" : "the images of --images";
    }
}
