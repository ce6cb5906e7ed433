package io.millrace.boards.build;

import io.millrace.boards.flow.Compilation;
import io.millrace.boards.project.VendorReport;
import io.millrace.boards.project.XilinxProject;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;

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
        var project = XilinxProject.write(compilation, options.link(), folder);
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

    /** A clock that is missed ends make with an error, too: the reports say so. */
    private static void make(Compilation compilation, Path folder, BuildOptions options, Consumer<String> progress) {
        var make =
                new BuildTool("make", folder, compilation.board().name(), LIMIT, "see its log in " + folder, progress);
        try {
            make.run(options.allowTimingFailure() ? List.of("ALLOW_TIMING_FAILURE=1") : List.of());
        } catch (InterruptedIOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
