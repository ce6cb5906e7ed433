package io.millrace.cli;

import io.millrace.boards.flow.Compilation;
import io.millrace.boards.flow.CompiledFolder;
import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import io.millrace.quantizer.Quantized;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Scheduler;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.JsonNodeFactory;

@CommandLine.Command(
        name = "compile",
        description = "Compile a model to Verilog and a program image in a folder.",
        footer = {
            "",
            "With --design, only a program image is made: the model is put on the machine of a folder that exists,",
            "so that a board which holds that design runs another network without new Verilog. One with the layers of the",
            "design's own network, such as that network trained further, is put where that one is, in seconds, and takes as",
            "many cycles; of any other the k-th layer of a kind is put on the k-th engine, and no map is spilled to DRAM.",
            "--batch goes with it, where the design has memory for it; what else chooses a machine does not."
        })
final class CompileCommand extends Command {
    /** What chooses a machine, and so contradicts one that is given. */
    private static final List<String> OF_A_NEW_MACHINE = List.of(
            "--board", "--machine", "--multipliers", "--cycles", "--rows", "--also", "--objective", "--thorough");

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli fills it
    private CommandSpec spec;

    @Mixin
    private final QuantizeChoices choices = new QuantizeChoices();

    @Mixin
    private final MachineOption machine = new MachineOption();

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "DIR",
            description = "Folder to write; a folder that compile wrote before is replaced.")
    @SuppressWarnings("NullAway.Init") // picocli fills it
    private Path folder;

    @Option(names = "--design", paramLabel = "DIR", description = "A compiled folder whose design is to be used.")
    private Optional<Path> design = Optional.empty();

    @Option(
            names = "--also",
            paramLabel = "MODEL",
            description = "With --machine one or layers: make the design large enough for this model too; repeatable.")
    private List<String> also = List.of();

    CompileCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    int run(Output output) {
        CompiledFolder.requireWritable(folder);
        if (design.isPresent()) {
            requireNoMachine();
        }
        machine.board(); // before the long work: its name may be misspelt
        // The weights of a design take as long to read as others to quantize.
        var reading = design.map(dir -> CompletableFuture.supplyAsync(() -> CompiledFolder.read(dir)));
        var quantized = choices.quantize(output);
        Compilation compilation;
        if (design.isPresent() && reading.isPresent()) {
            compilation = onDesign(design.get(), read(reading.get()), quantized, output);
        } else {
            output.progress("searching a machine for " + machine.board().title()
                    + (machine.thorough() ? "; a thorough search takes some minutes" : ""));
            compilation = machine.compile(
                    choices.modelName(),
                    quantized,
                    also.stream()
                            .map(name -> choices.quantize(output, name).graph())
                            .toList());
        }
        output.progress("writing " + folder);
        CompiledFolder.write(compilation, folder, design.isEmpty(), choices.hostTail());
        var bound = Summary.bound(compilation);
        Summary.print(output, compilation, bound);
        choices.hostTail().ifPresent(tail -> output.line("the host computes the rest: " + CompiledFolder.HOST_TAIL));
        output.line("written to " + folder);
        var document = JsonNodeFactory.instance.objectNode();
        Summary.put(document, compilation, bound);
        var cost = compilation.cost();
        document.put("bottleneck", cost.bottleneck());
        Summary.putRates(document, compilation, cost.cyclesPerFrame(), cost.latencyCycles(), "estimated");
        output.document(document);
        return 0;
    }

    /** A program for a design that exists: as the design's own where the layers and the batch are the same, else as they come. */
    private Compilation onDesign(Path design, Compilation existing, Quantized quantized, Output output) {
        var there = existing.schedule();
        if (there.graph().precision() != quantized.graph().precision()) {
            throw new CompileException(
                    5,
                    new Diagnostic(
                            "CFG-0025",
                            SourceRef.file(String.valueOf(design)),
                            "the design computes " + there.graph().precision() + ", the model is quantized to "
                                    + quantized.graph().precision(),
                            "choose the other --format"));
        }
        output.progress("placing the model on the design of " + design);
        var like = there.batch() == machine.batch()
                ? Scheduler.scheduleLike(there, quantized.graph())
                : Optional.<Schedule>empty();
        var schedule = like.orElseGet(
                () -> Scheduler.scheduleOn(quantized.graph(), there.target(), there.machine(), machine.batch()));
        var compilation = Compilation.of(choices.modelName(), quantized, existing.board(), schedule);
        if (!compilation.manifest().design().equals(existing.manifest().design())) {
            throw new CompileException(
                    5,
                    new Diagnostic(
                            "CFG-0028",
                            SourceRef.file(String.valueOf(design)),
                            "the design's control is fixed to the program of " + existing.model()
                                    + " and runs no other; it was too small a part for lists and descriptors in memories",
                            "compile for a larger board, or write a design of its own without --design"));
        }
        return compilation;
    }

    private static Compilation read(CompletableFuture<Compilation> reading) {
        try {
            return reading.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof CompileException refused) {
                throw refused;
            }
            throw e;
        }
    }

    private void requireNoMachine() {
        var given = spec.commandLine().getParseResult();
        OF_A_NEW_MACHINE.stream().filter(given::hasMatchedOption).findFirst().ifPresent(option -> {
            throw new CompileException(
                    2,
                    new Diagnostic(
                            "CFG-0014",
                            SourceRef.file(option),
                            "does not go with --design, whose machine is there already",
                            "leave " + option + " out, or compile a design of its own without --design"));
        });
    }
}
