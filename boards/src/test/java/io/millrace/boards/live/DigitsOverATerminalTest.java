package io.millrace.boards.live;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.boards.Boards;
import io.millrace.boards.flow.Compilation;
import io.millrace.boards.flow.MachineChoice;
import io.millrace.boards.flow.Targets;
import io.millrace.boards.verify.ProofNets;
import io.millrace.boards.verilator.BuildProfile;
import io.millrace.boards.verilator.VerilatedBoard;
import io.millrace.hdl.DesignGenerator;
import io.millrace.hdl.HostPortOptions;
import io.millrace.quantizer.InputSpec;
import io.millrace.quantizer.IntegerEvaluator;
import io.millrace.quantizer.NumberFormat;
import io.millrace.runtime.Frame;
import io.millrace.runtime.Links;
import io.millrace.runtime.Session;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** LeNet-5 as the search puts it on an iCEBreaker, behind its serial line on a pseudo-terminal, bit by bit. */
class DigitsOverATerminalTest {
    private static final int DIGITS = 8;
    private static final Duration DEADLINE = Duration.ofMinutes(3);

    @TempDir
    Path folder;

    @Test
    @Timeout(600)
    void everyDigitGetsTheGoldenResult() {
        var graph = ProofNets.bundled("lenet5", NumberFormat.INT8);
        var icebreaker = Boards.byName("icebreaker");
        var schedule = MachineChoice.FASTEST.schedule(graph, Targets.of(icebreaker));
        var compilation = Compilation.of("lenet5", icebreaker, schedule, InputSpec.UNIT);
        var port = HostPortOptions.forSerialLine(schedule.machine());
        int clocksPerBit = port.clocksPerBitMin();
        var design = DesignGenerator.uartBoard(schedule, port, clocksPerBit, folder);
        var board = VerilatedBoard.buildSerial(design, clocksPerBit, BuildProfile.VERIFICATION);
        var evaluator = new IntegerEvaluator(graph);
        var digits = ProofNets.digits(graph, DIGITS);
        var golden = digits.stream().map(d -> ProofNets.frame(evaluator.run(d))).toList();
        var results = new ArrayList<Frame>();
        try (var emulated = EmulatedBoard.onTerminal(board);
                var link = Links.open(
                        emulated.address(),
                        _ -> {
                            throw new IllegalStateException("no simulated board");
                        },
                        DEADLINE);
                var session = Session.open(
                        link, compilation.manifest(), Optional.of(compilation.program()), Patience.OPTIONS, DEADLINE)) {
            session.stream(digits.stream().map(ProofNets::frame).iterator(), r -> results.add(r.frame()), DEADLINE);
        }
        assertEquals(golden, results);
    }
}
