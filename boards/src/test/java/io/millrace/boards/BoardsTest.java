package io.millrace.boards;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BoardsTest {
    @TempDir
    private Path folder;

    @Test
    void bundledBoardsHoldTheDataSheetsCounts() {
        var ml605 = Boards.byName("ml605");
        assertEquals("xc6vlx240t-1ff1156", ml605.part().value());
        assertEquals(150_720, ml605.luts().value());
        assertEquals(301_440, ml605.flipFlops().value());
        assertEquals(1536, ml605.peakInt8MacsPerCycle());
        assertEquals(416, ml605.memoryBlocks(MemoryKind.BRAM36));
        assertEquals(0, ml605.memoryBlocks(MemoryKind.EBR4K));
        assertEquals(416L * 36_864, ml605.onChipBits());
        var icebreaker = Boards.byName("icebreaker");
        assertEquals(8, icebreaker.peakInt8MacsPerCycle());
        assertEquals(30 * 4096L + 4 * 262_144L, icebreaker.onChipBits());
        assertEquals(4, icebreaker.family().lutInputs());
    }

    @Test
    void everyBoardIsNamedAfterItsFileAndSourced() {
        assertEquals(9, Boards.all().size());
        for (var board : Boards.all()) {
            assertEquals(board, Boards.byName(board.name()));
            assertTrue(board.luts().value() > 0 && board.onChipBits() > 0, board.name());
            assertEquals(board.family() != Family.ICE40HX, board.dsps().value() > 0, board.name());
            assertTrue(
                    board.coreClockMhz().value() >= 12 && board.coreClockMhz().value() <= 250, board.name());
            assertFalse(board.links().isEmpty(), board.name());
            assertFalse(board.oscillatorsMhz().isEmpty(), board.name());
        }
    }

    @Test
    void aBoardReadsBackFromItsText() throws IOException {
        for (var board : Boards.all()) {
            assertEquals(board, Boards.byName(write(board.toJson())));
        }
    }

    @Test
    void caseAndDashesDoNotMatter() {
        assertEquals("arty-a7-100", Boards.byName("Arty A7 100").name());
        assertEquals("ml605", Boards.byName("ML-605").name());
    }

    @Test
    void unknownNamesAreGuessed() {
        var refusal = assertThrows(CompileException.class, () -> Boards.byName("vc770"));
        assertEquals(2, refusal.exitCode());
        assertTrue(refusal.diagnostics().getFirst().remedy().startsWith("did you mean 'vc707'?"), refusal::toString);
    }

    @Test
    void everyFaultOfAFileIsReportedAtOnce() throws IOException {
        var text = Boards.byName("icebreaker").toJson();
        var faulty = replace(text, "\"flipFlops\"", "\"flipflops\"");
        faulty = replace(faulty, "\"sb_mac16\"", "\"sb_mac\"");
        faulty = replace(faulty, "\"value\" : 8", "\"value\" : -8");
        faulty = replace(faulty, "\"ice40up5k-sg48\"", "\" \"");
        assertEquals(
                List.of(
                        "CFG-0006 'part.value' is \" \"",
                        "CFG-0004 'flipFlops' is missing",
                        "CFG-0007 'dsps.kind' is 'sb_mac', which is not known here",
                        "CFG-0006 'dsps.value' is -8",
                        "CFG-0005 'flipflops' is not a key of a board file"),
                faults(faulty));
    }

    @Test
    void keysAndTextsOfOtherShapesAreRefused() throws IOException {
        var text = Boards.byName("icebreaker").toJson();
        assertEquals(
                List.of("CFG-0006 'dram' is \"none\""), faults(replace(text, "\"dram\" : [ ]", "\"dram\" : \"none\"")));
        assertEquals(
                List.of("CFG-0006 the whole file is a list, not an object"),
                faults("[]").subList(0, 1));
        assertEquals(
                List.of("CFG-0006 'memories' is 3, not an object"),
                faults(text.replaceAll("(?s)\"memories\" : \\{.*?\\},\\s*\"dram\"", "\"memories\" : 3, \"dram\"")));
        assertEquals(
                List.of("CFG-0006 'dram[0].controller.dciCascade.slaves' is '32, 34'"),
                faults(replace(Boards.byName("kc705").toJson(), "\"32 34\"", "\"32, 34\"")));
        var ml605 = Boards.byName("ml605").toJson();
        assertEquals(
                List.of("CFG-0006 'dram[0].controller.dciCascade[1].slaves' is '35,'"),
                faults(replace(ml605, "\"35\"", "\"35,\"")));
        assertEquals(
                List.of("CFG-0006 'dram[0].controller.capture.strobes[0].site' is 'OLOGIC'"),
                faults(replace(ml605, "\"X2Y137\"", "\"OLOGIC\"")));
        assertEquals(
                List.of(
                        "CFG-0004 'dram[0].controller.capture.columns[0].region'",
                        "CFG-0005 'dram[0].controller.capture.columns[0].regio'"),
                faults(ml605.replaceFirst("\"region\"", "\"regio\"")).stream()
                        .map(said -> said.replaceAll("' .*", "'"))
                        .toList());
        for (var broken : List.of("{", "{\"name\":1,\"name\":2}", text + "x", "// {}", "")) {
            assertTrue(faults(broken).getFirst().startsWith("CFG-000"), broken);
        }
        assertTrue(faults("{\"name\" 1}").getFirst().startsWith("CFG-0003 not JSON at line 1, column 9"), "place");
    }

    @Test
    void filesThatCannotBeReadAreRefused() {
        for (var path : List.of(folder + "/none.json", folder + "/", "a\0b.json")) {
            var refusal = assertThrows(CompileException.class, () -> Boards.byName(path));
            assertEquals("CFG-0002", refusal.diagnostics().getFirst().code());
            assertEquals(3, refusal.exitCode());
        }
    }

    private List<String> faults(String text) throws IOException {
        var file = write(text);
        var refusal = assertThrows(CompileException.class, () -> Boards.byName(file));
        assertEquals(3, refusal.exitCode());
        return refusal.diagnostics().stream().map(BoardsTest::codeAndProblem).toList();
    }

    private static String codeAndProblem(Diagnostic it) {
        return it.code() + " " + it.problem();
    }

    private String write(String text) throws IOException {
        return Files.writeString(folder.resolve("board.json"), text).toString();
    }

    private static String replace(String text, String from, String to) {
        assertTrue(text.contains(from), () -> from + " is not in " + text);
        return text.replace(from, to);
    }
}
