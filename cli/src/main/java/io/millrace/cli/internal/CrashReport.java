package io.millrace.cli.internal;

import io.millrace.cli.Version;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What a person who mends the bug needs, in one file; the user's home folder is written as {@code ~}. */
final class CrashReport {
    private CrashReport() {}

    /** Writes the file into the folder for temporary files; absent if that is impossible. */
    static Optional<Path> write(Throwable failure, List<String> args) {
        try {
            var file = Files.createTempFile("millrace-crash-", ".txt");
            Files.writeString(file, text(failure, args));
            return Optional.of(file);
        } catch (IOException _) {
            return Optional.empty();
        }
    }

    private static String text(Throwable failure, List<String> args) {
        var trace = new StringWriter();
        failure.printStackTrace(new PrintWriter(trace));
        var whole = """
                millrace %s
                java     %s
                system   %s %s %s, %d processors, heap %d MiB
                command  millrace %s

                %s""".formatted(
                        Version.number(),
                        Runtime.version(),
                        System.getProperty("os.name"),
                        System.getProperty("os.version"),
                        System.getProperty("os.arch"),
                        Runtime.getRuntime().availableProcessors(),
                        Runtime.getRuntime().maxMemory() >> 20,
                        String.join(" ", args),
                        trace);
        var home = System.getProperty("user.home", "");
        return home.length() > 1 ? whole.replace(home, "~") : whole;
    }
}
