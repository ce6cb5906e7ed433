package io.millrace.boards.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.millrace.boards.verilator.VerilatedCore;
import io.millrace.hdl.DesignGenerator;
import io.millrace.hdl.ProgramAssembler;
import io.millrace.quantizer.IntegerEvaluator;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.random.RandomQuantizedGraphs;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Scheduler;
import io.millrace.scheduler.Target;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Verilated RTL against the golden model on random graphs. */
class RtlGoldenTest {
    private static final Target TARGET =
            new Target("test", Target.Family.VIRTEX6, 200, 768, 416, 0, 0, 150_720, 301_440, 0);

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void randomGraph(long seed) {
        var graph = RandomQuantizedGraphs.generate(seed, 3, Precision.INT8);
        graph.nodes()
                .forEach(n -> System.err.println(n.name() + " " + n.type() + " "
                        + n.op().toString().replaceAll("codes=.*", "").replaceAll("bias=.*", "")));
        Schedule schedule = Scheduler.schedule(
                graph, TARGET, MachineOptions.oneEngine(4, 5, 1, 4, 20).withRows(1));
        var frames = new ArrayList<List<short[]>>();
        for (int f = 0; f < 3; f++) {
            frames.add(RandomQuantizedGraphs.randomFrame(graph, seed * 100 + f));
        }
        var evaluator = new IntegerEvaluator(graph);
        var golden = frames.stream().map(evaluator::runAll).toList();
        var core = VerilatedCore.build(DesignGenerator.core(schedule.machine(), folder));
        var trace = core.run(new VerilatedCore.Job(
                ProgramAssembler.assemble(schedule).loaderWords(),
                HostBeatPacking.pack(schedule, frames),
                new int[0],
                new int[0],
                HostBeatPacking.outBeats(schedule) * frames.size(),
                1_000_000,
                true));
        var result = new RowCheck(schedule, golden).check(trace);
        System.err.println(result + " cycles " + trace.cycles());
        System.err.println(trace.starts().stream().limit(30).toList());
        assertFalse(trace.cut());
        assertEquals(0, result.mismatches());
    }
}
