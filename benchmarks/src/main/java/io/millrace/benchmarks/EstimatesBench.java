package io.millrace.benchmarks;

import io.millrace.boards.Boards;
import io.millrace.boards.BundledModels;
import io.millrace.boards.Family;
import io.millrace.boards.flow.Targets;
import io.millrace.boards.synthesis.Ice40Placement;
import io.millrace.boards.synthesis.SynthesisReport;
import io.millrace.boards.synthesis.YosysSynthesis;
import io.millrace.hdl.DesignGenerator;
import io.millrace.ir.Graph;
import io.millrace.ir.nets.PeerNet;
import io.millrace.ir.nets.StandardNet;
import io.millrace.ir.onnx.ImportOptions;
import io.millrace.ir.onnx.OnnxImporter;
import io.millrace.quantizer.NumberFormat;
import io.millrace.scheduler.Cost;
import io.millrace.scheduler.CostModel;
import io.millrace.scheduler.Fit;
import io.millrace.scheduler.Objective;
import io.millrace.scheduler.Optimizer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Resource estimates of machines that the search finds, against yosys' synthesis of their cores for the board's family, and for iCE40 against what nextpnr-ice40
 * places. Weights are random or not: none is in a core.
 */
public final class EstimatesBench {
    private static final Duration LIMIT = Duration.ofHours(1);
    private static final Set<String> LOGIC = Set.of("lut", "ff", "logicCells");

    private EstimatesBench() {}

    /**
     * A design of the table.
     *
     * @param net name of the net
     * @param multipliersMax multipliers in matrix engines at most, 0 for as many as the board has
     */
    public record Subject(String net, Supplier<Graph> graph, NumberFormat format, String board, int multipliersMax) {
        /** One word for a user to choose it by. */
        public String name() {
            String numbers = format == NumberFormat.INT8 ? "" : "-int16";
            return net + numbers + "-" + board + (multipliersMax == 0 ? "" : "-" + multipliersMax);
        }
    }

    /** All of them, family by family. */
    public static final List<Subject> SUBJECTS = List.of(
            bundled("lenet1", "ml605", 8),
            peer(PeerNet.LENET5, NumberFormat.INT8, "ml605", 64),
            peer(PeerNet.LENET5, NumberFormat.INT16_FREE_Q, "ml605", 32),
            standard(StandardNet.RESNET8, NumberFormat.INT8, "ml605", 64),
            standard(StandardNet.RESNET8, NumberFormat.INT8, "ml605", 256),
            standard(StandardNet.MOBILENET_V1, NumberFormat.INT8, "ml605", 32),
            standard(StandardNet.SCENE_PARSING_TABLES, NumberFormat.INT8, "ml605", 96),
            standard(StandardNet.SCENE_PARSING, NumberFormat.INT8, "ml605", 0),
            bundled("lenet1", "arty-a7-100", 16),
            peer(PeerNet.LENET5, NumberFormat.INT8, "arty-a7-100", 0),
            peer(PeerNet.CIFAR3, NumberFormat.INT8, "arty-a7-100", 64),
            standard(StandardNet.RESNET8, NumberFormat.INT16_FREE_Q, "kc705", 48),
            standard(StandardNet.SQUEEZENET, NumberFormat.INT8, "kc705", 64),
            standard(StandardNet.ALEXNET, NumberFormat.INT8, "kc705", 64),
            bundled("lenet5", "icebreaker", 0),
            bundled("lenet5", "icebreaker", 4),
            bundled("lenet1", "icebreaker", 0),
            bundled("lenet1", "icebreaker", 2),
            bundled("lenet1", "hx8k", 0));

    private static Subject bundled(String net, String board, int multipliersMax) {
        return new Subject(net, () -> bundled(net), NumberFormat.INT8, board, multipliersMax);
    }

    private static Graph bundled(String net) {
        var model = BundledModels.find(net).orElseThrow();
        return OnnxImporter.importBytes(model.bytes(), model.fileName(), ImportOptions.DEFAULT)
                .graph();
    }

    private static Subject peer(PeerNet net, NumberFormat format, String board, int multipliersMax) {
        return new Subject(net.netName(), net::graph, format, board, multipliersMax);
    }

    private static Subject standard(StandardNet net, NumberFormat format, String board, int multipliersMax) {
        return new Subject(net.netName(), net::graph, format, board, multipliersMax);
    }

    /**
     * A design, estimated and counted.
     *
     * @param multipliers in its matrix engines
     * @param logicCells of an iCE40 as placed, with a shell of some fifty cells that gives the core its pins
     */
    public record Row(
            Subject subject,
            int multipliers,
            Cost.Resources estimated,
            SynthesisReport counted,
            OptionalInt logicCells) {
        /** What was synthesised for. */
        public Group family() {
            return switch (Boards.byName(subject.board()).family()) {
                case VIRTEX6 -> Group.VIRTEX6;
                case VIRTEX7, KINTEX7, ARTIX7, ZYNQ7 -> Group.SERIES7;
                case ICE40UP, ICE40HX -> Group.ICE40;
            };
        }

        /** Each kind of part that the family has. */
        public List<Part> parts() {
            var parts = new ArrayList<Part>();
            parts.add(new Part("dsp", estimated.dsp(), counted.dsp()));
            if (family() == Group.ICE40) {
                parts.add(new Part("ebr4k", estimated.ebr4k(), counted.ebr()));
                parts.add(new Part("spram256k", estimated.spram256k(), counted.spram()));
            } else {
                parts.add(new Part("bram36", estimated.bram36Total(), counted.bram36()));
            }
            parts.add(new Part("lut", estimated.lut(), counted.lut()));
            parts.add(new Part("ff", estimated.ff(), counted.ff()));
            logicCells.ifPresent(cells -> parts.add(new Part("logicCells", Fit.logicCells(estimated), cells)));
            return List.copyOf(parts);
        }
    }

    /** Families with the same primitives. */
    public enum Group {
        VIRTEX6("Virtex-6"),
        SERIES7("7 series"),
        ICE40("iCE40");

        private final String words;

        Group(String words) {
            this.words = words;
        }

        public String words() {
            return words;
        }
    }

    /** Names of the parts that follow from the structure, and yet differ: all but logic. */
    public static List<String> differing(Row row) {
        return row.parts().stream()
                .filter(part -> !LOGIC.contains(part.name()) && part.estimated() != part.counted())
                .map(Part::name)
                .toList();
    }

    /** @param name as in every JSON document */
    public record Part(String name, int estimated, int counted) {
        /** Signed, as a fraction of what was counted. */
        public double error() {
            return counted == 0 ? estimated == 0 ? 0 : 1 : (double) (estimated - counted) / counted;
        }
    }

    /** Estimates and counts one design; counting takes minutes, and is kept for designs that did not change. */
    public static Row run(Subject subject, Path folder) {
        var board = Boards.byName(subject.board());
        var target = Targets.of(board);
        var graph = NetsBench.quantize(subject.graph().get(), subject.format()).graph();
        var schedule =
                Optimizer.optimize(graph, target, Objective.FASTEST.withMultipliersMax(subject.multipliersMax()));
        var cost = CostModel.estimate(schedule);
        var core = DesignGenerator.core(schedule, folder);
        var family = board.family();
        var counted = YosysSynthesis.run(core, family.yosysFamily(), LIMIT);
        var cells = family == Family.ICE40UP || family == Family.ICE40HX
                ? OptionalInt.of(
                        Ice40Placement.run(core, family, target.clockMhz()).logicCells())
                : OptionalInt.empty();
        return new Row(subject, cost.multipliers(), cost.resources(), counted, cells);
    }

    /** Errors of one kind of part over some designs, without sign. */
    public record Errors(double median, double worst) {
        /** @throws IllegalArgumentException if no design has the part */
        public static Errors of(List<Row> rows, String part) {
            double[] sorted = rows.stream()
                    .flatMap(row -> row.parts().stream())
                    .filter(it -> it.name().equals(part))
                    .mapToDouble(it -> Math.abs(it.error()))
                    .sorted()
                    .toArray();
            if (sorted.length == 0) {
                throw new IllegalArgumentException("no design has " + part);
            }
            int half = sorted.length / 2;
            double median = sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
            return new Errors(median, Arrays.stream(sorted).max().orElseThrow());
        }
    }
}
