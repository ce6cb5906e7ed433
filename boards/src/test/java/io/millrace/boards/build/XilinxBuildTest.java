package io.millrace.boards.build;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.boards.Boards;
import io.millrace.boards.LinkKind;
import io.millrace.boards.flow.Compilation;
import io.millrace.boards.flow.Targets;
import io.millrace.boards.synthesis.SynthesisCases;
import io.millrace.boards.synthesis.YosysSynthesis;
import io.millrace.hdl.DesignGenerator;
import io.millrace.ir.CompileException;
import io.millrace.quantizer.InputSpec;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.random.RandomQuantizedGraphs;
import io.millrace.scheduler.DramPort;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.Scheduler;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class XilinxBuildTest {
    @TempDir
    private Path folder;

    private static Compilation compiled(String boardName) {
        return compiled(boardName, MachineOptions.oneEngine(2, 2, 1, 1, 2));
    }

    @Test
    void whereTheToolIsMissingTheProjectIsThereTwiceOver() {
        for (String board : new String[] {"ml605", "arty-a7-100"}) {
            var said = new ArrayList<String>();
            Path at = folder.resolve(board);
            for (int time = 0; time < 2; time++) {
                var report = XilinxBuild.run(
                        compiled(board), at, BuildOptions.DEFAULT, said::add, tool -> tool.equals("make"));
                assertTrue(report.placed().isEmpty());
                assertTrue(Files.exists(at.resolve("Makefile")), board);
            }
            assertEquals(2, said.size());
        }
    }

    private static Compilation compiled(String boardName, MachineOptions options) {
        var board = Boards.byName(boardName);
        var graph = RandomQuantizedGraphs.generate(2, 3, Precision.INT8);
        return Compilation.of("small", board, Scheduler.schedule(graph, Targets.of(board), options), InputSpec.UNIT);
    }

    /** The machine within the project is what it is alone, and host port, serial line and top come on top of it. */
    @Test
    void yosysCountsTheMachineAndAllAroundIt() {
        SynthesisCases.requireTool("yosys");
        var compilation = compiled("ml605");
        var count = BoardBuild.count(compilation, folder, LinkKind.UART, _ -> {});
        Path yosys = folder.resolve("build/yosys");
        assertTrue(Files.exists(yosys.resolve("yosys.log")) && Files.exists(yosys.resolve("synthesise.ys")));
        var alone = YosysSynthesis.run(
                DesignGenerator.core(compilation.schedule(), folder.resolve("alone")),
                compilation.board().family());
        assertEquals(alone.dsp(), count.machine().dsp());
        assertEquals(alone.bram36(), count.machine().bram36());
        assertEquals(alone.lut(), count.machine().lut(), alone.lut() / 50.0);
        assertEquals(alone.ff(), count.machine().ff(), alone.ff() / 50.0);
        assertEquals(1, count.whole().count("MMCM_BASE"));
        assertEquals(0, count.whole().latches());
        var resources = compilation.cost().resources();
        var parts = count.parts(resources, compilation.schedule().target());
        assertEquals(
                List.of("dsp", "bram36", "lut", "ff"),
                parts.stream().map(CellCount.Part::name).toList());
        assertEquals(resources.dsp(), count.whole().dsp());
        for (var part : parts) {
            assertTrue(part.whole() >= part.machine() && part.fits(), part::toString);
        }
        assertTrue(count.whole().lut() > count.machine().lut()
                && count.whole().ff() > count.machine().ff());
    }

    /** The controller of the DRAM is a hole in the design. */
    @Test
    void aMemoryControllerIsNotCounted() {
        SynthesisCases.requireTool("yosys");
        var port = new DramPort(4, 4, 20, 64, 5, 300, 30);
        var compilation = compiled(
                "kc705",
                MachineOptions.oneEngine(2, 2, 1, 1, 2).withStreams(new MachineOptions.Streams(port, List.of(0), 0)));
        var count = BoardBuild.count(compilation, folder, LinkKind.UART, _ -> {});
        assertTrue(count.project().outOfContext().isEmpty(), count::toString);
        assertEquals(1, count.whole().count("mig_7series_0"));
        assertEquals(0, count.machine().count("mig_7series_0"));
        assertEquals(1, count.whole().count("MMCME2_BASE"));
        assertEquals(0, count.whole().latches());
    }

    @Test
    void aPartThatIsTooSmallIsSeen() {
        assertTrue(new CellCount.Part("lut", 90, 100, 120, 120).fits());
        assertFalse(new CellCount.Part("lut", 90, 100, 121, 120).fits());
    }

    @Test
    void cellsOfIce40AreCountedByItsBuild() {
        var compilation =
                compiled("icebreaker", MachineOptions.oneEngine(1, 2, 1, 1, 2).withHost(1, 1));
        var refusal = assertThrows(
                CompileException.class, () -> BoardBuild.count(compilation, folder, LinkKind.UART, _ -> {}));
        assertEquals(2, refusal.exitCode());
        assertEquals("BLD-0216", refusal.diagnostics().getFirst().code());
        assertFalse(Files.exists(folder.resolve("build")));
    }

    /** Its thread ends soon, and yosys with it. */
    @Test
    @Timeout(60)
    void countingCanBeInterrupted() throws InterruptedException {
        SynthesisCases.requireTool("yosys");
        var compilation = compiled("arty-a7-100", MachineOptions.oneEngine(4, 4, 1, 1, 4));
        var runs = new CountDownLatch(1);
        var thrown = new AtomicReference<Throwable>();
        var worker = Thread.ofPlatform().start(() -> {
            try {
                BoardBuild.count(compilation, folder, LinkKind.UART, said -> {
                    if (said.startsWith("yosys runs")) {
                        runs.countDown();
                    }
                });
            } catch (UncheckedIOException e) {
                thrown.set(e.getCause());
            }
        });
        runs.await();
        worker.interrupt();
        worker.join();
        assertInstanceOf(InterruptedIOException.class, thrown.get());
        ProcessHandle.current()
                .children()
                .filter(child -> child.info().command().orElse("").endsWith("/yosys"))
                .forEach(child -> child.onExit().orTimeout(10, TimeUnit.SECONDS).join());
    }

    private static BuildOptions with(LinkKind link) {
        return new BuildOptions(OptionalDouble.empty(), OptionalInt.empty(), link, 1, 1, false);
    }

    @Test
    void theLinkIsTheOneThatIsAskedFor() throws IOException {
        Path at = folder.resolve("kc705");
        var report = XilinxBuild.run(compiled("kc705"), at, with(LinkKind.ETHERNET), _ -> {}, _ -> false);
        assertTrue(report.project().ethernet().isPresent());
        assertTrue(Files.readString(at.resolve("project.json")).contains("192.168.1.128:19794"));
        assertTrue(Files.exists(at.resolve("rtl/millrace_ethernet.v")));
    }

    @Test
    void smallBoardsHaveASerialLineAlone() {
        var refusal = assertThrows(
                CompileException.class,
                () -> BoardBuild.run(compiled("icebreaker"), folder, with(LinkKind.ETHERNET), _ -> {}, _ -> false));
        assertEquals("BLD-0406", refusal.diagnostics().getFirst().code());
    }
}
