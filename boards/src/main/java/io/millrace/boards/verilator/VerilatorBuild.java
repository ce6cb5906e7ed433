package io.millrace.boards.verilator;

import io.millrace.boards.internal.ToolCache;
import io.millrace.boards.internal.ToolRun;
import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** Translates and compiles a design with Verilator once, and keeps the program by the hash of all that went into it. */
final class VerilatorBuild {
    private static final Duration LIMIT = Duration.ofHours(2);

    private VerilatorBuild() {}

    /**
     * The program of a design with this harness.
     *
     * @throws CompileException exit code 10: BLD-0101 without Verilator, BLD-0102 when it fails, BLD-0103 when it takes more than two hours
     */
    static Path cached(List<Path> sources, String top, String harness, BuildProfile profile) {
        return cached(sources, top, harness, profile, LIMIT);
    }

    static Path cached(List<Path> sources, String top, String harness, BuildProfile profile, Duration limit) {
        try {
            String version = version();
            Path cache = ToolCache.folder("verilated");
            String key = ToolCache.key(sources, List.of(version + profile.options(), harness));
            Path folder = cache.resolve(key);
            Path program = folder.resolve("V" + top);
            if (Files.isExecutable(program)) {
                return program;
            }
            Files.createDirectories(cache);
            Path work = Files.createTempDirectory(cache, "build-");
            try {
                build(sources, top, harness, profile, work, limit);
                Path ready = Files.createTempDirectory(cache, "ready-");
                Files.copy(
                        work.resolve("obj").resolve("V" + top),
                        ready.resolve("V" + top),
                        StandardCopyOption.COPY_ATTRIBUTES);
                try {
                    Files.move(ready, folder, StandardCopyOption.ATOMIC_MOVE);
                } catch (FileSystemException e) {
                    ToolCache.delete(ready);
                    // Another process was faster, or nothing can be kept there.
                    if (!Files.isExecutable(program)) {
                        throw e;
                    }
                }
            } finally {
                ToolCache.delete(work);
            }
            return program;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void build(
            List<Path> sources, String top, String harness, BuildProfile profile, Path work, Duration limit)
            throws IOException {
        Path main = work.resolve("main.cpp");
        Files.writeString(main, harness);
        var command = new ArrayList<>(List.of(
                "verilator",
                "--cc",
                "--exe",
                "--build",
                "-j",
                "2",
                "--noassert",
                "-Wall",
                "--top-module",
                top,
                "-Mdir",
                work.resolve("obj").toString()));
        command.addAll(profile.options());
        sources.forEach(s -> command.add(s.toAbsolutePath().toString()));
        command.add(main.toString());
        Path log = work.resolve("verilator.log");
        OptionalInt status = ToolRun.run(command, work, log, limit);
        if (status.isEmpty()) {
            throw failure(
                    "BLD-0103",
                    top,
                    "Verilator and the compiler did not end within " + limit.toSeconds() + " s",
                    "take a smaller machine (--multipliers, --cycles), or a machine that is less busy");
        }
        if (status.getAsInt() != 0) {
            String text = Files.readString(log);
            String shown = text.length() > 4000 ? text.substring(0, 4000) + "\n…" : text;
            throw failure(
                    "BLD-0102",
                    top,
                    "Verilator failed with status " + status.getAsInt() + ":\n" + shown,
                    "report this as a bug with the model: generated Verilog must be lint-clean");
        }
    }

    private static CompileException failure(String code, String top, String problem, String remedy) {
        return new CompileException(10, new Diagnostic(code, SourceRef.file(top), problem, remedy));
    }

    private static String version() throws IOException {
        try {
            var process = new ProcessBuilder("verilator", "--version")
                    .redirectErrorStream(true)
                    .start();
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            throw failure(
                    "BLD-0101",
                    "verilator",
                    "Verilator is not on the PATH (" + e.getMessage() + ")",
                    "install it: apt-get install verilator g++ make");
        }
    }
}
