package io.millrace.cli;

import io.millrace.boards.flow.Compilation;
import io.millrace.boards.flow.CompiledFolder;
import io.millrace.boards.live.EmulatedBoard;
import io.millrace.boards.project.XilinxProject;
import io.millrace.boards.verilator.BuildProfile;
import io.millrace.boards.verilator.LineFaults;
import io.millrace.boards.verilator.VerilatedBoard;
import io.millrace.cli.internal.TemporaryFolder;
import io.millrace.hdl.DesignGenerator;
import io.millrace.hdl.EthernetOptions;
import io.millrace.hdl.HostPortOptions;
import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.JsonNodeFactory;

@CommandLine.Command(
        name = "emulate",
        description = "Start the Verilated board of a compiled folder as a server, until interrupted.",
        footer = {
            "",
            "Then, elsewhere: millrace run MODEL --link tcp:127.0.0.1:PORT with the options it was compiled with;",
            "with --uart: --link uart:DEVICE, the device that is named; with --udp: --link udp:127.0.0.1:PORT."
        })
final class EmulateCommand extends Command {
    @Parameters(paramLabel = "DIR", description = "A folder that compile wrote.")
    @SuppressWarnings("NullAway.Init") // picocli fills it
    private Path folder;

    /** Where hosts find the board. */
    @ArgGroup
    private Place place = new Place();

    private static final class Place {
        @Option(
                names = "--port",
                converter = Numbers.Port.class,
                defaultValue = "0",
                description = "TCP port; default 0, any free one.")
        private int port;

        @Option(
                names = "--uart",
                description =
                        "Behind a pseudo-terminal, bit by bit, with the host port that build takes for a serial line.")
        private boolean uart;

        @Option(
                names = "--udp",
                converter = Numbers.Port.class,
                paramLabel = "PORT",
                description =
                        "On Ethernet up to the PHY's pins, behind a UDP port of this computer, 0 for any free one; with the host port that build --link ethernet takes.")
        private Optional<Integer> udp = Optional.empty();
    }

    @Option(
            names = "--seconds",
            converter = Numbers.Count.class,
            paramLabel = "N",
            description = "Stop after so long; default: when interrupted.")
    private Optional<Integer> seconds = Optional.empty();

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

    private static VerilatedBoard ethernet(Compilation compilation) throws IOException {
        try (var rtl = TemporaryFolder.create("millrace-rtl-")) {
            var options = EthernetOptions.defaults(
                    XilinxProject.ethernetWires(compilation.board()).orElse(EthernetOptions.Wires.GMII));
            int khz = (int) Math.round(compilation.schedule().target().clockMhz() * 1000);
            var port = HostPortOptions.ETHERNET.withClockKhz(khz);
            var design = DesignGenerator.ethernetBoard(compilation.schedule(), port, options, rtl.path());
            return VerilatedBoard.buildEthernet(design, options, khz, BuildProfile.SPEED);
        }
    }

    private EmulatedBoard start(Compilation compilation) throws IOException {
        if (place.udp.isPresent()) {
            return EmulatedBoard.onEthernet(ethernet(compilation), place.udp.get(), LineFaults.NONE);
        }
        return place.uart
                ? EmulatedBoard.onTerminal(serial(compilation))
                : EmulatedBoard.listen(verilated(compilation), place.port);
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
