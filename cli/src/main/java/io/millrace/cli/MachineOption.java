package io.millrace.cli;

import io.millrace.boards.BoardSpec;
import io.millrace.boards.Boards;
import io.millrace.boards.flow.Compilation;
import io.millrace.boards.flow.MachineChoice;
import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import io.millrace.quantizer.Quantized;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.Objective;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Option;

/** Which board, and which machine on it. */
final class MachineOption {
    /** The machines by the names users type. */
    enum Kind {
        OPTIMISED,
        ONE,
        LAYERS
    }

    @Option(
            names = "--board",
            defaultValue = "ml605",
            description = "Board name or path of a board file; default ${DEFAULT-VALUE}.")
    private String board = "ml605";

    @Option(
            names = "--machine",
            defaultValue = "optimised",
            description = {
                "optimised: the fastest the search finds for the board (default);",
                "one: one matrix and one vector engine; layers: an engine for each layer."
            })
    private Kind machine = Kind.OPTIMISED;

    @Option(
            names = "--multipliers",
            converter = Numbers.Bound.class,
            defaultValue = "0",
            paramLabel = "N",
            description = "With --machine optimised: use at most so many multipliers.")
    private int multipliers;

    @Option(
            names = "--cycles",
            converter = Numbers.Bound.class,
            defaultValue = "0",
            paramLabel = "N",
            description =
                    "The smallest machine that needs at most so many cycles a frame, or the best of them by --objective.")
    private int cycles;

    @Option(
            names = "--rows",
            converter = Numbers.Bound.class,
            defaultValue = "0",
            paramLabel = "R",
            description = "With --machine one or layers: output rows of a firing; default 1.")
    private int rows;

    @Option(
            names = "--objective",
            defaultValue = "rate",
            description = {
                "With --machine optimised, what is made least: rate, the cycles a frame, or with --cycles the machine (default);",
                "latency, the cycles from a frame's first row to its last result; energy, what a frame takes (estimated),",
                "with --cycles at that rate."
            })
    private Objective.Goal objective = Objective.Goal.RATE;

    @Option(
            names = "--batch",
            converter = Numbers.Batch.class,
            defaultValue = "1",
            paramLabel = "N",
            description = {
                "Compute fully-connected layers for N frames together, so that their weights are read once for all;",
                "results then come N at a time. Default 1."
            })
    private int batch = 1;

    @Option(
            names = "--thorough",
            description = {
                "Also try machines in stages that work side by side, each on engines of its own, make the fastest",
                "ones better step by step, and plan nearly all block RAMs, not nine tenths: some minutes more, and",
                "up to a third fewer cycles a frame for large networks."
            })
    private boolean thorough;

    /** Frames whose fully-connected layers are computed together. */
    int batch() {
        return batch;
    }

    /** Whether more is tried than what is quick. */
    boolean thorough() {
        return thorough;
    }

    /** The board's facts. */
    BoardSpec board() {
        return Boards.byName(board);
    }

    /**
     * Maps a model onto the machine that is asked for.
     *
     * @param also other networks that the machine has to be large enough for
     * @throws CompileException CFG-0026 if it needs more cycles than {@code --cycles} allows; the scheduler's refusals
     */
    Compilation compile(String model, Quantized quantized, List<QuantizedGraph> also) {
        var compilation = Compilation.of(model, quantized, board(), choice(also));
        double needed = compilation.cost().cyclesPerFrame();
        if (machine == Kind.OPTIMISED && cycles > 0 && needed > cycles) {
            throw new CompileException(
                    5,
                    new Diagnostic(
                            "CFG-0026",
                            SourceRef.file(model),
                            String.format(
                                    Locale.ROOT,
                                    "needs %.1f cycles a frame (estimated) on the fastest machine found for %s, over the"
                                            + " %d of --cycles",
                                    needed,
                                    compilation.board().name(),
                                    cycles),
                            "allow more cycles, lift --multipliers, or take a larger board"));
        }
        return compilation;
    }

    private MachineChoice choice(List<QuantizedGraph> also) {
        if (machine == Kind.OPTIMISED && !also.isEmpty()) {
            throw new CompileException(
                    2,
                    new Diagnostic(
                            "CFG-0014",
                            SourceRef.file("--also"),
                            "goes with --machine one or layers; the search optimises for one network",
                            "add --machine one"));
        }
        if (objective != Objective.Goal.RATE && (thorough || machine != Kind.OPTIMISED)) {
            throw new CompileException(
                    2,
                    new Diagnostic(
                            "CFG-0014",
                            SourceRef.file("--objective"),
                            thorough
                                    ? "does not go with --thorough, which makes machines faster step by step"
                                    : "goes with --machine optimised; other machines are not searched",
                            thorough ? "leave --thorough out" : "leave --machine out"));
        }
        return switch (machine) {
            case OPTIMISED ->
                new MachineChoice.Optimised(Objective.FASTEST
                        .withMultipliersMax(multipliers)
                        .withCycles(cycles)
                        .withGoal(objective)
                        .withBatch(batch)
                        .withThorough(thorough));
            case ONE -> given(MachineOptions.oneEngine(8, 8, 1, 4, 64).withAlso(also));
            case LAYERS ->
                given(MachineOptions.engineForEachLayer(cycles > 0 ? cycles : 4000)
                        .withAlso(also));
        };
    }

    private MachineChoice given(MachineOptions options) {
        return new MachineChoice.Given(options.withRows(Math.max(1, rows)).withBatch(batch));
    }
}
