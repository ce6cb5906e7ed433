package io.millrace.benchmarks;

import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.Workload;
import io.millrace.ir.nets.PeerNet;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.Bound;
import io.millrace.scheduler.CostModel;
import io.millrace.scheduler.Objective;
import io.millrace.scheduler.Optimizer;
import io.millrace.scheduler.Target;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The nets that peers were measured on, with as many products a clock as the peer has in its array: our cycles beside theirs. The limit counts the multipliers of matrix engines, as the peers'
 * counts leave out those that scale results; a DSP that makes two products counts as two. Ours are simulated in steady state with a host that never waits; theirs are of one frame by
 * itself.
 */
public final class PeersBench {
    private PeersBench() {}

    /** What became of a peer's net under its limit. */
    public sealed interface Entry {
        PeerFigure peer();

        /**
         * It compiled.
         *
         * @param figures against the products that the peer's multipliers can make
         */
        record Measured(PeerFigure peer, Figures figures) implements Entry {}

        /** @param reasons in the tool's own words */
        record Refused(PeerFigure peer, List<String> reasons) implements Entry {
            public Refused {
                reasons = List.copyOf(reasons);
            }
        }
    }

    /** The peers' figures that there are equal multipliers for, in the order of the table. */
    public static List<PeerFigure> figures() {
        return PeerFigure.all().stream()
                .filter(f -> f.multipliers().isPresent())
                .toList();
    }

    /**
     * Compiles and simulates a net under each limit.
     *
     * @param target with DSPs and block RAMs enough for the largest limit
     * @param progress told of each row before it is made
     */
    public static List<Entry> run(List<PeerFigure> figures, Target target, Consumer<PeerFigure> progress) {
        var nets = new HashMap<String, Net>();
        var entries = new ArrayList<Entry>();
        for (var figure : figures) {
            progress.accept(figure);
            entries.add(run(figure, nets.computeIfAbsent(figure.net(), PeersBench::net), target));
        }
        return entries;
    }

    private record Net(long macs, QuantizedGraph graph) {}

    private static Entry run(PeerFigure figure, Net net, Target target) {
        int limit = figure.multipliers().orElseThrow();
        var objective = Objective.FASTEST.withMultipliersMax(limit);
        try {
            var schedule = Optimizer.optimize(net.graph(), target, objective);
            var cost = CostModel.estimate(schedule);
            var bound = Bound.of(net.graph(), target, objective);
            return new Entry.Measured(
                    figure, Figures.of(net.macs(), limit, cost, bound, SteadyState.of(schedule, cost)));
        } catch (CompileException e) {
            return new Entry.Refused(
                    figure, e.diagnostics().stream().map(Diagnostic::problem).toList());
        }
    }

    /** @throws IllegalArgumentException if no net is called so */
    private static Net net(String name) {
        var net = Stream.of(PeerNet.values())
                .filter(it -> it.netName().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no net is called " + name))
                .graph();
        return new Net(Workload.macs(net), NetsBench.quantize(net).graph());
    }
}
