package io.millrace.cli.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** Looks for an external program and asks it its version. */
public final class ToolProbe {
    private static final int SECONDS_MAX = 20;
    private static final Pattern NUMBER = Pattern.compile("(\\d{1,9}(?:\\.\\d{1,9})+)");

    private ToolProbe() {}

    /** Where a program lies on this process's {@code PATH}. */
    public static Optional<Path> onPath(String program) {
        return onPath(program, Objects.requireNonNullElse(System.getenv("PATH"), ""));
    }

    static Optional<Path> onPath(String program, String path) {
        return Pattern.compile(Pattern.quote(java.io.File.pathSeparator))
                .splitAsStream(path)
                .filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder, program))
                .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
                .findFirst();
    }

    /**
     * The first version number that a program prints on either stream; absent if it prints none, fails to start or
     * takes longer than {@value #SECONDS_MAX} s.
     */
    public static Optional<String> version(List<String> command) throws InterruptedException {
        try {
            var output = Files.createTempFile("millrace-probe-", ".txt");
            try {
                var process = new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile())
                        .start();
                process.getOutputStream().close();
                if (!process.waitFor(SECONDS_MAX, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                    return Optional.empty();
                }
                return firstNumber(Files.readString(output, StandardCharsets.ISO_8859_1));
            } finally {
                Files.delete(output);
            }
        } catch (IOException _) {
            return Optional.empty();
        }
    }

    static Optional<String> firstNumber(String text) {
        var matcher = NUMBER.matcher(text);
        return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
    }

    /** Compares versions number by number; missing numbers count as 0. */
    public static boolean atLeast(String version, String wanted) {
        var a = version.split("\\.", -1);
        var b = wanted.split("\\.", -1);
        for (int i = 0; i < Math.max(a.length, b.length); i++) {
            long left = i < a.length ? Long.parseLong(a[i]) : 0;
            long right = i < b.length ? Long.parseLong(b[i]) : 0;
            if (left != right) {
                return left > right;
            }
        }
        return true;
    }
}
