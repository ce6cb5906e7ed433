package io.millrace.boards.build;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BuildToolTest {
    @TempDir
    private Path folder;

    private BuildTool tool(String name, Duration limit) {
        return new BuildTool(name, folder, "icebreaker", limit, "take less", _ -> {});
    }

    private static Diagnostic refusal(BuildTool tool, List<String> arguments) {
        var refusal = assertThrows(CompileException.class, () -> tool.run(arguments));
        assertEquals(10, refusal.exitCode());
        return refusal.diagnostics().getFirst();
    }

    @Test
    void aMissingToolIsNamedWithItsPackage() {
        var refusal = refusal(tool("no-such-tool", Duration.ofMinutes(1)), List.of());
        assertEquals("BLD-0213", refusal.code());
        assertTrue(refusal.remedy().contains("apt-get install no-such-tool"));
    }

    @Test
    void aToolThatTakesTooLongIsEnded() {
        var refusal = refusal(tool("sleep", Duration.ofMillis(200)), List.of("600"));
        assertEquals("BLD-0213", refusal.code());
        assertEquals("take less", refusal.remedy());
    }

    @Test
    void statusAndLogAreTheCallersToJudge() throws IOException {
        var said = new ArrayList<String>();
        var ended = new BuildTool("sh", folder, "icebreaker", Duration.ofMinutes(1), "take less", said::add)
                .run(List.of("-c", "echo a clock is missed; exit 2"));
        assertEquals(2, ended.status());
        assertEquals("a clock is missed\n", Files.readString(ended.log()));
        assertEquals(1, said.size());
    }
}
