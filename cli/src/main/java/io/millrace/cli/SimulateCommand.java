package io.millrace.cli;

import io.millrace.boards.flow.Compilation;
import io.millrace.boards.flow.CompiledFolder;
import io.millrace.cli.internal.TextTable;
import io.millrace.scheduler.Cost;
import io.millrace.simulator.Account;
import io.millrace.simulator.ChromeTrace;
import io.millrace.simulator.LinkTrace;
import io.millrace.simulator.SimulationOptions;
import io.millrace.simulator.Simulator;
import io.millrace.simulator.TokenCounterVcd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;

@CommandLine.Command(
        name = "simulate",
        description = "Run a compiled folder cycle for cycle and say where the cycles go.")
final class SimulateCommand extends Command {
    @Parameters(paramLabel = "DIR", description = "A folder that compile wrote.")
    @SuppressWarnings("NullAway.Init") // picocli fills it
    private Path folder;

    @Option(
            names = "--frames",
            converter = Numbers.Count.class,
            defaultValue = "8",
            description = "Frames to run; default ${DEFAULT-VALUE}.")
    private int frames = 8;

    @Option(
            names = "--stall-seed",
            paramLabel = "SEED",
            description = "Let the host link stall at random cycles drawn from this seed.")
    private Optional<Long> stallSeed = Optional.empty();

    @Option(names = "--trace", paramLabel = "FILE", description = "Write a timeline that Perfetto reads.")
    private Optional<Path> trace = Optional.empty();

    @Option(names = "--vcd", paramLabel = "FILE", description = "Write the token counters as VCD.")
    private Optional<Path> vcd = Optional.empty();

    SimulateCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    int run(Output output) throws IOException {
        Compilation c = CompiledFolder.read(folder);
        var link = stallSeed
                .map(seed -> LinkTrace.seeded(seed, 1000 * frames, 40, 20))
                .orElse(LinkTrace.NONE);
        var result =
                Simulator.run(c.schedule(), SimulationOptions.timing(frames).withLink(link));
        if (trace.isPresent()) {
            try (var writer = Files.newBufferedWriter(trace.get())) {
                ChromeTrace.write(result, result.endCycle(), writer);
            }
        }
        if (vcd.isPresent()) {
            try (var writer = Files.newBufferedWriter(vcd.get())) {
                TokenCounterVcd.write(result, result.endCycle(), writer);
            }
        }
        Account account = result.account();
        var table = new TextTable(
                "unit", ">busy", ">starved", ">blocked", ">weights", ">drain", ">link", ">DRAM", ">fetch");
        for (var share : account.units()) {
            table.row(
                    share.name(),
                    percent(share, Account.Cause.BUSY),
                    percent(share, Account.Cause.STARVED),
                    percent(share, Account.Cause.BLOCKED),
                    percent(share, Account.Cause.WEIGHTS),
                    percent(share, Account.Cause.DRAIN),
                    percent(share, Account.Cause.LINK),
                    percent(share, Account.Cause.DRAM),
                    percent(share, Account.Cause.OVERHEAD));
        }
        table.lines().forEach(output::line);
        output.line("");
        layers(account, c).lines().forEach(output::line);
        output.line("");
        output.line("%.1f cycles a frame (simulated) = %,.0f frames/s at an assumed %.0f MHz; latency %d cycles"
                .formatted(
                        result.cyclesPerFrame(),
                        Summary.framesPerSecond(c, result.cyclesPerFrame()),
                        c.schedule().target().clockMhz(),
                        result.latencyCycles()));
        output.line("bottleneck: " + account.bottleneck());
        var document = JsonNodeFactory.instance.objectNode();
        Summary.put(document, c, Summary.bound(c));
        layers(document.putArray("layers"), account, c);
        document.put("frames", frames).put("bottleneck", account.bottleneck().name());
        Summary.putRates(document, c, result.cyclesPerFrame(), result.latencyCycles(), "simulated");
        output.document(document);
        return 0;
    }

    /** Cycles a layer's firings took on its unit, and what they were. */
    private static TextTable layers(Account account, Compilation c) {
        var table = new TextTable("layer", "unit", ">busy", ">weights", ">drain", ">starved", ">blocked", "bound");
        var estimated = estimatedWeightBound(c);
        for (var share : account.layers()) {
            var actor = c.schedule().actor(share.id());
            if (actor.work().computes()) {
                table.row(
                        share.name(),
                        c.schedule().machine().unit(actor.unit()).name(),
                        percent(share, Account.Cause.BUSY),
                        percent(share, Account.Cause.WEIGHTS),
                        percent(share, Account.Cause.DRAIN),
                        percent(share, Account.Cause.STARVED),
                        percent(share, Account.Cause.BLOCKED),
                        isWeightBound(share, estimated) ? Summary.WEIGHT_BOUND : "");
            }
        }
        return table;
    }

    private static void layers(ArrayNode layers, Account account, Compilation c) {
        var estimated = estimatedWeightBound(c);
        for (var share : account.layers()) {
            var actor = c.schedule().actor(share.id());
            var layer = layers.addObject()
                    .put("name", share.name())
                    .put("unit", c.schedule().machine().unit(actor.unit()).name())
                    .put("weightBound", isWeightBound(share, estimated));
            var cycles = layer.putObject("cycles");
            share.cycles().forEach((cause, count) -> cycles.put(cause.name().toLowerCase(Locale.ROOT), count));
        }
    }

    private static Set<String> estimatedWeightBound(Compilation c) {
        return c.cost().layers().stream()
                .filter(Cost.LayerLoad::isWeightBound)
                .map(Cost.LayerLoad::layer)
                .collect(Collectors.toSet());
    }

    /** Whether a layer waited for weights most of its time, or is estimated to be bound by them and waited for nothing else of its own as long. */
    private static boolean isWeightBound(Account.Share share, Set<String> estimated) {
        return share.isWeightBound() || estimated.contains(share.name()) && share.waitsMostFor(Account.Cause.WEIGHTS);
    }

    private static String percent(Account.Share share, Account.Cause cause) {
        return share.total() == 0 ? "" : String.format(Locale.ROOT, "%.1f %%", 100.0 * share.of(cause) / share.total());
    }
}
