package io.millrace.cli;

import io.millrace.boards.BoardSpec;
import io.millrace.boards.Boards;
import io.millrace.boards.Dram;
import io.millrace.boards.Fact;
import io.millrace.boards.MemoryKind;
import io.millrace.cli.internal.TextTable;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

@CommandLine.Command(
        name = "boards",
        description = "List the boards, or show one with the source of each number.",
        footer = {"", "`millrace boards NAME --json` prints a board file to start one's own from."})
final class BoardsCommand extends Command {
    @Parameters(paramLabel = "NAME", arity = "0..1", description = "A board's name, or the path of a board file.")
    @SuppressWarnings("OptionalUsedAsFieldOrParameterType") // picocli fills it
    private Optional<String> name = Optional.empty();

    BoardsCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    int run(Output output) {
        if (name.isEmpty()) {
            list(output);
        } else {
            show(output, Boards.byName(name.get()));
        }
        return 0;
    }

    private static void list(Output output) {
        var table = new TextTable(
                "board", "part", ">LUT", ">FF", ">DSP", "kind", ">BRAM36", ">EBR4k", ">SPRAM256k", ">DRAM MB", ">MHz");
        var document = JsonNodeFactory.instance.objectNode();
        var rows = document.putArray("boards");
        for (var board : Boards.all()) {
            table.row(
                    board.name(),
                    board.part().value(),
                    board.luts().value(),
                    board.flipFlops().value(),
                    board.dsps().value(),
                    board.dspKind(),
                    board.memoryBlocks(MemoryKind.BRAM36),
                    board.memoryBlocks(MemoryKind.EBR4K),
                    board.memoryBlocks(MemoryKind.SPRAM256K),
                    board.dram().stream().mapToInt(Dram::megabytes).sum(),
                    megahertz(board.coreClockMhz().value()));
            rows.add(summary(board));
        }
        table.lines().forEach(output::line);
        output.line("");
        output.line("MHz is the core clock assumed until a design has been placed and timed.");
        output.document(document);
    }

    private static ObjectNode summary(BoardSpec board) {
        var row = JsonNodeFactory.instance
                .objectNode()
                .put("board", board.name())
                .put("title", board.title())
                .put("part", board.part().value())
                .put("clockMhz", board.coreClockMhz().value())
                .put("peakMacsPerCycle", board.peakInt8MacsPerCycle());
        row.putObject("lut").put("budget", board.luts().value());
        row.putObject("ff").put("budget", board.flipFlops().value());
        row.putObject("dsp").put("budget", board.dsps().value());
        for (var kind : MemoryKind.values()) {
            row.putObject(kind.name().toLowerCase(Locale.ROOT)).put("budget", board.memoryBlocks(kind));
        }
        return row;
    }

    private static void show(Output output, BoardSpec board) {
        output.line(board.name() + ": " + board.title());
        fact(output, "part", board.part().value(), board.part());
        fact(output, "LUT" + board.family().lutInputs(), board.luts().value(), board.luts());
        fact(output, "flip-flops", board.flipFlops().value(), board.flipFlops());
        fact(output, board.dspKind().name(), board.dsps().value(), board.dsps());
        board.memories().forEach((kind, count) -> fact(output, kind.name(), count.value(), count));
        for (var dram : board.dram()) {
            var size = dram.megabytes() + " MB, peak " + dram.peakMegabytesPerSecond() + " MB/s";
            fact(output, "DRAM", size, new Fact<>(dram, dram.name() + "; " + dram.source()));
        }
        for (var clock : board.oscillatorsMhz()) {
            fact(output, "oscillator", megahertz(clock.value()) + " MHz", clock);
        }
        fact(output, "core clock", megahertz(board.coreClockMhz().value()) + " MHz assumed", board.coreClockMhz());
        for (var link : board.links()) {
            var rate = megahertz(link.payloadBytesPerSecond() / 1e6) + " MB/s payload";
            var note = link.note().map(text -> "; " + text).orElse("");
            fact(output, link.name(), rate, new Fact<>(link, link.source() + note));
        }
        output.document(JsonMapper.shared().readTree(board.toJson()));
    }

    private static void fact(Output output, String what, Object value, Fact<?> fact) {
        output.line("  %-20s %-28s %s".formatted(what, value, fact.source()));
    }

    /** Without decimals that say nothing: 200, 156.25. */
    private static String megahertz(double value) {
        return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
    }
}
