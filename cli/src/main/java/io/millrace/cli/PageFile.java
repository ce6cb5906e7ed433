package io.millrace.cli;

import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import java.nio.file.Files;
import java.nio.file.Path;

/** The file that {@code --page} names. */
final class PageFile {
    private PageFile() {}

    /** @throws CompileException CFG-0014 if nothing can be written there */
    static void require(Path file) {
        var folder = file.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder) || Files.isDirectory(file)) {
            throw new CompileException(
                    2,
                    new Diagnostic(
                            "CFG-0014",
                            SourceRef.file("--page"),
                            "'" + file + "' is no file in a folder that exists",
                            "give a file such as docs/nets.md"));
        }
    }

    /** A picture beside the page: {@code efficiency.md} has {@code efficiency-boards.svg}. */
    static Path picture(Path page, String what) {
        var name = String.valueOf(page.getFileName());
        int dot = name.lastIndexOf('.');
        return page.resolveSibling((dot > 0 ? name.substring(0, dot) : name) + "-" + what + ".svg");
    }
}
