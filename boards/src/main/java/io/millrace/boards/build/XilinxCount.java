package io.millrace.boards.build;

import io.millrace.boards.LinkKind;
import io.millrace.boards.flow.Compilation;
import io.millrace.boards.internal.FolderTrouble;
import io.millrace.boards.project.XilinxProject;
import io.millrace.boards.synthesis.SynthesisReport;
import io.millrace.boards.synthesis.YosysSynthesis;
import io.millrace.hdl.DesignGenerator;
import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Writes a project of ISE or Vivado and has yosys count its cells. The machine's module keeps its boundary, so that one run counts it alone and with
 * all around it.
 */
final class XilinxCount {
    private static final Duration LIMIT = Duration.ofHours(2);
    private static final int SHOWN = 2000;
    private static final String FOLDER = "yosys";
    private static final String STATISTICS = "cells.json";

    private XilinxCount() {}

    static CellCount run(Compilation compilation, LinkKind link, Path folder, Consumer<String> progress) {
        var board = compilation.board();
        if (XilinxProject.toolFor(board.family()).isEmpty()) {
            throw notXilinx(board.name());
        }
        var project = XilinxProject.write(compilation, link, folder);
        progress.accept(
                "project for " + project.tool().command() + " written to " + folder + "; yosys counts its cells");
        try {
            Path work = Files.createDirectories(folder.resolve(FOLDER));
            Files.writeString(
                    work.resolve("synthesise.ys"),
                    script(project.top(), board.family().yosysFamily(), folder));
            double seconds = synthesise(board.name(), work, progress);
            return count(
                    project, folder, board.family().yosysFamily(), Files.readString(work.resolve(STATISTICS)), seconds);
        } catch (InterruptedIOException e) {
            throw new UncheckedIOException(e);
        } catch (IOException e) {
            throw FolderTrouble.notWritten(folder, e);
        }
    }

    /** Every file by its path from the folder that yosys runs in. */
    private static String script(String top, String family, Path folder) throws IOException {
        return verilog(folder, "sim", "read_verilog -lib ")
                + verilog(folder, "rtl", "read_verilog ")
                + "hierarchy -top " + top + "\n"
                + "setattr -mod -set keep_hierarchy 1 " + DesignGenerator.CORE + "\n"
                + YosysSynthesis.xilinxScript(top, family).replace("; ", "\n")
                + "\ntee -o " + STATISTICS + " stat -json\n";
    }

    private static String verilog(Path folder, String of, String command) throws IOException {
        Path at = folder.resolve(of);
        if (!Files.isDirectory(at)) {
            return "";
        }
        try (var files = Files.list(at)) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> name.endsWith(".v"))
                    .sorted()
                    .map(name -> command + "../" + of + "/" + name + "\n")
                    .collect(Collectors.joining());
        }
    }

    private static double synthesise(String board, Path work, Consumer<String> progress) throws IOException {
        var tool = new BuildTool(
                "yosys", work, board, LIMIT, "compile a smaller machine with --multipliers or --cycles", progress);
        var ended = tool.run(List.of("-s", "synthesise.ys"));
        if (ended.status() != 0) {
            String log = Files.readString(ended.log());
            throw tool.failure(
                    "failed with status " + ended.status() + ":\n" + log.substring(Math.max(0, log.length() - SHOWN)),
                    "report this as a bug with the model: what is built must pass");
        }
        return ended.seconds();
    }

    private static CellCount count(
            XilinxProject project, Path folder, String family, String statistics, double seconds) {
        var modules = YosysSynthesis.cellsOfModules(statistics);
        Map<String, Integer> machine = modules.get(DesignGenerator.CORE);
        Map<String, Integer> around = modules.get(project.top());
        if (machine == null || around == null) {
            throw new IllegalStateException("yosys counts the machine and what is around it: " + modules.keySet());
        }
        var whole = new TreeMap<>(around);
        whole.remove(DesignGenerator.CORE);
        machine.forEach((cell, count) -> whole.merge(cell, count, Integer::sum));
        return new CellCount(
                project, folder, new SynthesisReport(family, machine), new SynthesisReport(family, whole), seconds);
    }

    private static CompileException notXilinx(String board) {
        return new CompileException(
                2,
                new Diagnostic(
                        "BLD-0216",
                        SourceRef.file(board),
                        "--tool yosys counts the cells of Xilinx boards, and this board's part is none of Xilinx'",
                        "leave --tool out: an iCE40 is built by yosys and nextpnr-ice40 anyway, and its parts are counted as placed"));
    }
}
