package io.millrace.boards.flow;

import io.millrace.boards.internal.BoardJson;
import io.millrace.boards.internal.FolderTrouble;
import io.millrace.boards.internal.ToolCache;
import io.millrace.hdl.DesignGenerator;
import io.millrace.hdl.ProgramAssembler;
import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.FileTrouble;
import io.millrace.ir.Graph;
import io.millrace.ir.SourceRef;
import io.millrace.ir.onnx.OnnxWriter;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.quantizer.QuantizedGraphText;
import io.millrace.runtime.Manifest;
import io.millrace.scheduler.CostModel;
import io.millrace.scheduler.ProgramImage;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.ScheduleText;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestOutputStream;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * A compiled folder on disk. Written beside its place and renamed when complete, so that an interrupted run never looks finished; no
 * time, host or path of this machine is in it.
 *
 * <pre>
 * manifest.json     what the host has to know
 * board.json        the board it was compiled for, whole: a user's own file may be gone
 * model/quantized.txt   the integer graph, complete
 * schedule.txt      machine, actors, buffers, firing lists
 * program.mrpi      the program image
 * rtl/*.v           the core; rtl/files.f lists it (not with a program for an existing design)
 * </pre>
 */
public final class CompiledFolder {
    private static final String MANIFEST = "manifest.json";
    private static final String BOARD = "board.json";
    private static final String GRAPH = "model/quantized.txt";
    private static final String SCHEDULE = "schedule.txt";
    private static final String PROGRAM = "program.mrpi";

    /** What the host computes behind the board, where the end of the model was left to it. */
    public static final String HOST_TAIL = "model/host_tail.onnx";

    private CompiledFolder() {}

    /**
     * Writes a compilation.
     *
     * @param rtl whether the Verilog is written, and not only a program for a design that exists
     * @param hostTail what the host computes behind what the board does, on the board's outputs; written as ONNX to {@link #HOST_TAIL}
     * @throws CompileException exit code 11 if the folder exists and is not a compiled folder
     */
    public static void write(Compilation compilation, Path folder, boolean rtl, Optional<Graph> hostTail) {
        Path parent = requireWritable(folder);
        try {
            Files.createDirectories(parent);
            Path work = Files.createTempDirectory(parent, "." + folder.getFileName() + "-");
            try {
                fill(compilation, work, rtl);
                if (hostTail.isPresent()) {
                    Files.write(work.resolve(HOST_TAIL), OnnxWriter.write(hostTail.get()));
                }
                if (Files.exists(folder)) {
                    ToolCache.delete(folder);
                }
                move(work, folder);
            } finally {
                if (Files.exists(work)) {
                    ToolCache.delete(work);
                }
            }
        } catch (IOException e) {
            throw FolderTrouble.notWritten(folder, e);
        }
    }

    /**
     * Refuses a folder that {@link #write} would refuse, so that no long work is done for nothing; returns its parent.
     *
     * @throws CompileException exit code 11 if the folder exists and is not a compiled folder, or its parent is no folder
     */
    public static Path requireWritable(Path folder) {
        Path parent = folder.toAbsolutePath().getParent();
        if (parent == null) {
            throw FolderTrouble.of(folder, "is a root", "name a folder below it");
        }
        if (Files.exists(folder) && !isOurs(folder)) {
            throw FolderTrouble.of(
                    folder,
                    "exists and was not written by millrace compile",
                    "name another folder, or remove it yourself");
        }
        if (Files.exists(parent) && !(Files.isDirectory(parent) && Files.isWritable(parent))) {
            throw FolderTrouble.of(
                    folder,
                    "cannot be written: " + parent + " is no folder that this user may write to",
                    "name a place below a folder of yours");
        }
        return parent;
    }

    private static void writeTexts(Compilation c, Path work) {
        try {
            var digest = ScheduleText.graphDigest();
            try (var file = new DigestOutputStream(Files.newOutputStream(work.resolve(GRAPH)), digest)) {
                QuantizedGraphText.write(c.schedule().graph(), file);
            }
            Files.writeString(work.resolve(SCHEDULE), ScheduleText.print(c.schedule(), digest.digest()));
            Files.write(work.resolve(PROGRAM), c.program().encode());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void writeVerilog(Compilation c, Path folder) throws IOException {
        var design = DesignGenerator.core(c.schedule(), folder);
        var names = design.files().stream().map(f -> f.getFileName().toString()).toList();
        Files.writeString(folder.resolve("files.f"), String.join("\n", names) + "\n");
    }

    private static void fill(Compilation c, Path work, boolean rtl) throws IOException {
        Files.createDirectories(work.resolve("model"));
        Files.writeString(work.resolve(MANIFEST), c.manifest().toJson());
        Files.writeString(work.resolve(BOARD), c.board().toJson() + "\n");
        // The text of a hundred million weights takes as long as the Verilog.
        var texts = CompletableFuture.runAsync(() -> writeTexts(c, work));
        try {
            if (rtl) {
                writeVerilog(c, work.resolve("rtl"));
            }
        } finally {
            // Nothing may be written any more when the folder is moved, or deleted.
            texts.exceptionally(_ -> null).join();
        }
        try {
            texts.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof UncheckedIOException unwritten) {
                throw unwritten.getCause();
            }
            throw e;
        }
        try (var paths = Files.walk(work)) {
            for (Path path : paths.toList()) {
                path.toFile().setReadable(true, false);
                if (Files.isDirectory(path)) {
                    path.toFile().setExecutable(true, false);
                }
            }
        }
    }

    /** Whether a folder holds what {@link #write} wrote. */
    public static boolean isOurs(Path folder) {
        return Files.isDirectory(folder)
                && Files.isRegularFile(folder.resolve(MANIFEST))
                && Files.isRegularFile(folder.resolve(SCHEDULE));
    }

    /**
     * Reads a compiled folder.
     *
     * @throws CompileException exit code 11 if it is none, 3 if a file in it is missing or damaged or they do not belong together
     */
    public static Compilation read(Path folder) {
        if (!isOurs(folder)) {
            throw FolderTrouble.of(folder, "is no compiled folder", "write one with `millrace compile MODEL -o DIR`");
        }
        try {
            var manifest = Manifest.fromJson(Files.readString(folder.resolve(MANIFEST)), MANIFEST);
            byte[] text = Files.readAllBytes(folder.resolve(GRAPH));
            QuantizedGraph graph = QuantizedGraphText.parse(GRAPH, new String(text, StandardCharsets.UTF_8));
            Schedule schedule = ScheduleText.parse(SCHEDULE, Files.readString(folder.resolve(SCHEDULE)), graph, text);
            var program = ProgramImage.decode(Files.readAllBytes(folder.resolve(PROGRAM)), PROGRAM);
            if (!ProgramAssembler.assemble(schedule).equals(program)) {
                throw new CompileException(
                        3,
                        new Diagnostic(
                                "CFG-0021",
                                SourceRef.file(folder.getFileName() + "/" + PROGRAM),
                                "the program image is not that of the schedule beside it",
                                "write the folder again with `millrace compile`"));
            }
            return new Compilation(
                    manifest.model(),
                    BoardJson.read(BOARD, Files.readString(folder.resolve(BOARD))),
                    schedule,
                    program,
                    manifest,
                    CostModel.estimate(schedule));
        } catch (IOException e) {
            throw new CompileException(
                    3,
                    new Diagnostic(
                            "CFG-0021",
                            SourceRef.file(String.valueOf(folder)),
                            "a file of it cannot be read: " + e.getMessage() + " (" + FileTrouble.words(e) + ")",
                            "write the folder again with `millrace compile`"));
        }
    }

    /** The Verilog files of a compiled folder, children before parents; empty where it holds only a program. */
    public static List<Path> verilog(Path folder) {
        Path list = folder.resolve("rtl").resolve("files.f");
        try {
            return Files.exists(list)
                    ? Files.readAllLines(list).stream()
                            .map(name -> folder.resolve("rtl").resolve(name))
                            .toList()
                    : List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to);
        }
    }
}
