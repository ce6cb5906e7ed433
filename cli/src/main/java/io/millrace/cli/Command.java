package io.millrace.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;

/** A subcommand: what it does, given where to print. */
public abstract class Command implements Callable<Integer> {
    private final Terminal terminal;

    @Mixin
    private final CommonOptions common = new CommonOptions();

    Command(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public final Integer call() throws Exception {
        return run(new Output(terminal, common));
    }

    /** Does the work and returns the exit code; refusals are thrown as {@code CompileException}. */
    abstract int run(Output output) throws Exception;
}
