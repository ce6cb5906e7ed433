package io.millrace.benchmarks.jmh;

import io.millrace.boards.Boards;
import io.millrace.boards.BundledDigits;
import io.millrace.boards.BundledModels;
import io.millrace.boards.ImageSet;
import io.millrace.boards.flow.MachineChoice;
import io.millrace.boards.flow.Targets;
import io.millrace.ir.Graph;
import io.millrace.ir.Passes;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import io.millrace.ir.onnx.ImportOptions;
import io.millrace.ir.onnx.Imported;
import io.millrace.ir.onnx.OnnxImporter;
import io.millrace.quantizer.Calibration;
import io.millrace.quantizer.HostCodes;
import io.millrace.quantizer.InputSpec;
import io.millrace.quantizer.NumberFormat;
import io.millrace.quantizer.QuantizeOptions;
import io.millrace.quantizer.Quantized;
import io.millrace.quantizer.Quantizer;
import io.millrace.scheduler.Objective;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Target;
import java.util.List;
import java.util.stream.IntStream;

/** A bundled network on its way through the compiler: each step's input, made by the steps before it. */
final class Subject {
    static final int CALIBRATION_FRAMES = 20;

    private static final InputSpec INPUT = new InputSpec(1.0 / 255, List.of());

    final String name;
    final byte[] onnx;
    final Imported imported;
    final Graph graph;
    final List<List<Tensor>> frames;
    final Calibration calibration;
    final Quantized quantized;
    final Target target = Targets.of(Boards.byName("ml605"));

    Subject(String name) {
        this.name = name;
        this.onnx = BundledModels.find(name)
                .orElseThrow(() -> new IllegalArgumentException(name + " is no bundled network"))
                .bytes();
        this.imported = importModel();
        this.graph = Passes.prepare(imported.graph());
        this.frames = frames(BundledDigits.calibration());
        this.calibration = calibrate();
        this.quantized = quantize();
    }

    Imported importModel() {
        return OnnxImporter.importBytes(onnx, name + ".onnx", ImportOptions.DEFAULT);
    }

    Calibration calibrate() {
        return Calibration.of(graph, frames);
    }

    Quantized quantize() {
        return Quantizer.quantize(graph, calibration, QuantizeOptions.of(NumberFormat.INT8));
    }

    /** The schedule on the fastest machine of at most so many multipliers; 0 for as many as the board has. */
    Schedule schedule(int multipliers) {
        return new MachineChoice.Optimised(Objective.FASTEST.withMultipliersMax(multipliers))
                .schedule(quantized.graph(), target);
    }

    /** Held-out digits as input codes. */
    List<List<short[]>> codes(int count) {
        var digits = BundledDigits.heldOut().images();
        var type = quantized.graph().inputs().getFirst().type();
        return IntStream.range(0, count)
                .mapToObj(i -> List.of(HostCodes.encodePixels(
                        digits.image(i), INPUT, type, quantized.graph().precision())))
                .toList();
    }

    private static List<List<Tensor>> frames(ImageSet images) {
        return IntStream.range(0, CALIBRATION_FRAMES)
                .mapToObj(i -> {
                    byte[] image = images.image(i);
                    var values = new float[image.length];
                    for (int k = 0; k < values.length; k++) {
                        values[k] = (float) INPUT.real(Byte.toUnsignedInt(image[k]), 0);
                    }
                    return List.of(Tensor.wrap(Shape.of(1, 1, images.height(), images.width()), values));
                })
                .toList();
    }
}
