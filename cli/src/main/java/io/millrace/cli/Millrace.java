package io.millrace.cli;

import io.millrace.boards.verify.Proof;
import io.millrace.cli.internal.Failures;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Help.ColorScheme;
import picocli.CommandLine.ParameterException;

/** The whole command line as a function: arguments and a terminal in, an exit code out. Never ends the JVM. */
public final class Millrace {
    private Millrace() {}

    /**
     * Runs one command.
     *
     * @return 0 fine, 1 bug in Millrace, 2 usage, 3 malformed input, 4 unsupported, 5 does not fit, 6 verification
     *     failed, 7 timing, 8 link or board, 9 a limit was hit, 10 external tool, 11 output folder busy or not ours
     */
    public static int run(List<String> args, Terminal terminal) {
        return run(args, terminal, Proof.Cores.GENERATED);
    }

    /** As above, where {@code verify} proves other RTL. */
    static int run(List<String> args, Terminal terminal, Proof.Cores cores) {
        var failures = new Failures(terminal, args);
        try {
            return commandLine(terminal, failures, cores).execute(args.toArray(String[]::new));
        } catch (Throwable failure) { // errors of the JVM pass through picocli
            return failures.report(failure);
        } finally {
            terminal.flush();
        }
    }

    /** The command tree. A command appears here when it is real. */
    static CommandLine commandLine(Terminal terminal, Failures failures, Proof.Cores cores) {
        var root = new CommandLine(new RootCommand(terminal));
        List.<Command>of(
                        new CheckCommand(terminal),
                        new QuantizeCommand(terminal),
                        new EvaluateCommand(terminal),
                        new CompileCommand(terminal),
                        new SimulateCommand(terminal),
                        new BuildCommand(terminal),
                        new VerifyCommand(terminal, cores),
                        new RunCommand(terminal),
                        new EmulateCommand(terminal),
                        new BoardsCommand(terminal),
                        new DoctorCommand(terminal),
                        new ExplainCommand(terminal))
                .forEach(root::addSubcommand);
        root.addSubcommand(new CommandLine(new BenchCommand(terminal))
                .addSubcommand(new BenchSpeedCommand(terminal))
                .addSubcommand(new BenchNetsCommand(terminal))
                .addSubcommand(new BenchEstimatesCommand(terminal))
                .addSubcommand(new BenchEfficiencyCommand(terminal))
                .addSubcommand(new BenchPeersCommand(terminal))
                .addSubcommand(new BenchJmhCommand(terminal)));
        return root.setOut(terminal.outWriter())
                .setErr(terminal.errWriter())
                .setColorScheme(new ColorScheme.Builder(terminal.colourOut() ? Ansi.ON : Ansi.OFF)
                        .applySystemProperties()
                        .build())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setAbbreviatedOptionsAllowed(false)
                .setUsageHelpWidth(110)
                .setParameterExceptionHandler((ParameterException e, String[] _) -> failures.usage(e))
                .setExecutionExceptionHandler((e, _, _) -> failures.report(e));
    }
}
