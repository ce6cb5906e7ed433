package io.millrace.hdl.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A program that a test runs. A missing one skips the test here and fails it where CI=true. */
public final class Tool {
    private Tool() {}

    public static void require(String program) {
        boolean found = List.of(System.getenv("PATH").split(":")).stream()
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
        if ("true".equals(System.getenv("CI"))) {
            assertTrue(found, program + " is not installed");
        }
        assumeTrue(found, program + " is not installed");
    }

    /** Runs {@code command} in {@code folder}, which must succeed, and gives what it printed. */
    public static String run(Path folder, List<String> command) throws IOException, InterruptedException {
        return run(folder, null, command);
    }

    static String run(Path folder, @Nullable Path input, List<String> command)
            throws IOException, InterruptedException {
        Path output = folder.resolve("tool.log");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        if (input != null) {
            builder.redirectInput(input.toFile());
        }
        Process process = builder.start();
        if (!process.waitFor(5, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new AssertionError(command + " did not end");
        }
        String printed = Files.readString(output);
        assertEquals(0, process.exitValue(), () -> command + "\n" + printed);
        return printed;
    }
}
