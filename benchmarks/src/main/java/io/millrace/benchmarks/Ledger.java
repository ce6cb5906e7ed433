package io.millrace.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** A file of JSON lines that measurements are appended to, each with the program and the machine it was made by. */
public final class Ledger {
    private static final int GIT_SECONDS_MAX = 10;

    private Ledger() {}

    /**
     * Where figures come from.
     *
     * @param commit of the program's sources, with {@code -dirty} behind it if they were changed since; {@code unknown} outside of git
     * @param version of the program
     * @param date UTC, to the second
     * @param cpu the processor's model name
     */
    public record Origin(String commit, String version, String date, String cpu, int cores, String java) {
        /**
         * This program on this machine, now.
         *
         * @param sources the folder of the program's sources
         */
        public static Origin here(String version, Path sources) {
            return new Origin(
                    commitOf(sources),
                    version,
                    Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                    cpuModel(),
                    Runtime.getRuntime().availableProcessors(),
                    Runtime.version().toString());
        }

        ObjectNode json() {
            var json = JsonNodeFactory.instance
                    .objectNode()
                    .put("commit", commit)
                    .put("version", version)
                    .put("date", date);
            json.putObject("machine").put("cpu", cpu).put("cores", cores).put("java", java);
            return json;
        }
    }

    /** Appends a line for each row: the origin's keys, then the row's. */
    public static void append(Path file, Origin origin, List<ObjectNode> rows) throws IOException {
        var lines = new StringBuilder();
        for (var row : rows) {
            var line = origin.json();
            row.properties().forEach(it -> line.set(it.getKey(), it.getValue()));
            lines.append(line).append('\n');
        }
        Files.writeString(file, lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private static String commitOf(Path sources) {
        String head = git(sources, "rev-parse", "HEAD");
        if (!head.matches("[0-9a-f]{40,64}")) {
            return "unknown";
        }
        return git(sources, "status", "--porcelain", "--untracked-files=no").isEmpty() ? head : head + "-dirty";
    }

    private static String git(Path sources, String... arguments) {
        var command = new java.util.ArrayList<>(List.of("git", "-C", sources.toString()));
        command.addAll(List.of(arguments));
        try {
            var process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            process.getOutputStream().close();
            var text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return process.waitFor(GIT_SECONDS_MAX, TimeUnit.SECONDS) && process.exitValue() == 0 ? text : "?";
        } catch (IOException _) {
            return "?";
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return "?";
        }
    }

    private static String cpuModel() {
        try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse(System.getProperty("os.arch"));
        } catch (IOException _) {
            return System.getProperty("os.arch");
        }
    }
}
