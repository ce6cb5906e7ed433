package io.millrace.boards.live;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.boards.flow.ManifestMaker;
import io.millrace.boards.verify.ProofNets;
import io.millrace.boards.verilator.BuildProfile;
import io.millrace.boards.verilator.VerilatedBoard;
import io.millrace.hdl.DesignGenerator;
import io.millrace.hdl.HostPortOptions;
import io.millrace.hdl.ProgramAssembler;
import io.millrace.quantizer.InputSpec;
import io.millrace.quantizer.IntegerEvaluator;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.quantizer.random.RandomQuantizedGraphs;
import io.millrace.runtime.Frame;
import io.millrace.runtime.Links;
import io.millrace.runtime.Manifest;
import io.millrace.runtime.Session;
import io.millrace.runtime.SessionOptions;
import io.millrace.scheduler.DramPort;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.Spill;
import io.millrace.scheduler.MachineOptions.Streams;
import io.millrace.scheduler.Operands;
import io.millrace.scheduler.ProgramImage;
import io.millrace.scheduler.Scheduler;
import io.millrace.scheduler.Target;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A Verilated board whose weights come over its link into DRAM, and from there into the engine. */
@Timeout(180)
class StreamedBoardTest {
    private static final Target TARGET =
            new Target("test", Target.Family.VIRTEX6, 200, 768, 416, 0, 0, 150_720, 301_440, 0);
    private static final Duration DEADLINE = Duration.ofSeconds(60);
    private static final int FRAMES = 12;

    @TempDir
    Path folder;

    private static final DramPort DRAM = new DramPort(8, 4, 20, 64, 5, 300, 30);

    /** The second host finds the weights where the first one left them, and a machine that was stopped with bursts under way. */
    @Test
    void weightsStayInDramBetweenHosts() {
        twoHosts(_ -> new Streams(DRAM, List.of(0), 0));
    }

    /** Maps that are spilled lie behind the weights, and bursts of writes were under way too. */
    @Test
    void mapsGoThroughDramBesideWeights() {
        twoHosts(graph -> {
            var conv = graph.nodes().stream()
                    .filter(n -> n.op() instanceof QOp.Conv)
                    .findFirst()
                    .orElseThrow();
            int read = Operands.source(graph, Operands.of(graph, conv).getFirst());
            return new Streams(DRAM, List.of(0), 0, List.of(new Spill(read, conv.id())));
        });
    }

    private void twoHosts(Function<QuantizedGraph, Streams> streams) {
        var graph = LongStream.range(41_000, 41_100)
                .mapToObj(seed -> RandomQuantizedGraphs.mixed(seed, 8, Precision.INT8))
                .filter(g -> g.nodes().stream()
                                .filter(n -> n.op() instanceof QOp.Conv)
                                .count()
                        >= 3)
                .findFirst()
                .orElseThrow();
        var schedule = Scheduler.schedule(
                graph,
                TARGET,
                MachineOptions.oneEngine(4, 5, 1, 4, 1).withHost(3, 2).withStreams(streams.apply(graph)));
        var board = VerilatedBoard.build(
                DesignGenerator.board(schedule, HostPortOptions.WIDE, folder), BuildProfile.VERIFICATION);
        ProgramImage image = ProgramAssembler.assemble(schedule);
        Manifest manifest = ManifestMaker.of("net", "emulated", schedule, image.programId(), InputSpec.UNIT);
        var evaluator = new IntegerEvaluator(graph);
        var frames = new ArrayList<Frame>();
        var expected = new ArrayList<Frame>();
        for (int i = 0; i < FRAMES; i++) {
            var codes = RandomQuantizedGraphs.randomFrame(graph, i);
            frames.add(ProofNets.frame(codes));
            expected.add(ProofNets.frame(evaluator.run(codes)));
        }
        try (var emulated = EmulatedBoard.listen(board, 0)) {
            for (var program : List.of(Optional.of(image), Optional.<ProgramImage>empty())) {
                var link = Links.open(emulated.address(), _ -> SimulatedBoard.of(schedule, manifest), DEADLINE);
                var results = new ArrayList<Frame>();
                try (Session session = Session.open(link, manifest, program, SessionOptions.DEFAULT, DEADLINE)) {
                    session.stream(frames.iterator(), r -> results.add(r.frame()), DEADLINE);
                }
                assertEquals(expected, results);
            }
        }
    }
}
