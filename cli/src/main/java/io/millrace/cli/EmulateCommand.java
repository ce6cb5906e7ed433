package io.millrace.cli;

import io.millrace.boards.flow.Compilation;
import io.millrace.boards.flow.CompiledFolder;
import io.millrace.boards.live.EmulatedBoard;
import io.millrace.boards.verilator.BuildProfile;
import io.millrace.boards.verilator.VerilatedBoard;
import io.millrace.cli.internal.TemporaryFolder;
import io.millrace.hdl.DesignGenerator;
import io.millrace.hdl.HostPortOptions;
import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.JsonNodeFactory;

@CommandLine.Command(
        name = "emulate",
        description = "Start the Verilated board of a compiled folder as a server, until interrupted.",
        footer = {
            "",
            "Then, elsewhere: millrace run MODEL --link tcp:127.0.0.1:PORT with the options it was compiled with;",
            "with --uart: --link uart:DEVICE, the device that is named."
        })
final class EmulateCommand extends Command {
    @Parameters(paramLabel = "DIR", description = "A folder that compile wrote.")
    @SuppressWarnings("NullAway.Init") // picocli fills it
    private Path folder;

    @Option(
            names = "--port",
            converter = Numbers.Port.class,
            defaultValue = "0",
            description = "TCP port; default 0, any free one.")
    private int port;

    @Option(
            names = "--seconds",
            converter = Numbers.Count.class,
            paramLabel = "N",
            description = "Stop after so long; default: when interrupted.")
    private Optional<Integer> seconds = Optional.empty();

    @Option(
            names = "--uart",
            description =
                    "Behind a pseudo-terminal, bit by bit, with the host port that build takes for a serial line.")
    private boolean uart;

    EmulateCommand(Terminal terminal) {
        super(terminal);
    }

    /** The Verilated board of a compilation: translated and compiled once, then taken from the cache. */
    static VerilatedBoard verilated(Compilation compilation) throws IOException {
        try (var rtl = TemporaryFolder.create("millrace-rtl-")) {
            return VerilatedBoard.build(
                    DesignGenerator.board(compilation.schedule(), HostPortOptions.WIDE, rtl.path()));
        }
    }

    private static VerilatedBoard serial(Compilation compilation) throws IOException {
        try (var rtl = TemporaryFolder.create("millrace-rtl-")) {
            var port = HostPortOptions.forSerialLine(compilation.schedule().machine());
            int clocks = port.clocksPerBitMin();
            var design = DesignGenerator.uartBoard(compilation.schedule(), port, clocks, rtl.path());
            return VerilatedBoard.buildSerial(design, clocks, BuildProfile.SPEED);
        }
    }

    private EmulatedBoard start(Compilation compilation) throws IOException {
        return uart
                ? EmulatedBoard.onTerminal(serial(compilation))
                : EmulatedBoard.listen(verilated(compilation), port);
    }

    @Override
    int run(Output output) throws IOException, InterruptedException {
        Compilation compilation = CompiledFolder.read(folder);
        output.progress("translating the board with Verilator, unless it is cached");
        try (var board = start(compilation)) {
            output.line("listening on " + board.address());
            output.document(JsonNodeFactory.instance
                    .objectNode()
                    .put("model", compilation.model())
                    .put("board", compilation.board().name())
                    .put("link", board.address().toString()));
            if (board.await(Duration.ofSeconds(seconds.orElse(Integer.MAX_VALUE)))) {
                throw new CompileException(
                        8,
                        new Diagnostic(
                                "LNK-0121",
                                SourceRef.file(board.address().toString()),
                                "the emulated board has ended by itself: " + board.lastWords(),
                                "start it again; if it repeats, report it as a bug with the model"));
            }
        }
        return 0;
    }
}
