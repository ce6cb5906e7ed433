package io.millrace.boards.build;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.boards.Boards;
import io.millrace.boards.LinkKind;
import io.millrace.boards.flow.Compilation;
import io.millrace.boards.flow.Targets;
import io.millrace.ir.CompileException;
import io.millrace.quantizer.InputSpec;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.random.RandomQuantizedGraphs;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.Scheduler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class XilinxBuildTest {
    @TempDir
    private Path folder;

    private static Compilation compiled(String boardName) {
        var board = Boards.byName(boardName);
        var graph = RandomQuantizedGraphs.generate(5, 3, Precision.INT8);
        var schedule = Scheduler.schedule(graph, Targets.of(board), MachineOptions.oneEngine(2, 2, 1, 1, 2));
        return Compilation.of("small", board, schedule, InputSpec.UNIT);
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
