package io.millrace.boards.build;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.boards.Boards;
import io.millrace.boards.flow.Compilation;
import io.millrace.boards.flow.CompiledFolder;
import io.millrace.boards.flow.ManifestMaker;
import io.millrace.boards.flow.Targets;
import io.millrace.hdl.ProgramAssembler;
import io.millrace.ir.CompileException;
import io.millrace.quantizer.InputSpec;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.random.RandomQuantizedGraphs;
import io.millrace.scheduler.CostModel;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.Scheduler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
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
        var program = ProgramAssembler.assemble(schedule);
        var compilation = new Compilation(
                "small",
                board,
                schedule,
                program,
                ManifestMaker.of("small", board.name(), schedule, program.programId(), InputSpec.UNIT),
                CostModel.estimate(schedule));
        Path at = folder.resolve(name);
        CompiledFolder.write(compilation, at, true, Optional.empty());
        return at;
    }

    private static void requireTools() {
        for (String tool : List.of("yosys", "nextpnr-ice40", "icepack")) {
            boolean found = List.of(System.getenv("PATH").split(":")).stream()
                    .anyMatch(p -> Files.isExecutable(Path.of(p, tool)));
            assertTrue(found || !"true".equals(System.getenv("CI")), tool + " is not installed");
            assumeTrue(found, tool + " is not installed");
        }
    }

    @Test
    void sameFolderSameBytes() throws IOException {
        requireTools();
        var first = BoardBuild.run(compiled("a", "icebreaker"), BuildOptions.DEFAULT, _ -> {});
        var second = BoardBuild.run(compiled("other/b", "icebreaker"), BuildOptions.DEFAULT, _ -> {});
        assertTrue(first.timingMet() && first.fmaxMhz() > 20, first::toString);
        assertEquals(BITSTREAM_BYTES, first.bitstreamBytes());
        assertArrayEquals(Files.readAllBytes(first.bitstream()), Files.readAllBytes(second.bitstream()));
        for (var part : first.parts()) {
            assertTrue(part.placed() <= part.budget(), part::toString);
            boolean ports = part.name().equals("ebr4k");
            if (!part.name().equals("logicCells")) {
                assertEquals(part.estimated() + (ports ? Targets.ICE40_PORT_EBR : 0), part.placed(), part::toString);
            }
        }
    }

    @Test
    void aClockThatIsMissedIsRefusedUnlessAllowed() {
        requireTools();
        Path at = compiled("a", "icebreaker");
        var fast = new BuildOptions(OptionalDouble.of(96), OptionalInt.empty(), 1, 1, false);
        var refusal = assertThrows(CompileException.class, () -> BoardBuild.run(at, fast, _ -> {}));
        assertEquals(7, refusal.exitCode());
        assertEquals("BLD-0215", refusal.diagnostics().getFirst().code());
        var allowed = new BuildOptions(OptionalDouble.of(96), OptionalInt.empty(), 1, 1, true);
        var report = BoardBuild.run(at, allowed, _ -> {});
        assertTrue(!report.timingMet() && Files.exists(report.bitstream()), report::toString);
    }

    @Test
    void otherFamiliesAreRefused() {
        var refusal = assertThrows(
                CompileException.class,
                () -> BoardBuild.run(compiled("a", "ml605"), BuildOptions.DEFAULT, _ -> {}));
        assertEquals(4, refusal.exitCode());
        assertEquals("BLD-0210", refusal.diagnostics().getFirst().code());
    }

    @Test
    void aMissingToolIsNamedWithItsPackage() {
        var tool = new BuildTool("no-such-tool", folder, "icebreaker", _ -> {});
        var refusal = assertThrows(CompileException.class, () -> tool.run(List.of()));
        assertEquals(10, refusal.exitCode());
        assertTrue(refusal.diagnostics().getFirst().remedy().contains("apt-get install no-such-tool"));
    }
}
