package io.millrace.boards.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.ir.BinaryFunction;
import io.millrace.ir.CompileException;
import io.millrace.ir.FloatEvaluator;
import io.millrace.ir.Graph;
import io.millrace.ir.Op;
import io.millrace.ir.PadMode;
import io.millrace.ir.Passes;
import io.millrace.ir.Tensor;
import io.millrace.ir.Window;
import io.millrace.ir.onnx.ImportOptions;
import io.millrace.ir.onnx.OnnxImporter;
import io.millrace.ir.onnx.OnnxWriter;
import io.millrace.quantizer.Calibration;
import io.millrace.quantizer.HostCodes;
import io.millrace.quantizer.IntegerEvaluator;
import io.millrace.quantizer.NumberFormat;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizeOptions;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.quantizer.Quantizer;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.Scheduler;
import io.millrace.scheduler.SharedProgram;
import io.millrace.simulator.LinkTrace;
import io.millrace.simulator.SimulationOptions;
import io.millrace.simulator.Simulator;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Each operator of the quantized graph at each level, in a small network of its own, in several shapes: what comes from ONNX, computes in floats and
 * integers, is scheduled and simulated, and runs as RTL. The table is printed, and a blank where none is expected is a failure.
 */
class OperatorLevelsTest {
    /** Maps of one position, of odd sizes, of one channel, of prime numbers of channels. */
    private static final List<int[]> SHAPES =
            List.of(new int[] {1, 4, 1, 1}, new int[] {1, 7, 5, 3}, new int[] {1, 1, 9, 6}, new int[] {1, 8, 4, 6});

    private enum Level {
        IMPORT,
        FLOAT,
        INTEGER,
        SCHEDULE,
        SIMULATOR,
        RTL
    }

    /** An operator in a shape; the levels that it has reached. */
    private static final class Row {
        private final String operator;
        private final String shape;
        private final SeededNet net;
        private final Map<Level, String> reached = new EnumMap<>(Level.class);

        Row(String operator, int[] shape, SeededNet net) {
            this.operator = operator;
            this.shape = Arrays.stream(shape).mapToObj(String::valueOf).collect(Collectors.joining("x"));
            this.net = net;
        }

        String name() {
            return operator + " " + shape;
        }

        String print() {
            return "%-14s %-12s %s"
                    .formatted(
                            operator,
                            shape,
                            Arrays.stream(Level.values())
                                    .map(l -> "%-9s".formatted(reached.getOrDefault(l, "")))
                                    .collect(Collectors.joining(" ")));
        }
    }

    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource(
            value = NumberFormat.class,
            names = {"INT8", "INT16_FREE_Q"})
    void everyOperatorAtEveryLevel(NumberFormat format) {
        List<Row> rows = rows();
        var graphs = new LinkedHashMap<Row, QuantizedGraph>();
        for (Row row : rows) {
            // The writer spells some operators out, so that what comes back is compared by its results.
            computed(row, imported(row));
            quantized(row, Passes.canonicalise(row.net.build(row.name())), format)
                    .ifPresent(g -> graphs.put(row, g));
        }
        graphs.entrySet().removeIf(e -> !isScheduled(e.getKey(), e.getValue()));
        prove(graphs);
        rows.forEach(row -> System.out.println(row.print()));
        var blanks = rows.stream()
                .filter(r -> r.reached.size() < Level.values().length)
                .map(r -> r.operator)
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(new TreeSet<>(), blanks);
        var seen = rows.stream().map(r -> r.operator).collect(Collectors.toSet());
        for (var kind : QOp.class.getPermittedSubclasses()) {
            if (kind != QOp.Input.class && !seen.contains(kind.getSimpleName())) {
                throw new AssertionError("no row for " + kind.getSimpleName());
            }
        }
    }

    private static Graph imported(Row row) {
        Graph graph = row.net.build(row.name());
        byte[] onnx = OnnxWriter.write(graph);
        Graph read = Passes.canonicalise(OnnxImporter.importBytes(onnx, row.name() + ".onnx", ImportOptions.DEFAULT)
                .graph());
        row.reached.put(Level.IMPORT, "yes");
        return read;
    }

    /** The imported network computes what the built one does. */
    private static void computed(Row row, Graph read) {
        Graph built = row.net.build(row.name());
        boolean same = true;
        for (List<Tensor> frame : row.net.frames(3)) {
            float[] due = FloatEvaluator.run(built, frame).getFirst().toArray();
            float[] found = FloatEvaluator.run(read, frame).getFirst().toArray();
            same &= due.length == found.length;
            for (int i = 0; same && i < due.length; i++) {
                same = Math.abs(due[i] - found[i]) <= 1e-4 * Math.max(1, Math.abs(due[i]));
            }
        }
        if (same) {
            row.reached.put(Level.FLOAT, "yes");
        }
    }

    /** The integer network has the operator, and is near to the floats, labels aside. */
    private static Optional<QuantizedGraph> quantized(Row row, Graph graph, NumberFormat format) {
        var frames = row.net.frames(12);
        var quantized = Quantizer.quantize(graph, Calibration.of(graph, frames), QuantizeOptions.of(format))
                .graph();
        boolean there = quantized.nodes().stream()
                .anyMatch(n -> n.op().getClass().getSimpleName().equals(row.operator));
        double signal = 0;
        double noise = 0;
        for (List<Tensor> frame : frames) {
            float[] due = FloatEvaluator.run(graph, frame).getFirst().toArray();
            short[] codes = HostCodes.encode(frame.getFirst(), quantized.node(0).type(), quantized.precision());
            var type = quantized.node(quantized.outputs().getFirst()).type();
            float[] found = HostCodes.decode(
                            IntegerEvaluator.run(quantized, List.of(codes)).getFirst(), type)
                    .toArray();
            for (int i = 0; i < due.length; i++) {
                signal += due[i] * due[i];
                noise += (due[i] - found[i]) * (due[i] - found[i]);
            }
        }
        double decibels = 10 * Math.log10(signal / noise);
        double least = format == NumberFormat.INT8 ? 20 : 60;
        if (there && (row.operator.equals("ArgMax") || decibels > least)) {
            row.reached.put(Level.INTEGER, "yes");
            return Optional.of(quantized);
        }
        return Optional.empty();
    }

    private static MachineOptions options() {
        return MachineOptions.oneEngine(3, 4, 1, 2, 4).withHost(2, 2).withDescriptorBits(64);
    }

    private static boolean isScheduled(Row row, QuantizedGraph graph) {
        try {
            var schedule = Scheduler.scheduleTogether(
                            List.of(new SharedProgram(graph, List.of(2))), ProofNets.TARGET, options())
                    .getFirst();
            row.reached.put(Level.SCHEDULE, "yes");
            var frames = ProofNets.randomFrames(graph, 2, 1);
            var result = Simulator.run(schedule, SimulationOptions.values(frames));
            boolean same = IntStream.range(0, frames.size()).allMatch(f -> {
                var due = IntegerEvaluator.run(graph, frames.get(f));
                var found = result.outputs().get(f);
                return IntStream.range(0, due.size()).allMatch(o -> Arrays.equals(due.get(o), found.get(o)));
            });
            if (same) {
                row.reached.put(Level.SIMULATOR, "yes");
            }
            return same;
        } catch (CompileException e) {
            return false;
        }
    }

    /** All on one machine, each a program of its own. */
    private void prove(Map<Row, QuantizedGraph> graphs) {
        var rows = new ArrayList<>(graphs.keySet());
        var programs = new ArrayList<SharedProgram>();
        graphs.values().forEach(g -> programs.add(new SharedProgram(g, List.of(1 + programs.size() % 3))));
        var schedules = Scheduler.scheduleTogether(programs, ProofNets.TARGET, options());
        var cases = new ArrayList<ProofCase>();
        for (int i = 0; i < rows.size(); i++) {
            var frames = ProofNets.randomFrames(programs.get(i).graph(), 2, i);
            cases.add(new ProofCase(rows.get(i).name() + " " + i, schedules.get(i), frames, LinkTrace.NONE));
        }
        var results = Proof.run(cases, folder, _ -> {}).cases();
        for (int i = 0; i < rows.size(); i++) {
            if (results.get(i).passed()) {
                rows.get(i).reached.put(Level.RTL, "yes");
            }
        }
    }

    private static List<Row> rows() {
        var rows = new ArrayList<Row>();
        for (int[] shape : SHAPES) {
            spatial(rows, shape);
            joins(rows, shape);
            moves(rows, shape);
        }
        var cube = new Window(List.of(3, 3, 3), List.of(1, 1, 1), List.of(1, 1, 1), List.of(1, 1, 1), List.of(1, 1, 1));
        for (int[] shape : List.of(new int[] {1, 1, 2, 1, 1}, new int[] {1, 3, 5, 2, 3})) {
            rows.add(new Row("View", shape, new SeededNet(1, shape).conv(3, cube, 1)));
        }
        return rows;
    }

    private static void spatial(List<Row> rows, int[] shape) {
        int channels = shape[1];
        var same = new Window(List.of(3, 3), List.of(1, 1), List.of(1, 1), List.of(1, 1), List.of(1, 1));
        rows.add(new Row("Conv", shape, new SeededNet(1, shape).conv(5, same, 1).relu()));
        rows.add(new Row("Conv", shape, new SeededNet(2, shape).conv(channels, same, channels)));
        if (channels % 4 == 0) {
            rows.add(new Row("Conv", shape, new SeededNet(3, shape).conv(channels, same, 4)));
        }
        rows.add(new Row("MaxPool", shape, new SeededNet(4, shape).add(new Op.MaxPool(same))));
        rows.add(new Row("SumPool", shape, new SeededNet(5, shape).add(new Op.AveragePool(same, true))));
        rows.add(new Row("ArgMax", shape, new SeededNet(6, shape).add(new Op.TopK(1, true))));
        rows.add(new Row("View", shape, new SeededNet(7, shape).conv(5, same, 1).add(new Op.TopK(1, false))));
    }

    private static void joins(List<Row> rows, int[] shape) {
        for (var function : BinaryFunction.values()) {
            String operator = switch (function) {
                case ADD, SUB -> "Add";
                case MUL -> "Mul";
                case MAX, MIN -> "Extreme";
                case DIV -> "";
            };
            if (!operator.isEmpty()) {
                rows.add(new Row(operator, shape, two(shape).join(new Op.Binary(function), 1, 2)));
            }
        }
        var one = Window.of(1, 1);
        rows.add(
                new Row("Concat", shape, two(shape).join(new Op.Concat(1), 1, 2).conv(3, one, 1)));
    }

    /** Two convolutions of the input: nodes 1 and 2. */
    private static SeededNet two(int[] shape) {
        return new SeededNet(8, shape).conv(3, Window.of(1, 1), 1).from(0).conv(3, Window.of(1, 1), 1);
    }

    private static void moves(List<Row> rows, int[] shape) {
        var padded = new Op.Pad(PadMode.CONSTANT, 0.25f, List.of(0, 0, 1, 2), List.of(0, 0, 0, 1));
        rows.add(new Row("Gather", shape, new SeededNet(9, shape).add(padded)));
        var edges = new Op.Pad(PadMode.EDGE, 0, List.of(0, 0, 0, 2), List.of(0, 0, 0, 1));
        rows.add(new Row("Gather", shape, new SeededNet(9, shape).add(edges)));
        rows.add(new Row(
                "DepthToSpace",
                shape,
                new SeededNet(10, shape).conv(8, Window.of(1, 1), 1).add(new Op.DepthToSpace(2))));
    }
}
