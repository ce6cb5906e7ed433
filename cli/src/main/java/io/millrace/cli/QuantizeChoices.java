package io.millrace.cli;

import io.millrace.boards.BundledDigits;
import io.millrace.boards.ImageSet;
import io.millrace.cli.internal.HostTail;
import io.millrace.ir.CompileException;
import io.millrace.ir.Cut;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.FloatEvaluator;
import io.millrace.ir.Graph;
import io.millrace.ir.Passes;
import io.millrace.ir.Shape;
import io.millrace.ir.SourceRef;
import io.millrace.ir.Tensor;
import io.millrace.ir.nets.Noise;
import io.millrace.quantizer.Calibration;
import io.millrace.quantizer.CalibrationMethod;
import io.millrace.quantizer.InputSpec;
import io.millrace.quantizer.NumberFormat;
import io.millrace.quantizer.QuantizeOptions;
import io.millrace.quantizer.Quantized;
import io.millrace.quantizer.Quantizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A model and how it becomes integers: what quantize, evaluate and compile have in common. */
final class QuantizeChoices {
    /** The formats by the names users type. */
    enum Format {
        INT8(NumberFormat.INT8),
        INT16(NumberFormat.INT16_FREE_Q),
        Q8_8(NumberFormat.INT16_Q8_8);

        private final NumberFormat format;

        Format(NumberFormat format) {
            this.format = format;
        }
    }

    @Mixin
    private final ModelFile model = new ModelFile();

    @Option(
            names = "--format",
            defaultValue = "int8",
            description = "int8, int16 (each map its own power of two) or q8_8; default int8.")
    private Format format = Format.INT8;

    @Option(
            names = "--method",
            defaultValue = "mean_square_error",
            description = "How ranges follow from the frames: ${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}.")
    private CalibrationMethod method = CalibrationMethod.MEAN_SQUARE_ERROR;

    @Option(
            names = "--percentile",
            defaultValue = "99.99",
            description = "Per cent of the values that --method percentile keeps inside; default ${DEFAULT-VALUE}.")
    private double percentile = 99.99;

    @Option(names = "--no-bias-correction", description = "Leave biases as they are.")
    private boolean noBiasCorrection;

    @Option(
            names = "--calibration",
            paramLabel = "IMAGES",
            description =
                    "IDX file of sample images to take ranges from; default: 200 bundled digits, or noise for a standard net.")
    private Optional<Path> calibration = Optional.empty();

    @Option(
            names = "--scale",
            defaultValue = "0.00392156862745098",
            description = "What a pixel of 0 to 255 is multiplied by; default 1/255.")
    private double scale = 1.0 / 255;

    @Option(
            names = "--mean",
            split = ",",
            description = "What is then subtracted: one value, or one a channel; default 0.")
    private List<Double> mean = List.of();

    @Option(
            names = "--host-tail",
            description = {
                "Leave the end of the model, from the first operator on that has no integers of its own, to the host: softmax,",
                "box decoding and the like."
            })
    private boolean hostTail;

    /** What the host computes behind the part that was quantized last. */
    private Optional<Graph> after = Optional.empty();

    /** What the host computes before the part that was quantized last. */
    private Optional<Graph> before = Optional.empty();

    /** The model's name as the user gave it. */
    String modelName() {
        return model.name();
    }

    String formatName() {
        return format.name().toLowerCase(Locale.ROOT);
    }

    /** Reads the model and quantizes it on the calibration images. */
    Quantized quantize(Output output) {
        return quantize(output, model.name());
    }

    /** The same for another model, with the same choices. */
    Quantized quantize(Output output, String name) {
        if (!(percentile > 50 && percentile <= 100)) {
            throw usage("--percentile", percentile + " is not over 50 and at most 100", "give a value such as 99.99");
        }
        output.progress("reading " + name);
        var read = model.read(name);
        read.notes().forEach(output::detail);
        before = model.startsInside() ? Optional.of(read.part().first()) : Optional.empty();
        var graph =
                Passes.compose(boardPart(output, Passes.canonicalise(read.part().second())));
        var frames = calibrationFrames(graph, name);
        output.progress("calibrating on " + frames.size() + " frames");
        var options = QuantizeOptions.of(format.format)
                .withMethod(method)
                .withPercentile(percentile)
                .withBiasCorrection(!noBiasCorrection)
                .withInput(before.isPresent() ? Optional.empty() : Optional.of(inputSpec()));
        var ranges = Calibration.of(graph, frames);
        output.progress("quantizing to " + formatName());
        return Quantizer.quantize(graph, ranges, options);
    }

    /** What of a graph the board computes. */
    private Graph boardPart(Output output, Graph canonical) {
        var cut = hostTail ? HostTail.of(canonical, format.format.precision()) : Optional.<Cut>empty();
        after = cut.map(Cut::second);
        if (hostTail) {
            long layers = after.map(HostTail::layers).orElse(0L);
            output.progress(
                    layers == 0 ? "nothing is left to the host" : "left to the host: the last " + layers + " layers");
        }
        if (cut.isPresent() && HostTail.layers(cut.get().first()) == 0) {
            throw usage(
                    model.name(), "has no layer before what --host-tail leaves to the host", "run it without Millrace");
        }
        return cut.map(Cut::first).orElse(canonical);
    }

    /** What the host computes behind the part that was quantized last, on what the board sends. */
    Optional<Graph> hostTail() {
        return after;
    }

    /** The images of {@code --calibration}, else what suits the model: noise for a net with random weights, the bundled digits for any other. */
    private List<List<Tensor>> calibrationFrames(Graph graph, String name) {
        if (calibration.isPresent()) {
            return frames(graph, ImageSet.read(calibration.get()), "the images of --calibration");
        }
        return ModelFile.isNet(name)
                ? List.of(inputs(Noise.frame(before.orElse(graph), 1)))
                : frames(graph, BundledDigits.calibration(), "the bundled digits");
    }

    /** Was the model quantized from a value inside it on? Then its inputs are no images. */
    boolean startsInside() {
        return before.isPresent();
    }

    /** Does the model end before its own end? Then its outputs are no scores. */
    boolean endsInside() {
        return model.endsInside() || after.isPresent();
    }

    /**
     * One frame for each image, as the float evaluator takes it; of a part of the model, what the part's inputs are on that image.
     *
     * @param origin what to call the images in a refusal
     * @throws CompileException CFG-0014 if the model doesn't take one image of this size
     */
    List<List<Tensor>> frames(Graph graph, ImageSet images, String origin) {
        var shape = requireFit(graph, images, origin);
        var spec = inputSpec();
        return IntStream.range(0, images.count())
                .parallel()
                .mapToObj(i -> inputs(List.of(tensor(images.image(i), shape, spec))))
                .toList();
    }

    private List<Tensor> inputs(List<Tensor> frame) {
        return before.map(graph -> FloatEvaluator.run(graph, frame)).orElse(frame);
    }

    /**
     * The shape of one image, which is that of the model's one input.
     *
     * @param origin what to call the images in a refusal
     * @throws CompileException CFG-0014 if the model doesn't take one image of this size, or there are no images
     */
    Shape requireFit(Graph graph, ImageSet images, String origin) {
        if (images.count() == 0) {
            throw usage(origin, "there is no image among them", "give a file that holds images");
        }
        var inputs = before.orElse(graph).inputs();
        var shape = Shape.of(1, images.channels(), images.height(), images.width());
        if (inputs.size() != 1 || !inputs.getFirst().shape().equals(shape)) {
            var wanted = inputs.stream().map(input -> input.shape().toString()).toList();
            throw usage(
                    model.name(),
                    "takes " + String.join(" and ", wanted) + ", but " + origin + " are " + shape,
                    "give images of that size with --calibration and --images");
        }
        return shape;
    }

    private static Tensor tensor(byte[] image, Shape shape, InputSpec spec) {
        int plane = shape.dim(2) * shape.dim(3);
        var values = new float[image.length];
        for (int i = 0; i < image.length; i++) {
            values[i] = (float) spec.real(Byte.toUnsignedInt(image[i]), i / plane);
        }
        return Tensor.wrap(shape, values);
    }

    private InputSpec inputSpec() {
        return new InputSpec(scale, mean);
    }

    private static CompileException usage(String where, String problem, String remedy) {
        return new CompileException(2, new Diagnostic("CFG-0014", SourceRef.file(where), problem, remedy));
    }
}
