package io.millrace.cli;

import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@CommandLine.Command(
        name = "bench",
        description = "Measure; every row can be kept with --append.",
        synopsisSubcommandLabel = "COMMAND")
final class BenchCommand extends Command {
    @Spec
    @SuppressWarnings("NullAway.Init") // injected by picocli
    private CommandSpec spec;

    BenchCommand(Terminal terminal) {
        super(terminal);
    }

    /** Without a command, says which there are; that is a usage error, since nothing was measured. */
    @Override
    int run(Output output) {
        throw new CommandLine.ParameterException(
                spec.commandLine(), "Missing required command: speed, nets, estimates, efficiency, peers or jmh");
    }
}
