package io.millrace.boards.verify;

import io.millrace.boards.verilator.BuildProfile;
import io.millrace.boards.verilator.VerilatedCore;
import io.millrace.hdl.DesignGenerator;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.Identity;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.MatrixSize;
import io.millrace.scheduler.MachineOptions.VectorSize;
import io.millrace.scheduler.Scheduler;
import io.millrace.scheduler.SharedProgram;
import io.millrace.scheduler.Target;
import io.millrace.simulator.LinkTrace;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.function.Consumer;

/** Evaluator, simulator and Verilated RTL on many schedules; cases with equal machines share one build. */
public final class Proof {
    private Proof() {}

    /**
     * Runs the cases in turn.
     *
     * @param folder where Verilog goes, a folder for each machine
     * @param progress told of each result as it comes
     * @throws io.millrace.ir.CompileException if Verilator is missing or fails (exit code 10), or a simulation stands still
     */
    public static ProofResult run(List<ProofCase> cases, Path folder, Consumer<ProofResult.CaseResult> progress) {
        long start = System.nanoTime();
        var cores = new HashMap<Identity, VerilatedCore>();
        var results = new ArrayList<ProofResult.CaseResult>();
        for (var c : cases) {
            long begin = System.nanoTime();
            var identity = DesignGenerator.identity(c.schedule());
            var core = cores.computeIfAbsent(
                    identity,
                    id -> VerilatedCore.build(
                            DesignGenerator.core(c.schedule(), folder.resolve(id.toString())),
                            BuildProfile.VERIFICATION));
            double build = secondsSince(begin);
            long ready = System.nanoTime();
            var report = Verifier.verify(c.schedule(), core, c.frames(), c.link());
            var result = ProofResult.CaseResult.of(c.name(), report, build, secondsSince(ready));
            progress.accept(result);
            results.add(result);
        }
        return ProofResult.of(results, secondsSince(start));
    }

    /** The two machines a network is proved on: one engine for all layers, and an engine for each. */
    public static List<MachineOptions> machines() {
        return List.of(
                MachineOptions.oneEngine(8, 10, 1, 2, 16).withHost(4, 2),
                MachineOptions.engineForEachLayer(MatrixSize.of(4, 10, 1, 1, 8), VectorSize.of(2))
                        .withHost(1, 1));
    }

    /**
     * A network on each of some machines, with R = 1 and with R chosen for the machine, over a link that never stalls and over one that stalls at
     * random: four cases and one build for each machine.
     *
     * @param seed of the stalls
     */
    public static List<ProofCase> casesOf(
            QuantizedGraph graph, Target target, List<MachineOptions> machines, List<List<short[]>> frames, long seed) {
        var cases = new ArrayList<ProofCase>();
        for (var options : machines) {
            var rows = Scheduler.rowsFor(graph, options);
            var schedules = Scheduler.scheduleTogether(
                    List.of(new SharedProgram(graph, List.of(1)), new SharedProgram(graph, rows)), target, options);
            for (int i = 0; i < schedules.size(); i++) {
                var name = graph.name() + " on " + options.name() + (i == 0 ? ", R = 1" : ", R = " + rows);
                cases.add(new ProofCase(name, schedules.get(i), frames, LinkTrace.NONE));
                cases.add(new ProofCase(
                        name + ", stalled link", schedules.get(i), frames, LinkTrace.seeded(seed + i, 2000, 40, 30)));
            }
        }
        return cases;
    }

    private static double secondsSince(long start) {
        return (System.nanoTime() - start) / 1e9;
    }
}
