package io.millrace.boards.build;

import io.millrace.boards.BoardSpec;
import io.millrace.boards.LinkKind;
import io.millrace.boards.flow.Compilation;
import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** Builds what a compiled folder holds for its board, by the tools of the board's device. */
public final class BoardBuild {
    /** Folder in the compiled folder in which a build works, and which holds its logs. */
    public static final String FOLDER = "build";

    private BoardBuild() {}

    /**
     * Builds in {@code DIR/build}, which is replaced: iCE40 boards down to a bitstream; of Xilinx boards the project, which is built where the vendor's tool is
     * installed.
     *
     * @param compilation what the compiled folder holds
     * @param folder the compiled folder
     * @param progress told of each step in words
     * @param installed whether a command can be run
     * @throws CompileException exit code 4 (BLD-0210) for a board whose file has no wiring, (BLD-0406) for a link that it does not offer, 5 (BLD-0214) if the design does not fit the device, 7
     *     (BLD-0215, BLD-0405) if it misses its clock, 10 (BLD-0201 to BLD-0206, BLD-0213) if a tool is missing or fails
     */
    public static BuildResult run(
            Compilation compilation,
            Path folder,
            BuildOptions options,
            Consumer<String> progress,
            Predicate<String> installed) {
        Path to = folder.resolve(FOLDER);
        return switch (compilation.board().family()) {
            case ICE40UP, ICE40HX -> {
                requireSerial(compilation.board(), options.link());
                yield Ice40Build.run(compilation, to, options, progress);
            }
            case VIRTEX6, VIRTEX7, KINTEX7, ARTIX7, ZYNQ7 ->
                XilinxBuild.run(compilation, to, options, progress, installed);
        };
    }

    /**
     * Writes a Xilinx board's project to {@code DIR/build}, which is replaced, and has yosys count its cells: synthesis only, without the vendor's tool.
     *
     * @param compilation what the compiled folder holds
     * @param folder the compiled folder
     * @param link to the host
     * @param progress told of each step in words, and of yosys every ten seconds
     * @throws CompileException exit code 2 (BLD-0216) for a board whose part is not Xilinx', 10 (BLD-0213) if yosys is missing, fails or takes more than two
     *     hours
     */
    public static CellCount count(Compilation compilation, Path folder, LinkKind link, Consumer<String> progress) {
        return XilinxCount.run(compilation, link, folder.resolve(FOLDER), progress);
    }

    private static void requireSerial(BoardSpec board, LinkKind link) {
        if (link != LinkKind.UART) {
            throw new CompileException(
                    4,
                    new Diagnostic(
                            "BLD-0406",
                            SourceRef.file(board.name()),
                            "on an iCE40 the host port speaks over a serial line alone, not " + link,
                            "build it with --link uart"));
        }
    }
}
