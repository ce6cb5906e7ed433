package io.millrace.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/**
 * Where a run prints: results to {@code out}, progress and messages to {@code err}.
 *
 * @param colourOut may {@code out} carry colours
 * @param colourErr may {@code err} carry colours
 */
public record Terminal(PrintStream out, PrintStream err, boolean colourOut, boolean colourErr) {

    /**
     * The process's own streams, in UTF-8 whatever the locale. The launcher says which of them are terminals, in the
     * system property {@code millrace.terminals}; a non-empty {@code NO_COLOR} refuses colours.
     */
    public static Terminal ofProcess() {
        var terminals = System.getProperty("millrace.terminals", "");
        var noColour = System.getenv("NO_COLOR");
        boolean colour = noColour == null || noColour.isEmpty();
        return new Terminal(
                stream(FileDescriptor.out),
                stream(FileDescriptor.err),
                colour && terminals.contains("out"),
                colour && terminals.contains("err"));
    }

    private static PrintStream stream(FileDescriptor descriptor) {
        return new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
    }

    PrintWriter outWriter() {
        return new PrintWriter(out, true);
    }

    PrintWriter errWriter() {
        return new PrintWriter(err, true);
    }

    void flush() {
        out.flush();
        err.flush();
    }
}
