package io.millrace.boards.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.boards.BundledDigits;
import io.millrace.boards.BundledModels;
import io.millrace.ir.Cut;
import io.millrace.ir.FloatEvaluator;
import io.millrace.ir.Graph;
import io.millrace.ir.Node;
import io.millrace.ir.Passes;
import io.millrace.ir.Shape;
import io.millrace.ir.Tensor;
import io.millrace.ir.nets.Noise;
import io.millrace.ir.nets.StandardNet;
import io.millrace.ir.onnx.ImportOptions;
import io.millrace.ir.onnx.OnnxImporter;
import io.millrace.quantizer.Calibration;
import io.millrace.quantizer.HostCodes;
import io.millrace.quantizer.InputSpec;
import io.millrace.quantizer.NumberFormat;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QuantizeOptions;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.quantizer.Quantizer;
import io.millrace.quantizer.random.RandomQuantizedGraphs;
import io.millrace.runtime.Frame;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.Scheduler;
import io.millrace.scheduler.SharedProgram;
import io.millrace.scheduler.Target;
import io.millrace.simulator.LinkTrace;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Networks and frames for the proof chain's tests. */
public final class ProofNets {
    static final Target TARGET = new Target("test", Target.Family.VIRTEX6, 200, 768, 416, 0, 0, 150_720, 301_440, 0);

    private ProofNets() {}

    /** A bundled network, calibrated with bundled digits. */
    public static QuantizedGraph bundled(String name, NumberFormat format) {
        var model = BundledModels.find(name).orElseThrow();
        var graph = Passes.prepare(OnnxImporter.importBytes(model.bytes(), model.fileName(), ImportOptions.DEFAULT)
                .graph());
        var samples = new ArrayList<List<Tensor>>();
        for (int i = 0; i < 40; i++) {
            byte[] image = BundledDigits.calibration().image(i);
            var values = new float[image.length];
            for (int p = 0; p < values.length; p++) {
                values[p] = (float) InputSpec.UNIT.real(Byte.toUnsignedInt(image[p]), 0);
            }
            samples.add(List.of(Tensor.wrap(Shape.of(1, 1, 28, 28), values)));
        }
        return Quantizer.quantize(graph, Calibration.of(graph, samples), QuantizeOptions.of(format))
                .graph();
    }

    /** An int8 net calibrated with one frame. */
    public static QuantizedGraph quantized(Graph graph, List<Tensor> frame) {
        return Quantizer.quantize(graph, Calibration.of(graph, List.of(frame)), QuantizeOptions.of(NumberFormat.INT8))
                .graph();
    }

    /**
     * The part of a net between two values, calibrated with what a frame of noise has there.
     *
     * @param size of the net's input
     * @param from name of the node whose result goes in
     * @param to name of the node whose result comes out
     */
    static QuantizedGraph block(StandardNet net, int size, String from, String to) {
        Graph whole = net.graph(size, 10, 1);
        var cut = Cut.between(whole, List.of(id(whole, from)), List.of(id(whole, to)));
        var frame = FloatEvaluator.run(cut.first(), Noise.frame(cut.first(), 1));
        return quantized(Passes.prepare(cut.second()), frame);
    }

    private static int id(Graph graph, String name) {
        return graph.nodes().stream()
                .filter(n -> n.name().equals(name))
                .map(Node::id)
                .findFirst()
                .orElseThrow();
    }

    /** Held-out digits as codes. */
    public static List<List<short[]>> digits(QuantizedGraph graph, int count) {
        var images = BundledDigits.heldOut().images();
        var type = graph.inputs().getFirst().type();
        var frames = new ArrayList<List<short[]>>();
        for (int f = 0; f < count; f++) {
            frames.add(List.of(HostCodes.encodePixels(images.image(f), InputSpec.UNIT, type, graph.precision())));
        }
        return frames;
    }

    /** A chain, or a tree for odd seeds. */
    static QuantizedGraph random(long seed, Precision precision) {
        return seed % 2 == 0
                ? RandomQuantizedGraphs.generate(seed, 4, precision)
                : RandomQuantizedGraphs.generateTree(seed, 5, precision);
    }

    /** Proves programs on one machine, each on random frames, over a free link and over one that stalls in turn. */
    static void prove(MachineOptions options, List<SharedProgram> programs, int frames, Path folder) {
        var schedules = Scheduler.scheduleTogether(programs, TARGET, options);
        var cases = new ArrayList<ProofCase>();
        for (int i = 0; i < schedules.size(); i++) {
            var graph = programs.get(i).graph();
            cases.add(new ProofCase(
                    graph.name() + ", R " + programs.get(i).rows(),
                    schedules.get(i),
                    randomFrames(graph, frames, i),
                    i % 2 == 0 ? LinkTrace.NONE : LinkTrace.seeded(i, 300, 9, 7)));
        }
        var result = Proof.run(cases, folder, _ -> {});
        assertTrue(result.passed(), result::toString);
        assertEquals(programs.size() * frames, result.framesCompared());
    }

    /** A frame's codes as the host has them. */
    public static Frame frame(List<short[]> codes) {
        return Frame.of(codes.toArray(short[][]::new));
    }

    static List<List<short[]>> randomFrames(QuantizedGraph graph, int count, long seed) {
        var frames = new ArrayList<List<short[]>>();
        for (int f = 0; f < count; f++) {
            frames.add(RandomQuantizedGraphs.randomFrame(graph, seed * 100 + f));
        }
        return frames;
    }
}
