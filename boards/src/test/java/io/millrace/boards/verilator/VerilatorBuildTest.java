package io.millrace.boards.verilator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.CompileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Programs that Verilator makes are kept. */
class VerilatorBuildTest {
    @TempDir
    Path folder;

    /** Whoever is slower takes what the faster one made. */
    @Test
    void theSameProgramIsBuiltByTwoAtOnce() throws Exception {
        var source = Files.writeString(
                folder.resolve("idle.v"), "module idle(input clk, output q); assign q = clk; endmodule\n");
        // Nobody has built this one before.
        String harness =
                "#include \"Vidle.h\"\nint main() { Vidle top; top.eval(); return 0; } // " + UUID.randomUUID();
        var builds = IntStream.range(0, 2)
                .mapToObj(_ -> CompletableFuture.supplyAsync(
                        () -> VerilatorBuild.cached(List.of(source), "idle", harness, BuildProfile.VERIFICATION)))
                .toList();
        var programs = builds.stream().map(CompletableFuture::join).distinct().toList();
        assertEquals(1, programs.size());
        assertTrue(Files.isExecutable(programs.getFirst()));
    }

    @Test
    void aBuildThatTakesTooLongIsRefused() throws IOException {
        var source = Files.writeString(
                folder.resolve("idle.v"), "module idle(input clk, output q); assign q = clk; endmodule\n");
        String harness = "int main() { return 0; } // " + UUID.randomUUID();
        var refusal = assertThrows(
                CompileException.class,
                () -> VerilatorBuild.cached(
                        List.of(source), "idle", harness, BuildProfile.VERIFICATION, Duration.ofMillis(1)));
        assertEquals(10, refusal.exitCode());
        assertEquals("BLD-0103", refusal.diagnostics().getFirst().code());
    }
}
