package io.millrace.boards.build;

import io.millrace.boards.flow.Compilation;
import io.millrace.boards.flow.CompiledFolder;
import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import java.nio.file.Path;
import java.util.function.Consumer;

/** Builds what a compiled folder holds for its board, by the tools of the board's device. */
public final class BoardBuild {
    /** Folder in the compiled folder in which a build works, and which holds its logs. */
    public static final String FOLDER = "build";

    private BoardBuild() {}

    /**
     * Builds a compiled folder in {@code DIR/build}, which is replaced.
     *
     * @param progress told of each step in words
     * @throws CompileException exit code 4 (BLD-0210) for a family without a flow, 5 (BLD-0214) if the design does not fit the device, 7
     *     (BLD-0215) if it misses its clock, 10 (BLD-0201 to BLD-0206, BLD-0213) if a tool is missing or fails
     */
    public static BuildReport run(Path folder, BuildOptions options, Consumer<String> progress) {
        Compilation compilation = CompiledFolder.read(folder);
        return switch (compilation.board().family()) {
            case ICE40UP, ICE40HX -> Ice40Build.run(compilation, folder.resolve(FOLDER), options, progress);
            case VIRTEX6, VIRTEX7, KINTEX7, ARTIX7, ZYNQ7 -> throw unsupported(compilation);
        };
    }

    private static CompileException unsupported(Compilation compilation) {
        var board = compilation.board();
        return new CompileException(
                4,
                new Diagnostic(
                        "BLD-0210",
                        SourceRef.file(board.name()),
                        "no build for its family " + board.family() + ": only iCE40 boards go down to a bitstream",
                        "take the Verilog in the compiled folder's rtl into a project of the vendor's tool, or compile for --board icebreaker"));
    }
}
