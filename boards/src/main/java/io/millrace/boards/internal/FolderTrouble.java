package io.millrace.boards.internal;

import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.FileTrouble;
import io.millrace.ir.SourceRef;
import java.io.IOException;
import java.nio.file.Path;

/** Folders that cannot be used: exit code 11, CFG-0020. */
public final class FolderTrouble {
    private FolderTrouble() {}

    public static CompileException of(Path folder, String problem, String remedy) {
        return new CompileException(
                11, new Diagnostic("CFG-0020", SourceRef.file(String.valueOf(folder)), problem, remedy));
    }

    public static CompileException notWritten(Path folder, IOException e) {
        return of(folder, "cannot be written: " + FileTrouble.words(e), "check the disk and the rights on the folder");
    }
}
