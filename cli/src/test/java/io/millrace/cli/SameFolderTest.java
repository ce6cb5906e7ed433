package io.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two compiles of a model with the same choices give the same folder, byte for byte, in this JVM and in another. */
class SameFolderTest {
    @TempDir
    Path folder;

    @Test
    void twoCompilesAreTheSameByteForByte() throws Exception {
        var err = new ByteArrayOutputStream();
        var print = new PrintStream(err, true, StandardCharsets.UTF_8);
        var first = folder.resolve("first");
        assertEquals(0, Millrace.run(arguments(first), new Terminal(print, print, false, false)), () -> err.toString());
        var second = Files.createDirectories(folder.resolve("elsewhere")).resolve("second");
        // Sets and maps of the JDK are walked in another order in each JVM.
        var command = new java.util.ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
        command.addAll(arguments(second));
        var log = folder.resolve("log");
        var process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        assertEquals(0, process.waitFor(), Files.readString(log));

        var a = files(first);
        var b = files(second);
        assertEquals(a.keySet(), b.keySet());
        assertTrue(a.containsKey("manifest.json") && a.containsKey("program.mrpi"), () -> "only " + a.keySet());
        assertTrue(a.containsKey("schedule.txt") && a.containsKey("rtl/millrace_core.v"), () -> "only " + a.keySet());
        a.forEach((name, bytes) -> assertArrayEquals(bytes, b.get(name), name));
    }

    private static List<String> arguments(Path to) {
        return List.of("compile", "lenet1", "-o", to.toString());
    }

    private static TreeMap<String, byte[]> files(Path root) throws IOException {
        var all = new TreeMap<String, byte[]>();
        try (var paths = Files.walk(root)) {
            for (Path path : paths.filter(Files::isRegularFile).toList()) {
                all.put(root.relativize(path).toString(), Files.readAllBytes(path));
            }
        }
        return all;
    }
}
