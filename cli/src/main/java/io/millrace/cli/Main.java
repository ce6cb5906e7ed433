package io.millrace.cli;

import java.util.List;

/** The program's entry. */
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        var terminal = Terminal.ofProcess();
        var interruption = Interruption.prepare(terminal);
        int exitCode = Millrace.run(List.of(args), terminal);
        interruption.finished();
        System.exit(exitCode);
    }
}
