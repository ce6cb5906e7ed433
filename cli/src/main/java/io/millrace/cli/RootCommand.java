package io.millrace.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@CommandLine.Command(
        name = "millrace",
        description = "Compiles a trained ConvNet into a dataflow machine for an FPGA, and runs it.",
        versionProvider = Version.class,
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "Results go to stdout, progress and messages to stderr.",
            "Exit codes: 0 fine, 1 bug in Millrace, 2 usage, 3 malformed input, 4 unsupported, 5 does not fit,",
            "6 verification failed, 7 timing, 8 link or board, 9 a limit was hit, 10 external tool, 11 output folder."
        })
final class RootCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Spec
    @SuppressWarnings("NullAway.Init") // injected by picocli
    private CommandSpec spec;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help, or that of the command it follows.")
    private boolean help;

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "Print the version.")
    private boolean version;

    RootCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    /** Without a command, says which there are; that is a usage error, since nothing was done. */
    @Override
    public Integer call() {
        spec.commandLine().usage(terminal.err());
        return CommandLine.ExitCode.USAGE;
    }
}
