package io.millrace.cli;

import io.millrace.boards.ImageSet;
import io.millrace.boards.flow.Compilation;
import io.millrace.boards.live.EmulatedBoard;
import io.millrace.boards.live.SimulatedBoard;
import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.FloatEvaluator;
import io.millrace.ir.Graph;
import io.millrace.ir.SourceRef;
import io.millrace.ir.Tensor;
import io.millrace.quantizer.HostCodes;
import io.millrace.quantizer.InputSpec;
import io.millrace.quantizer.MapType;
import io.millrace.quantizer.Quantized;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.runtime.ArgMax;
import io.millrace.runtime.Frame;
import io.millrace.runtime.LinkAddress;
import io.millrace.runtime.Links;
import io.millrace.runtime.Result;
import io.millrace.runtime.Session;
import io.millrace.runtime.SessionOptions;
import io.millrace.simulator.Account;
import io.millrace.simulator.SimulationOptions;
import io.millrace.simulator.Simulator;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.JsonNodeFactory;

@CommandLine.Command(
        name = "run",
        description =
                "Compile a model, stream labelled images to a board, and say how many it gets right and how fast.",
        footer = {
            "",
            "Without --link the board is simulated in this process: every value goes through the simulator's row",
            "buffers, and cycles are simulated; no hardware is involved."
        })
final class RunCommand extends Command {
    private static final int TIMING_FRAMES = 64;
    private static final String VERILATED = "verilated:";

    @Mixin
    private final QuantizeChoices choices = new QuantizeChoices();

    @Mixin
    private final MachineOption machine = new MachineOption();

    @Mixin
    private final LabelledOption labelled = new LabelledOption();

    @Option(
            names = "--link",
            defaultValue = "sim:",
            description = {
                "sim: the simulator in this process (default); verilated: the RTL of the board in a process of its own;",
                "pipe:COMMAND a program that is a board; tcp:HOST:PORT, such as millrace emulate;",
                "udp:HOST or udp:HOST:PORT a board on Ethernet, port 19794 if not said;",
                "uart:DEVICE or uart:DEVICE@BAUD a board on a serial line, 3000000 baud if not said."
            })
    private String link = "sim:";

    @Option(
            names = "--frames",
            converter = Numbers.Count.class,
            paramLabel = "N",
            description = "Stream only the first N images.")
    private Optional<Integer> framesWanted = Optional.empty();

    @Option(
            names = "--deadline",
            converter = Numbers.Count.class,
            defaultValue = "60",
            paramLabel = "SECONDS",
            description = "Longest wait for any answer of the board; default ${DEFAULT-VALUE}.")
    private int deadlineSeconds = 60;

    RunCommand(Terminal terminal) {
        super(terminal);
    }

    /** How the stream went. */
    private static final class Score {
        private final int[] labels;
        private final ToIntFunction<Frame> label;
        private int results;
        private int right;

        /** @param label the answer that a result is */
        Score(int[] labels, ToIntFunction<Frame> label) {
            this.labels = labels;
            this.label = label;
        }

        void add(Result result) {
            results++;
            if (label.applyAsInt(result.frame()) == labels[Math.toIntExact(result.number())]) {
                right++;
            }
        }

        double accuracy() {
            return results == 0 ? 0 : (double) right / results;
        }
    }

    @Override
    int run(Output output) throws IOException {
        Optional<LinkAddress> address =
                link.equals(VERILATED) ? Optional.empty() : Optional.of(LinkAddress.parse(link));
        machine.board(); // before the long work: its name may be misspelt
        var samples = labelled.read();
        var quantized = choices.quantize(output);
        choices.requireFit(quantized.reference(), samples.images(), labelled.origin());
        output.progress("searching a machine for " + machine.board().title());
        var compilation = machine.compile(choices.modelName(), quantized, List.of());
        int frames = framesWanted
                .map(n -> Math.min(n, samples.images().count()))
                .orElse(samples.images().count());

        output.progress("simulating " + TIMING_FRAMES + " frames for their cycles");
        var timing = Simulator.run(compilation.schedule(), SimulationOptions.timing(TIMING_FRAMES));
        var account = timing.account();

        var score =
                new Score(samples.labels().stream().mapToInt(Integer::intValue).toArray(), label(quantized.graph()));
        long start = System.nanoTime();
        stream(output, address, compilation, quantized, samples.images(), frames, score);
        double seconds = (System.nanoTime() - start) / 1e9;
        report(output, compilation, timing.cyclesPerFrame(), timing.latencyCycles(), account, score, seconds);
        return 0;
    }

    /** The largest value of the first output, after the host's part of the model if there is one. */
    private ToIntFunction<Frame> label(QuantizedGraph graph) {
        if (choices.hostTail().isEmpty()) {
            // A single code is a label by itself, chosen on the board.
            return frame -> frame.size(0) == 1 ? frame.code(0, 0) : ArgMax.of(frame, 0);
        }
        Graph tail = choices.hostTail().get();
        return frame -> {
            var tensors = new ArrayList<Tensor>();
            for (int i = 0; i < tail.inputs().size(); i++) {
                var type = graph.node(graph.outputs().get(i)).type();
                tensors.add(HostCodes.decode(codes(frame, i), type)
                        .reshape(tail.inputs().get(i).shape()));
            }
            var answer = FloatEvaluator.run(tail, tensors).getFirst();
            int best = 0;
            for (int i = 1; i < answer.size(); i++) {
                best = answer.get(i) > answer.get(best) ? i : best;
            }
            return best;
        };
    }

    private static short[] codes(Frame frame, int tensor) {
        var codes = new short[frame.size(tensor)];
        for (int i = 0; i < codes.length; i++) {
            codes[i] = (short) frame.code(tensor, i);
        }
        return codes;
    }

    private void stream(
            Output output,
            Optional<LinkAddress> wanted,
            Compilation compilation,
            Quantized quantized,
            ImageSet images,
            int frames,
            Score score)
            throws IOException {
        var deadline = Duration.ofSeconds(deadlineSeconds);
        var address = wanted.isPresent() ? wanted.get() : EmulatedBoard.pipe(EmulateCommand.verilated(compilation));
        output.progress("streaming " + frames + " frames over " + link);
        try (var line = Links.open(address, _ -> SimulatedBoard.of(compilation), deadline);
                var session = Session.open(
                        line,
                        compilation.manifest(),
                        Optional.of(compilation.program()),
                        SessionOptions.DEFAULT,
                        deadline)) {
            var shown = new Progress(output, frames);
            session.stream(
                    frames(quantized, images, frames),
                    result -> {
                        score.add(result);
                        shown.step(score);
                    },
                    deadline);
        }
        if (score.results != frames) {
            throw new CompileException(
                    8,
                    new Diagnostic(
                            "LNK-0120",
                            SourceRef.file(link),
                            score.results + " results for " + frames + " frames",
                            "run again; if it repeats, the board or its link loses frames"));
        }
    }

    private static final class Progress {
        private final Output output;
        private final int frames;
        private int shown;

        Progress(Output output, int frames) {
            this.output = output;
            this.frames = frames;
        }

        void step(Score score) {
            int tenth = 10 * score.results / frames;
            if (tenth > shown) {
                shown = tenth;
                output.progress(String.format(
                        Locale.ROOT,
                        "  %5d of %d frames, %.2f %% right",
                        score.results,
                        frames,
                        100 * score.accuracy()));
            }
        }
    }

    private Iterator<Frame> frames(Quantized quantized, ImageSet images, int count) {
        if (choices.startsInside()) {
            return inside(quantized, images, count);
        }
        MapType type = quantized.graph().inputs().getFirst().type();
        var precision = quantized.graph().precision();
        var input = quantized.options().input().orElse(InputSpec.UNIT);
        return IntStream.range(0, count)
                .mapToObj(i -> Frame.of(HostCodes.encodePixels(images.image(i), input, type, precision)))
                .iterator();
    }

    /** Frames of a part of the model: the host computes what comes before it. */
    private Iterator<Frame> inside(Quantized quantized, ImageSet images, int count) {
        var graph = quantized.graph();
        return choices.frames(quantized.reference(), images, labelled.origin()).stream()
                .limit(count)
                .map(tensors -> Frame.of(IntStream.range(0, tensors.size())
                        .mapToObj(i -> HostCodes.encode(
                                tensors.get(i), graph.inputs().get(i).type(), graph.precision()))
                        .toArray(short[][]::new)))
                .iterator();
    }

    private void report(
            Output output,
            Compilation c,
            double cyclesPerFrame,
            long latencyCycles,
            Account account,
            Score score,
            double seconds) {
        double clock = c.schedule().target().clockMhz();
        output.line("%s on %s: %.2f %% of %d labels right (%s)"
                .formatted(c.model(), c.board().title(), 100 * score.accuracy(), score.results, choices.formatName()));
        output.line("%,.0f frames/s, latency %.1f us: %.1f and %d cycles (simulated) at an assumed clock of %.0f MHz"
                .formatted(
                        Summary.framesPerSecond(c, cyclesPerFrame),
                        latencyCycles / clock,
                        cyclesPerFrame,
                        latencyCycles,
                        clock));
        output.line("MAC efficiency %.1f %% of the board's whole DSP budget; %d multipliers %.1f %% busy"
                .formatted(
                        100 * Summary.efficiency(c, cyclesPerFrame),
                        c.cost().multipliers(),
                        100.0
                                * c.cost().macsPerFrame()
                                / (cyclesPerFrame * c.cost().multipliers())));
        output.line("bottleneck: " + account.bottleneck());
        double linkRate = c.cost().linkFramesPerSecond();
        if (Double.isFinite(linkRate) && linkRate > 0) {
            var host = c.board().links().getFirst();
            output.line("over %s at most %,.0f frames/s (estimated from %d bytes a frame)"
                    .formatted(
                            host.name(),
                            linkRate,
                            c.cost().host().in() + c.cost().host().out()));
        }
        output.line("cycles and rates are simulated and estimated, not measured; %s took %.1f s here"
                .formatted(link, seconds));
        var document = JsonNodeFactory.instance.objectNode();
        Summary.put(document, c, Summary.bound(c));
        document.put("bottleneck", account.bottleneck().name())
                .put("link", link)
                .put("seconds", seconds);
        document.putObject("accuracy")
                .put(c.schedule().graph().precision().name().toLowerCase(Locale.ROOT), score.accuracy())
                .put("samples", score.results);
        Summary.putRates(document, c, cyclesPerFrame, latencyCycles, "simulated");
        output.document(document);
    }
}
