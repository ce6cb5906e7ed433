package io.millrace.boards.project;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.boards.Boards;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The board file that docs/boards.md shows is one that a user can write: a project is built for it, with no line of Java. */
@Timeout(120)
class DocumentedBoardTest {
    @TempDir
    private Path folder;

    @Test
    void aProjectIsBuiltForTheBoardOfThePage() throws Exception {
        var page = Files.readString(Path.of("../docs/boards.md"));
        var block = Pattern.compile("```json\n(.*?)```", Pattern.DOTALL).matcher(page);
        assertTrue(block.find());
        var file = Files.writeString(folder.resolve("mine.json"), block.group(1));
        var board = Boards.byName(file.toString());
        assertEquals("nexys-a7-100t", board.name());
        var project = folder.resolve("project");
        var written = XilinxProject.write(SmallDesign.of(board), board, project);
        assertEquals(Optional.empty(), written.outOfContext());
        assertEquals(3_000_000, written.baud());
        var constraints = Files.readString(project.resolve("millrace.xdc"));
        assertTrue(constraints.contains("PACKAGE_PIN C12 IOSTANDARD LVCMOS33} [get_ports {reset_n}]"), constraints);
        var run = VendorStub.in(folder).make(project, Map.of());
        assertEquals(0, run.status(), run.output());
    }

    /** What nobody has named a source for is not invented. */
    @Test
    void aBoardWithoutPinsGetsAProjectWithoutPins() throws Exception {
        var text = Boards.byName("arty-a7-100").toJson().replace("\"port\" : \"uart_rx\"", "\"port\" : \"other_rx\"");
        var board = Boards.byName(
                Files.writeString(folder.resolve("mine.json"), text).toString());
        var project = folder.resolve("project");
        var written = XilinxProject.write(SmallDesign.of(board), board, project);
        assertTrue(
                written.outOfContext().orElse("").contains("No source is known for the pins of uart_rx"),
                written::toString);
        assertEquals("millrace_board", written.top());
        assertTrue(Files.readString(project.resolve("README.md")).contains("No source is known"));
        var run = VendorStub.in(folder).make(project, Map.of());
        assertEquals(0, run.status(), run.output());
    }
}
