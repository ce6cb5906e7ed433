package io.millrace.benchmarks;

import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.Workload;
import io.millrace.ir.nets.StandardNet;
import io.millrace.scheduler.Bound;
import io.millrace.scheduler.CostModel;
import io.millrace.scheduler.Objective;
import io.millrace.scheduler.Optimizer;
import io.millrace.scheduler.Target;
import io.millrace.simulator.Simulator;
import java.util.List;

/**
 * How much of a board's multipliers the designs for well-known nets use: multiply-accumulates of a frame over those that all its DSPs could do in the cycles that a frame
 * takes, requantizers and vector lanes included in "all". Simulated in steady state, DRAM model on, with a host that never waits.
 */
public final class EfficiencyBench {
    private static final List<String> LARGE = List.of("ml605", "vc707");

    private EfficiencyBench() {}

    /**
     * A row of the table.
     *
     * @param size of the net's input
     * @param batch frames whose fully-connected layers are computed together
     * @param boards that the net is measured on
     */
    public record Subject(String name, StandardNet net, int size, int batch, List<String> boards) {
        public Subject {
            boards = List.copyOf(boards);
        }

        /** At the published size. */
        public Subject(String name, StandardNet net, int batch, List<String> boards) {
            this(name, net, net.defaultSize(), batch, boards);
        }
    }

    /** All of them, in the order of the table. */
    public static final List<Subject> SUBJECTS = List.of(
            new Subject("alexnet-conv", StandardNet.ALEXNET_CONV, 1, LARGE),
            new Subject("alexnet", StandardNet.ALEXNET, 16, LARGE),
            new Subject("vgg16-conv", StandardNet.VGG16_CONV, 1, LARGE),
            new Subject("resnet50", StandardNet.RESNET50, 1, LARGE),
            new Subject("resnet18", StandardNet.RESNET18, 1, LARGE),
            new Subject("googlenet", StandardNet.GOOGLENET, 1, LARGE),
            new Subject("scene-parsing", StandardNet.SCENE_PARSING, 1, LARGE),
            new Subject("scene-parsing-hidden", StandardNet.SCENE_PARSING_HIDDEN, 1, LARGE),
            new Subject("scene-parsing-tables", StandardNet.SCENE_PARSING_TABLES, 1, LARGE),
            new Subject("scene-parsing-tables-500x375", StandardNet.SCENE_PARSING_TABLES, 375, 1, LARGE),
            new Subject("mobilenetv1", StandardNet.MOBILENET_V1, 1, LARGE),
            new Subject("mobilenetv2", StandardNet.MOBILENET_V2, 1, LARGE),
            new Subject("efficientnet-lite0", StandardNet.EFFICIENTNET_LITE0, 1, LARGE),
            new Subject("resnet8", StandardNet.RESNET8, 1, List.of("arty-a7-100")));

    /** What became of a net on a board. */
    public sealed interface Entry {
        Subject subject();

        String board();

        /**
         * It compiled.
         *
         * @param figures against all products that the board's DSPs can make
         * @param searchSeconds the search for the machine took
         */
        record Measured(Subject subject, String board, Figures figures, Losses losses, double searchSeconds)
                implements Entry {}

        /**
         * It does not fit, or has a layer that no engine computes.
         *
         * @param reasons in the tool's own words
         */
        record Refused(Subject subject, String board, List<String> reasons) implements Entry {
            public Refused {
                reasons = List.copyOf(reasons);
            }
        }
    }

    /** Compiles and simulates one net, on the machine of a thorough search. */
    public static Entry run(Subject subject, Target target) {
        return run(subject, target, true);
    }

    static Entry run(Subject subject, Target target, boolean thorough) {
        try {
            var net = subject.net().graph(subject.size(), subject.net().defaultClasses(), 1);
            long macs = Workload.macs(net);
            var graph = NetsBench.quantize(net).graph();
            var objective = Objective.FASTEST.withBatch(subject.batch()).withThorough(thorough);
            long begin = System.nanoTime();
            var schedule = Optimizer.optimize(graph, target, objective, Simulator::cyclesPerFrame);
            double seconds = (System.nanoTime() - begin) / 1e9;
            var cost = CostModel.estimate(schedule);
            var steady = SteadyState.of(schedule, cost);
            var bound = Bound.of(graph, target, objective);
            return new Entry.Measured(
                    subject,
                    target.name(),
                    Figures.of(macs, cost.peakMacsPerCycle(), cost, bound, steady),
                    Losses.of(schedule, steady, macs, cost.peakMacsPerCycle()),
                    seconds);
        } catch (CompileException e) {
            return new Entry.Refused(
                    subject,
                    target.name(),
                    e.diagnostics().stream().map(Diagnostic::problem).toList());
        }
    }
}
