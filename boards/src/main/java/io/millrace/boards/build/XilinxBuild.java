package io.millrace.boards.build;

import io.millrace.boards.flow.Compilation;
import io.millrace.boards.internal.ToolRun;
import io.millrace.boards.project.VendorReport;
import io.millrace.boards.project.XilinxProject;
import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** Writes a project of ISE or Vivado, and runs it where the tool is on the PATH. */
final class XilinxBuild {
    private static final Duration LIMIT = Duration.ofHours(12);

    private XilinxBuild() {}

    /** @param installed whether a command can be run */
    static ProjectReport run(
            Compilation compilation,
            Path folder,
            BuildOptions options,
            Consumer<String> progress,
            Predicate<String> installed) {
        var project = XilinxProject.write(compilation, folder);
        progress.accept("project for " + project.tool().command() + " written to " + folder);
        if (!installed.test(project.tool().command()) || !installed.test("make")) {
            return new ProjectReport(project, folder, Optional.empty());
        }
        make(compilation, folder, options, progress);
        var report = VendorReport.read(project, folder);
        if (!options.allowTimingFailure()) {
            report.requireTiming(compilation.board().name());
        }
        return new ProjectReport(project, folder, Optional.of(report));
    }

    /** Whether a command is on the PATH. */
    static boolean installed(String command) {
        String path = Objects.requireNonNullElse(System.getenv("PATH"), "");
        return Pattern.compile(Pattern.quote(File.pathSeparator))
                .splitAsStream(path)
                .anyMatch(dir -> !dir.isEmpty() && Files.isExecutable(Path.of(dir, command)));
    }

    /** A clock that is missed ends make with an error, too: the reports say so. */
    private static void make(Compilation compilation, Path folder, BuildOptions options, Consumer<String> progress) {
        Path log = folder.resolve("make.log");
        long start = System.nanoTime();
        var command = new ArrayList<>(List.of("make"));
        if (options.allowTimingFailure()) {
            command.add("ALLOW_TIMING_FAILURE=1");
        }
        progress.accept("make runs; its log is " + log);
        OptionalInt status;
        try {
            status = ToolRun.run(
                    command,
                    folder,
                    log,
                    LIMIT,
                    () -> progress.accept("make: %.0f s".formatted((System.nanoTime() - start) / 1e9)));
        } catch (IOException e) {
            throw new UncheckedIOException("make could not be run", e);
        }
        if (status.isEmpty()) {
            throw new CompileException(
                    10,
                    new Diagnostic(
                            "BLD-0213",
                            SourceRef.file(compilation.board().name()),
                            "make did not end within " + LIMIT.toHours() + " hours",
                            "see " + log));
        }
    }
}
