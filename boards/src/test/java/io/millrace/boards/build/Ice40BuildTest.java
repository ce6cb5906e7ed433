package io.millrace.boards.build;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.boards.Boards;
import io.millrace.boards.LinkKind;
import io.millrace.boards.flow.Compilation;
import io.millrace.boards.flow.CompiledFolder;
import io.millrace.boards.flow.MachineChoice;
import io.millrace.boards.flow.Targets;
import io.millrace.boards.internal.ToolRun;
import io.millrace.boards.live.EmulatedBoard;
import io.millrace.boards.live.Patience;
import io.millrace.boards.synthesis.SynthesisCases;
import io.millrace.boards.verify.ProofNets;
import io.millrace.boards.verilator.Ice40Netlist;
import io.millrace.hdl.Design;
import io.millrace.hdl.DesignGenerator;
import io.millrace.ir.CompileException;
import io.millrace.quantizer.InputSpec;
import io.millrace.quantizer.IntegerEvaluator;
import io.millrace.quantizer.NumberFormat;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.random.RandomQuantizedGraphs;
import io.millrace.runtime.Frame;
import io.millrace.runtime.Links;
import io.millrace.runtime.Session;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Scheduler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A small network down to a bitstream for an iCEBreaker, with its host port. */
class Ice40BuildTest {
    /** Configuration of an UP5K with all its block RAMs, as icepack writes it. */
    private static final long BITSTREAM_BYTES = 104_090;

    @TempDir
    private Path folder;

    private Path compiled(String name, String boardName) {
        var board = Boards.byName(boardName);
        var graph = RandomQuantizedGraphs.generate(5, 3, Precision.INT8);
        var schedule = Scheduler.schedule(
                graph,
                Targets.of(board),
                MachineOptions.oneEngine(1, 2, 1, 1, 2)
                        .withRows(1)
                        .withHost(1, 1)
                        .withControl(Machine.Control.FIXED));
        return write(name, boardName, schedule);
    }

    private Path write(String name, String boardName, Schedule schedule) {
        var board = Boards.byName(boardName);
        var compilation = Compilation.of("small", board, schedule, InputSpec.UNIT);
        Path at = folder.resolve(name);
        CompiledFolder.write(compilation, at, true, Optional.empty());
        return at;
    }

    private static void requireTools() {
        List.of("yosys", "nextpnr-ice40", "icepack").forEach(SynthesisCases::requireTool);
    }

    private static BuildReport build(Path folder, BuildOptions options) {
        return (BuildReport) BoardBuild.run(CompiledFolder.read(folder), folder, options, _ -> {}, _ -> false);
    }

    @Test
    void sameFolderSameBytes() throws IOException {
        requireTools();
        var first = build(compiled("a", "icebreaker"), BuildOptions.DEFAULT);
        var second = build(compiled("other/b", "icebreaker"), BuildOptions.DEFAULT);
        assertTrue(first.timingMet() && first.fmaxMhz() > 20, first::toString);
        assertEquals(BITSTREAM_BYTES, first.bitstreamBytes());
        assertArrayEquals(Files.readAllBytes(first.bitstream()), Files.readAllBytes(second.bitstream()));
        for (var part : first.parts()) {
            assertTrue(part.placed() <= part.budget(), part::toString);
            if (!part.name().equals("logicCells")) {
                assertEquals(part.estimated(), part.placed(), part::toString);
            }
        }
    }

    /** What was placed, cell by cell with yosys' models, behind its serial line: results are the integer evaluator's. */
    @Test
    void theNetlistComputesWhatTheEvaluatorDoes() throws IOException {
        requireTools();
        Path at = compiled("a", "icebreaker");
        var report = build(at, BuildOptions.DEFAULT);
        netlistAgrees(at, report, netlist(at), 4);
    }

    @Tag("slow")
    @Test
    void theNetlistOfLenet5GivesGoldenResults() throws IOException {
        requireTools();
        var graph = ProofNets.bundled("lenet5", NumberFormat.INT8);
        Path at = write(
                "lenet5", "icebreaker", MachineChoice.FASTEST.schedule(graph, Targets.of(Boards.byName("icebreaker"))));
        var report = build(at, BuildOptions.DEFAULT);
        assertTrue(report.timingMet() && report.clockMhz() >= 20, report::toString);
        var cost = CompiledFolder.read(at).cost();
        assertTrue(report.clockMhz() * 1e6 / cost.cyclesPerFrame() >= 300, cost::toString);
        netlistAgrees(at, report, netlist(at), 20);
    }

    /** A part without multipliers: what is loaded, read back out of its own bits, is what the evaluator says. */
    @Tag("slow")
    @Test
    void theUnpackedBitstreamOfLenet1GivesGoldenResults() throws IOException {
        requireTools();
        List.of("iceunpack", "icebox_vlog").forEach(SynthesisCases::requireTool);
        var graph = ProofNets.bundled("lenet1", NumberFormat.INT8);
        Path at = write("lenet1", "hx8k", MachineChoice.FASTEST.schedule(graph, Targets.of(Boards.byName("hx8k"))));
        var report = build(at, BuildOptions.DEFAULT);
        assertTrue(report.timingMet() && report.clockMhz() == 36, report::toString);
        for (var part : report.parts()) {
            assertTrue(part.placed() <= part.budget(), part::toString);
            assertEquals(part.placed(), part.estimated(), 0.15 * part.placed(), part::toString);
        }
        netlistAgrees(at, report, unpacked(at, report), 20);
    }

    private static Path netlist(Path at) {
        return at.resolve(BoardBuild.FOLDER).resolve("top.synthesised.v");
    }

    /** The Verilog that the bitstream's bits say. */
    private Path unpacked(Path at, BuildReport report) throws IOException {
        Path bits = folder.resolve("unpacked.asc");
        run("iceunpack", report.bitstream().toString(), bits.toString());
        String pins = at.resolve(BoardBuild.FOLDER).resolve("top.pcf").toString();
        Path log = run("icebox_vlog", "-s", "-l", "-n", Ice40Top.TOP, "-p", pins, bits.toString());
        return Files.copy(log, folder.resolve("unpacked.v"));
    }

    /** Returns what a tool printed. */
    private Path run(String... command) throws IOException {
        Path log = folder.resolve(command[0] + ".out");
        assertEquals(OptionalInt.of(0), ToolRun.run(List.of(command), folder, log, Duration.ofMinutes(10)), command[0]);
        return log;
    }

    private static void netlistAgrees(Path at, BuildReport report, Path netlist, int count) throws IOException {
        Path models = Path.of("/usr/share/yosys/ice40/cells_sim.v");
        assumeTrue(Files.exists(models), "yosys' cell models are not at " + models);
        var compilation = CompiledFolder.read(at);
        var schedule = compilation.schedule();
        var design = new Design(schedule.machine(), DesignGenerator.identity(schedule), Ice40Top.TOP, List.of());
        int clocksPerBit = (int) Math.round(report.clockMhz() * 1e6 / report.baud());
        var board = Ice40Netlist.build(netlist, models, design, clocksPerBit);
        var evaluator = new IntegerEvaluator(schedule.graph());
        var frames = new ArrayList<Frame>();
        var expected = new ArrayList<Frame>();
        for (int i = 0; i < count; i++) {
            var frame = RandomQuantizedGraphs.randomFrame(schedule.graph(), i);
            frames.add(ProofNets.frame(frame));
            expected.add(ProofNets.frame(evaluator.run(frame)));
        }
        // The weights of LeNet-5 are some 300 packets, each a second or two of a netlist's simulated line.
        var deadline = Duration.ofHours(2);
        try (var emulated = EmulatedBoard.onTerminal(board);
                var session = Session.open(
                        Links.open(
                                emulated.address(),
                                _ -> {
                                    throw new IllegalStateException("no simulated board");
                                },
                                deadline),
                        compilation.manifest(),
                        Optional.of(compilation.program()),
                        Patience.OPTIONS,
                        deadline)) {
            var results = new ArrayList<Frame>();
            session.stream(frames.iterator(), r -> results.add(r.frame()), deadline);
            assertEquals(expected, results);
        }
    }

    @Test
    void aClockThatIsMissedIsRefusedUnlessAllowed() {
        requireTools();
        Path at = compiled("a", "icebreaker");
        var fast = new BuildOptions(OptionalDouble.of(96), OptionalInt.empty(), LinkKind.UART, 1, 1, false);
        var refusal = assertThrows(CompileException.class, () -> build(at, fast));
        assertEquals(7, refusal.exitCode());
        assertEquals("BLD-0215", refusal.diagnostics().getFirst().code());
        var allowed = new BuildOptions(OptionalDouble.of(96), OptionalInt.empty(), LinkKind.UART, 1, 1, true);
        var report = build(at, allowed);
        assertTrue(!report.timingMet() && Files.exists(report.bitstream()), report::toString);
    }
}
