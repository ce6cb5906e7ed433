package io.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.boards.LinkKind;
import io.millrace.boards.flow.CompiledFolder;
import io.millrace.boards.project.XilinxProject;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A user's board file, as docs/boards.md shows one, through the commands; its faults are told all at once. */
class UserBoardTest {
    @TempDir
    Path folder;

    private final ByteArrayOutputStream errors = new ByteArrayOutputStream();

    @Test
    void theBoardOfThePageGoesThroughTheCommands() throws Exception {
        var board = Files.writeString(folder.resolve("mine.json"), documented());
        var compiled = folder.resolve("compiled");
        assertEquals(
                0,
                run(
                        "compile",
                        "lenet1",
                        "-q",
                        "--machine",
                        "one",
                        "--board",
                        board.toString(),
                        "-o",
                        compiled.toString()),
                errors::toString);
        Files.delete(board);
        assertEquals(0, run("simulate", "-q", compiled.toString()), errors::toString);
        var project = XilinxProject.write(CompiledFolder.read(compiled), LinkKind.UART, folder.resolve("project"));
        assertEquals(Optional.empty(), project.outOfContext());
        assertTrue(Files.readString(folder.resolve("project/README.md")).contains("Nexys A7-100T"));
    }

    @Test
    void faultsOfABoardFileAreToldAllAtOnce() throws Exception {
        var text = documented()
                .replace("\"flipFlops\"", "\"flipflops\"")
                .replace("\"pin\": \"C4\"", "\"pin\": \"D4\"")
                .replace(
                        "\"standard\": \"LVCMOS33\", \"source\": \"Digilent digilent-xdc, Nexys-A7-100T-Master.xdc: CLK100MHZ\"",
                        "\"standard\": \"3.3 V\", \"source\": \"\"");
        var board = Files.writeString(folder.resolve("mine.json"), text);
        assertEquals(
                3,
                run(
                        "compile",
                        "lenet1",
                        "--board",
                        board.toString(),
                        "-o",
                        folder.resolve("no").toString()));
        for (var said : List.of(
                "'flipFlops' is missing",
                "'flipflops' is not a key",
                "'pins[3].pin' is 'D4' a second time",
                "'pins[0].standard' is '3.3 V'",
                "'pins[0].source' is \"\"")) {
            assertTrue(errors.toString(StandardCharsets.UTF_8).contains(said), () -> said + " is not in\n" + errors);
        }
    }

    private static String documented() throws Exception {
        var block = Pattern.compile("```json\n(.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(Path.of("../docs/boards.md")));
        assertTrue(block.find());
        return block.group(1);
    }

    private int run(String... arguments) {
        var print = new PrintStream(errors, true, StandardCharsets.UTF_8);
        return Millrace.run(List.of(arguments), new Terminal(print, print, false, false));
    }
}
