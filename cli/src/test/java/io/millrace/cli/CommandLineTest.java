package io.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.boards.Boards;
import io.millrace.boards.verify.Proof;
import io.millrace.cli.internal.Failures;
import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.FloatEvaluator;
import io.millrace.ir.Graph;
import io.millrace.ir.GraphBuilder;
import io.millrace.ir.Op;
import io.millrace.ir.Shape;
import io.millrace.ir.SourceRef;
import io.millrace.ir.Tensor;
import io.millrace.ir.Window;
import io.millrace.ir.nets.StandardNet;
import io.millrace.ir.onnx.ImportOptions;
import io.millrace.ir.onnx.OnnxImporter;
import io.millrace.ir.onnx.OnnxWriter;
import io.millrace.quantizer.QuantizedGraphText;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class CommandLineTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Terminal terminal = new Terminal(print(out), print(err), false, false);

    private static PrintStream print(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }

    private int run(String... args) {
        out.reset();
        err.reset();
        return Millrace.run(List.of(args), terminal);
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    /** The whole of stdout as one document: trailing text would not parse. */
    private JsonNode json() {
        return JsonMapper.shared().readTree(out());
    }

    @Test
    void versionIsTheBuildsOwn() {
        assertEquals(0, run("--version"));
        assertTrue(Pattern.matches("millrace \\d+\\.\\d+\\.\\d+ \\(Java 25\\..*\\)\\R", out()), out());
    }

    @Test
    void noCommandIsAUsageErrorAndStdoutStaysEmpty() {
        assertEquals(2, run());
        assertEquals("", out());
        assertTrue(err().contains("boards"), err());
    }

    @Test
    void misspeltCommandIsGuessed() {
        assertEquals(2, run("bords"));
        assertTrue(err().contains("millrace boards"), err());
        assertEquals("", out());
    }

    @Test
    void unknownOptionIsRefused() {
        assertEquals(2, run("boards", "--jsn"));
        assertTrue(err().contains("--jsn"), err());
    }

    @Test
    void boardsListsAllOfThem() {
        assertEquals(0, run("boards"));
        Boards.names().forEach(name -> assertTrue(out().contains(name + " "), name));
        assertEquals("", err());
    }

    @Test
    void boardsAsJsonHasTheSharedNames() {
        assertEquals(0, run("boards", "--json"));
        var first = json().get("boards").get(0);
        assertEquals("ml605", first.get("board").stringValue());
        assertEquals(200.0, first.get("clockMhz").doubleValue());
        assertEquals(768, first.get("dsp").get("budget").intValue());
        assertEquals(1536, first.get("peakMacsPerCycle").intValue());
        assertEquals(Boards.names().size(), json().get("boards").size());
    }

    @Test
    void aPrintedBoardFileIsABoard(@TempDir Path folder) throws IOException {
        assertEquals(0, run("boards", "kc705", "--json"));
        var file = folder.resolve("mine.json");
        Files.writeString(file, out());
        assertEquals(Boards.byName("kc705"), Boards.byName(file.toString()));
        assertEquals(0, run("boards", file.toString()));
        assertTrue(out().contains("xc7k325tffg900-2"), out());
    }

    @Test
    void unknownBoardIsADiagnosticWithAGuess() {
        assertEquals(2, run("boards", "ml65"));
        assertEquals("", out());
        assertTrue(
                err().startsWith("error[CFG-0001] --board: no board is called 'ml65'\n  try: did you mean 'ml605'?"),
                err());
        assertTrue(err().endsWith("more: millrace explain CFG-0001\n"), err());
    }

    @Test
    void refusalsAreDocumentsToo() {
        assertEquals(2, run("boards", "ml65", "--json"));
        assertEquals(2, json().get("exitCode").intValue());
        assertEquals("CFG-0001", json().get("errors").get(0).get("code").stringValue());
    }

    @Test
    void explainKnowsItsCodes() {
        assertEquals(0, run("explain", "cfg-0005"));
        assertTrue(out().startsWith("CFG-0005  Board file has an unknown key\n"), out());
        assertEquals(0, run("explain"));
        assertTrue(out().lines().count() >= 10, out());
        assertEquals(2, run("explain", "CFG-005"));
        assertTrue(err().contains("did you mean 'CFG-0005'?"), err());
    }

    @Test
    void doctorJudgesThisMachine() {
        int exit = run("doctor", "--json");
        var checks = json().get("checks");
        assertTrue(checks.size() >= 9, out());
        boolean all = checks.valueStream().allMatch(it -> it.get("pass").booleanValue());
        assertEquals(all ? 0 : 10, exit, out());
        assertEquals("JDK", checks.get(0).get("check").stringValue());
        assertTrue(checks.get(0).get("pass").booleanValue(), "these tests run on the JDK that is needed");
    }

    @Test
    void namesFromModelsCannotSteerTheTerminal() {
        var evil = new CompileException(
                4,
                new Diagnostic("IMP-0301", SourceRef.layer("a\u001b]0;x\u0007.onnx", "\u202Etxt"), "a\rb", "\u009bm"));
        assertEquals(4, new Failures(terminal, List.of()).report(evil));
        assertFalse(err().chars().anyMatch(c -> c < 32 && c != '\n' || c == 0x9b || c == 0x202E), err());
        assertTrue(err().contains("a\\u{1b}]0;x\\u{7}.onnx: layer '\\u{202e}txt': a\\u{d}b"), err());
    }

    @Test
    void manyOfOneCodeAreCounted() {
        var many = IntStream.range(0, 50)
                .mapToObj(i -> new Diagnostic("IMP-0301", SourceRef.layer("m", "l" + i), "no", "yes"))
                .toList();
        assertEquals(4, new Failures(terminal, List.of()).report(new CompileException(4, many)));
        assertEquals(20, err().lines().filter(line -> line.startsWith("error[")).count());
        assertTrue(err().contains("and 30 more of IMP-0301"), err());
    }

    @Test
    void ourOwnBugsLeaveAFileAndOneScreen() throws IOException {
        var failures = new Failures(terminal, List.of("boards", "--json"));
        assertEquals(1, failures.report(new IllegalStateException("rows freed twice")));
        assertTrue(err().contains("bug in Millrace"), err());
        assertTrue(err().lines().count() <= 5, err());
        assertFalse(err().contains("\tat "), err());
        var matcher = Pattern.compile("with the file (\\S+)").matcher(err());
        assertTrue(matcher.find(), err());
        var file = Path.of(matcher.group(1));
        var text = Files.readString(file);
        Files.delete(file);
        assertTrue(text.contains("rows freed twice") && text.contains("\tat ") && text.contains("boards --json"), text);
        assertEquals(1, json().get("exitCode").intValue());
    }

    @Test
    void limitsAndFilesHaveTheirOwnCodes() {
        var failures = new Failures(terminal, List.of());
        assertEquals(9, failures.report(new OutOfMemoryError("heap")));
        assertEquals(3, failures.report(new AccessDeniedException("frames.idx")));
        assertTrue(err().contains("error[CFG-0013] frames.idx: can't be read or written"), err());
    }

    @Test
    void everyCommandAnswersHelpOnStdout() {
        var root = Millrace.commandLine(terminal, new Failures(terminal, List.of()), Proof.Cores.GENERATED);
        assertTrue(root.getSubcommands().size() >= 3);
        for (var name : root.getSubcommands().keySet()) {
            assertEquals(0, run(name, "--help"));
            assertTrue(out().contains("--json"), name);
        }
    }

    /** picocli takes texts of help as formats, and warns on stderr of those that are none. */
    @Test
    void textsOfHelpAreFormats() {
        var root = Millrace.commandLine(terminal, new Failures(terminal, List.of()), Proof.Cores.GENERATED);
        assertTrue(
                textsOfHelp(root.getCommandSpec()).map(String::format).toList().size() > 100);
    }

    private static Stream<String> textsOfHelp(CommandSpec command) {
        var own = Stream.concat(
                Stream.of(
                        command.usageMessage().description(),
                        command.usageMessage().footer()),
                command.args().stream().map(ArgSpec::description));
        return Stream.concat(
                own.flatMap(Stream::of),
                command.subcommands().values().stream().flatMap(each -> textsOfHelp(each.getCommandSpec())));
    }

    @Test
    void checkListsLayersAndTheirWork() {
        assertEquals(0, run("check", "lenet5", "--json"), err());
        assertEquals("lenet5", json().get("model").stringValue());
        assertEquals(416_520, json().get("macsPerFrame").intValue());
        assertEquals(61_706, json().get("parameters").intValue());
        assertTrue(json().get("supported").booleanValue());
        assertEquals(0, run("check", "-q", "lenet1"));
        assertEquals("", err());
        assertTrue(out().contains("every operator has an integer form"), out());
    }

    @Test
    void checkSaysWhatBecomesOfEachOperator() {
        assertEquals(0, run("check", "lenet5", "--json"), err());
        var operators = json().get("operators");
        assertEquals(12, operators.size());
        assertEquals("integer", operators.get(0).get("status").stringValue());
        assertEquals("conv 5x5 pad 2", operators.get(0).get("detail").stringValue());
        assertEquals("folded", operators.get(1).get("status").stringValue());
        assertEquals("into /conv1/Conv", operators.get(1).get("detail").stringValue());
    }

    /** It has an integer form, so that only the scheduler knows. */
    @Test
    void checkRefusesLayersThatNoEngineComputes(@TempDir Path folder) throws IOException {
        var builder = new GraphBuilder();
        var where = SourceRef.file("wide");
        int x = builder.input("image", Shape.of(1, 1, 1025, 1025), where);
        x = builder.add("whole", new Op.MaxPool(Window.of(1025, 1025)), SourceRef.layer("wide", "whole"), x);
        var graph = builder.build("wide", List.of(x), List.of("largest"));
        var file = Files.write(folder.resolve("wide.onnx"), OnnxWriter.write(graph));
        assertEquals(4, run("check", file.toString()));
        assertTrue(
                err().contains("error[SCH-0106] wide.onnx") && err().contains("'whole' takes at least 1050625"), err());
        assertTrue(err().contains("try: make the map smaller"), err());
        assertEquals(4, run("check", file.toString(), "--json"));
        assertFalse(json().get("supported").booleanValue());
        var whole = json().get("operators").get(0);
        assertEquals("refused", whole.get("status").stringValue());
        assertEquals("SCH-0106", whole.get("detail").stringValue());
        assertEquals("SCH-0106", json().get("errors").get(0).get("code").stringValue());
    }

    @Test
    void checkSaysWhatABoardCannotHold() {
        assertEquals(5, run("check", "net:squeezenet", "--board", "icebreaker"));
        assertTrue(err().contains("error[SCH-0301] squeezenet: every machine for it needs at least"), err());
        assertTrue(err().contains("try: take a larger board"), err());
        assertEquals(0, run("check", "net:squeezenet", "--board", "ml605"), err());
        assertTrue(out().contains("nothing shows that ml605 has no room"), out());
        assertEquals(2, run("check", "net:squeezenet", "--board", "ml606"));
        assertTrue(err().contains("did you mean 'ml605'?"), err());
    }

    /** Of a ResNet-50 from its file; processor time, since other work on the machine is none of its business. */
    @Test
    void checkTakesUnderTwoSeconds(@TempDir Path folder) throws IOException {
        var file = Files.write(folder.resolve("resnet50.onnx"), OnnxWriter.write(StandardNet.RESNET50.graph()));
        var threads = ManagementFactory.getThreadMXBean();
        long begin = threads.getCurrentThreadCpuTime();
        assertEquals(0, run("check", file.toString(), "--board", "vc707"), err());
        double seconds = (threads.getCurrentThreadCpuTime() - begin) / 1e9;
        assertTrue(seconds < 2, seconds + " s");
    }

    @Test
    void standardNetsAreModels() {
        assertEquals(0, run("check", "net:squeezenet", "--json"), err());
        assertEquals(1_235_496, json().get("parameters").intValue());
        assertEquals(2, run("check", "net:squeeznet"));
        assertTrue(err().contains("did you mean 'squeezenet'?"), err());
    }

    /** The products of a band over 96 channels at 55x55 and one over 256 at 27x27 are counted where they are spent. */
    @Test
    void checkSaysInHowManyLayersAnOperatorIsComputed() {
        assertEquals(0, run("check", "net:alexnet_lrn"), err());
        assertTrue(
                out().lines()
                        .anyMatch(line -> line.startsWith("norm1 ")
                                && line.contains("local response normalization 5, in 3 layers")
                                && line.contains(" " + 96 * 96 * 55 * 55 + " ")),
                out());
        assertEquals(0, run("check", "net:unet_linear", "--json"), err());
        assertTrue(
                json().get("operators")
                        .valueStream()
                        .anyMatch(it -> it.get("detail").stringValue().startsWith("resize to 1x32x128x128, in ")),
                out());
    }

    @Test
    void partsOfAModelAreCutOut() {
        assertEquals(0, run("check", "lenet5", "--from", "/MaxPool", "--to", "/fc1/Gemm", "--json"), err());
        assertEquals(240_000 + 48_000, json().get("macsPerFrame").intValue());
        assertEquals(0, run("quantize", "lenet5", "--from", "/MaxPool", "--to", "/MaxPool_1", "--json"), err());
        assertTrue(json().get("tensors").size() >= 3, out());
        assertEquals(0, run("evaluate", "lenet5", "--from", "/MaxPool", "--json"), err());
    }

    @Test
    void cutsOfNothingAreRefused() {
        assertEquals(2, run("check", "lenet5", "--to", "/conv3/Conv"));
        assertTrue(err().contains("error[IMP-0801]") && err().contains("did you mean '/conv"), err());
        assertEquals(2, run("quantize", "lenet5", "--from", "/fc1/Gem"));
        assertTrue(err().contains("did you mean '/fc1/Gemm'?"), err());
        assertEquals(2, run("check", "lenet5", "--from", "/fc1/Gemm", "--to", "/conv1/Conv"));
        assertTrue(err().contains("error[IMP-080"), err());
    }

    @Test
    void modelsThatAreNoneAreRefused(@TempDir Path folder) throws IOException {
        assertEquals(2, run("check", "lenet6"));
        assertTrue(err().contains("error[CFG-0010]") && err().contains("did you mean 'lenet5'?"), err());
        assertEquals(2, run("check", "a\0b"));
        var file = Files.writeString(folder.resolve("m.onnx"), "version https://git-lfs.github.com/spec/v1");
        assertEquals(4, run("check", file.toString(), "--json"));
        assertEquals("IMP-0103", json().get("errors").get(0).get("code").stringValue());
    }

    @Test
    void quantizeWritesTextThatReadsBack(@TempDir Path folder) throws IOException {
        var file = folder.resolve("lenet5.qgraph");
        assertEquals(0, run("quantize", "lenet5", "-o", file.toString(), "--json"), err());
        var graph = QuantizedGraphText.parse("lenet5.qgraph", Files.readString(file));
        assertEquals(json().get("tensors").size(), graph.nodes().size());
        assertEquals(
                graph.node(0).type().scale(),
                json().get("tensors").get(0).get("scale").doubleValue());
        assertEquals(3, run("quantize", "lenet5", "-q", "-o", folder + "/none/x"));
        assertTrue(err().startsWith("error[CFG-0013]"), err());
    }

    @Test
    void evaluateMeasuresAndJudges() {
        assertEquals(0, run("evaluate", "lenet1", "--json", "--max-drop", "0.5"), err());
        var accuracy = json().get("accuracy");
        assertEquals(2000, accuracy.get("samples").intValue());
        assertEquals(0.9810, accuracy.get("float").doubleValue(), 1e-9);
        assertTrue(accuracy.get("int8").doubleValue() >= 0.976, out());
        assertEquals(6, run("evaluate", "lenet1", "-q", "--max-drop", "-50"));
        assertTrue(err().startsWith("error[CFG-0015] lenet1: loses "), err());
    }

    @Test
    void imagesOfAnotherSizeAreRefused(@TempDir Path folder) throws IOException {
        var tiny = Files.write(folder.resolve("t.idx"), new byte[] {0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 7});
        assertEquals(2, run("quantize", "-q", "lenet5", "--calibration", tiny.toString()));
        assertTrue(
                err().startsWith(
                                "error[CFG-0014] lenet5: takes 1x1x28x28, but the images of --calibration are 1x1x1x1"),
                err());
        assertEquals(2, run("quantize", "-q", "lenet5", "--percentile", "50"));
        assertTrue(err().startsWith("error[CFG-0014] --percentile"), err());
        assertEquals(2, run("evaluate", "-q", "lenet5", "--images", tiny.toString()));
        assertTrue(err().contains("--labels"), err());
    }

    /** The end of a model that has no integers is refused, or left to the host, which then has the answer. */
    @Test
    void hostTailComputesWhatTheBoardCannot(@TempDir Path folder) throws IOException {
        var file = Files.write(folder.resolve("twice.onnx"), OnnxWriter.write(sharesTwice()));
        assertEquals(
                4, run("compile", file.toString(), "-o", folder.resolve("no").toString()));
        assertTrue(err().contains("'twice' is a concatenation along axis 0"), err());

        assertEquals(0, run("run", file.toString(), "--host-tail", "--frames", "30"));
        assertTrue(err().contains("left to the host: the last 3 layers"), err());
        assertTrue(out().contains("of 30 labels right"), out());
        var right = out().lines().findFirst().orElseThrow();
        assertEquals(0, run("run", file.toString(), "--to", "scores", "--frames", "30"));
        assertEquals(right, out().lines().findFirst().orElseThrow(), "softmax keeps the largest");

        var design = folder.resolve("design");
        assertEquals(0, run("compile", file.toString(), "--host-tail", "-o", design.toString()));
        var tail = OnnxImporter.importBytes(
                        Files.readAllBytes(design.resolve("model/host_tail.onnx")), "tail.onnx", ImportOptions.DEFAULT)
                .graph();
        var scores = Tensor.of(Shape.of(1, 10, 1, 1), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        var shares = FloatEvaluator.run(tail, List.of(scores)).getFirst();
        assertEquals(0.632, shares.get(9), 0.001);
    }

    /** Random scores of a digit, their softmax, and one of two frames of that. */
    private static Graph sharesTwice() {
        var where = SourceRef.file("twice");
        var random = new Random(3);
        var weights = new float[10 * 28 * 28];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = random.nextFloat() - 0.5f;
        }
        var builder = new GraphBuilder();
        int x = builder.input("digit", Shape.of(1, 1, 28, 28), where);
        var conv = new Op.Conv(
                Tensor.of(Shape.of(10, 1, 28, 28), weights), Tensor.zeros(Shape.of(10)), Window.of(28, 28), 1);
        x = builder.add("scores", conv, where, x);
        x = builder.add("shares", new Op.Softmax(false), where, x);
        x = builder.add("twice", new Op.Concat(0), where, x, x);
        x = builder.add("once", new Op.Slice(List.of(1, 0, 0, 0), List.of(1, 1, 1, 1), List.of(1, 10, 1, 1)), where, x);
        return builder.build("twice", List.of(x), List.of("once"));
    }

    @Test
    void numbersOutOfRangeAreUsageErrors() {
        for (var args : List.of(
                "simulate d --frames 0",
                "verify lenet5 --frames -1",
                "run lenet5 --frames 0",
                "run lenet5 --deadline -1",
                "emulate d --port 65536",
                "emulate d --port -1",
                "emulate d --udp 65536",
                "emulate d --seconds 0",
                "compile lenet5 -o d --multipliers -4",
                "compile lenet5 -o d --cycles x",
                "bench speed lenet5 --frames 9")) {
            assertEquals(2, run(args.split(" ")), args);
            assertTrue(err().contains("is not a whole number from"), err());
            assertEquals("", out());
        }
    }

    @Test
    void placesAndLinksOfABoardExcludeEachOther() {
        for (var args : List.of("emulate d --udp 0 --uart", "emulate d --udp 0 --port 5", "build d --link pcie")) {
            assertEquals(2, run(args.split(" ")), args);
            assertTrue(err().contains("--udp") || err().contains("--link"), err());
            assertEquals("", out());
        }
    }

    @Test
    void runRefusesWhatItsModelCannotTakeBeforeItStreams(@TempDir Path folder) throws IOException {
        var labels = Files.write(folder.resolve("l.idx"), new byte[] {0, 0, 8, 1, 0, 0, 0, 1, 3});
        var tiny = Files.write(folder.resolve("t.idx"), new byte[] {0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 7});
        assertEquals(2, run("run", "lenet5", "--images", tiny.toString(), "--labels", labels.toString()));
        assertTrue(err().contains("error[CFG-0014] lenet5: takes 1x1x28x28, but the images of --images are 1x1x1x1"));
        assertFalse(err().contains("streaming"), err());
        var none = Files.write(folder.resolve("n.idx"), new byte[] {0, 0, 8, 3, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1});
        var noLabels = Files.write(folder.resolve("nl.idx"), new byte[] {0, 0, 8, 1, 0, 0, 0, 0});
        assertEquals(2, run("run", "lenet5", "--images", none.toString(), "--labels", noLabels.toString()));
        assertTrue(err().contains("error[CFG-0014] the images of --images: there is no image among them"), err());
        assertEquals(3, run("run", "lenet5", "--images", tiny.toString(), "--labels", noLabels.toString()));
        assertTrue(err().startsWith("error[CFG-0022] nl.idx: 0 labels for the 1 images of t.idx"), err());
        var cut = Files.write(folder.resolve("c.idx"), new byte[] {0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 7});
        assertEquals(3, run("run", "lenet5", "--images", cut.toString(), "--labels", labels.toString()));
        assertTrue(err().startsWith("error[IMP-0501] c.idx: holds 1 bytes of data"), err());
    }

    @Test
    void misspeltLinksAndBoardsAreRefusedBeforeTheModelIsRead() {
        assertEquals(2, run("run", "lenet5", "--link", "foo"));
        assertTrue(err().startsWith("error[LNK-0101] link: 'foo' is no link this tool knows"), err());
        assertEquals(2, run("run", "lenet5", "--board", "kc7"));
        assertTrue(err().startsWith("error[CFG-0001]"), err());
        assertEquals(2, run("compile", "lenet5", "-o", "nowhere", "--board", "kc7"));
        assertTrue(err().startsWith("error[CFG-0001]"), err());
    }

    @Test
    void foldersThatAreNotOursAreRefusedBeforeTheModelIsRead(@TempDir Path folder) throws IOException {
        var file = Files.writeString(folder.resolve("precious"), "mine");
        for (var place : List.of(folder, file, file.resolve("x"), Path.of("/"))) {
            assertEquals(11, run("compile", "lenet5", "-o", place.toString(), "--json"));
            assertTrue(err().startsWith("error[CFG-0020]"), err());
            assertEquals(11, json().get("exitCode").intValue());
        }
        assertEquals("mine", Files.readString(file));
        assertEquals(11, run("build", folder.toString()));
        assertEquals(11, run("simulate", folder.toString()));
    }

    /** 7.8 million weights that come from DRAM for one frame. */
    @Test
    void layersThatWaitForTheirWeightsAreSaidToBeWeightBound(@TempDir Path folder) throws IOException {
        var where = SourceRef.file("wide");
        var random = new Random(3);
        var weights = new float[10_000 * 28 * 28];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = random.nextFloat() - 0.5f;
        }
        var builder = new GraphBuilder();
        int x = builder.input("digit", Shape.of(1, 1, 28, 28), where);
        var kernel = Tensor.wrap(Shape.of(10_000, 1, 28, 28), weights);
        var conv = new Op.Conv(kernel, Tensor.zeros(Shape.of(10_000)), Window.of(28, 28), 1);
        x = builder.add("wide", conv, where, x);
        var graph = builder.build("wide", List.of(x), List.of("scores"));
        var file = Files.write(folder.resolve("wide.onnx"), OnnxWriter.write(graph));
        var compiled = folder.resolve("c").toString();
        assertEquals(0, run("compile", file.toString(), "--board", "vc707", "-o", compiled), err());
        assertTrue(out().contains("weight-bound (estimated): wide"), out());
        assertEquals(0, run("simulate", compiled), err());
        assertTrue(out().lines().anyMatch(line -> line.startsWith("wide ") && line.endsWith("weight-bound")), out());
        assertEquals(0, run("simulate", compiled, "--json"), err());
        assertTrue(
                json().get("layers")
                        .valueStream()
                        .anyMatch(it -> it.get("weightBound").booleanValue()),
                out());
        assertTrue(json().get("estimatedLayers").get(0).get("weightBound").booleanValue(), out());
    }

    /** A design for batches runs the program for each frame by itself and for batches; one without memory for them says so. */
    @Test
    void batchesGoWithDesignsAndWithOtherNetworks(@TempDir Path folder) throws IOException {
        var batched = folder.resolve("batched").toString();
        assertEquals(
                0,
                run("compile", "lenet5", "-q", "--machine", "one", "--also", "lenet1", "--batch", "4", "-o", batched),
                err());
        assertEquals(
                0, run("compile", "lenet5", "-q", "--design", batched, "--batch", "4", "-o", folder + "/again"), err());
        assertEquals(0, run("simulate", folder + "/again", "--json"), err());
        double together = json().get("cyclesPerFrame").doubleValue();
        double bound = json().get("cyclesPerFrameBound").doubleValue();
        assertTrue(bound > 416_520 / 1536 && bound <= together, bound + " cycles at least, " + together);
        assertEquals(0, run("compile", "lenet5", "-q", "--design", batched, "-o", folder + "/single"), err());
        assertEquals(0, run("simulate", folder + "/single", "--json"), err());
        assertTrue(together < json().get("cyclesPerFrame").doubleValue(), together + " cycles, " + out());
        assertEquals(0, run("compile", "lenet1", "-q", "--design", batched, "-o", folder + "/other"), err());

        assertEquals(5, run("compile", "lenet5", "-q", "--design", batched, "--batch", "64", "-o", folder + "/no"));
        assertTrue(err().startsWith("error[SCH-0302]"), err());
        assertTrue(err().contains("try: take a batch of fewer frames"), err());
    }

    @Test
    void goalsAreOfTheOrdinarySearch(@TempDir Path folder) {
        var to = folder.resolve("x").toString();
        assertEquals(2, run("compile", "lenet5", "--objective", "latency", "--thorough", "-o", to));
        assertTrue(err().contains("does not go with --thorough"), err());
        assertEquals(2, run("compile", "lenet5", "--objective", "energy", "--machine", "one", "-o", to));
        assertTrue(err().contains("goes with --machine optimised"), err());
        assertEquals(0, run("compile", "lenet5", "-q", "--objective", "latency", "--json", "-o", to), err());
        long soonest = json().get("latencyCycles").longValue();
        assertEquals(0, run("compile", "lenet5", "-q", "--json", "-o", to), err());
        assertTrue(soonest < json().get("latencyCycles").longValue(), soonest + " cycles, " + out());
    }

    /** The network of a design, calibrated otherwise, is put where the design's is. */
    @Test
    void aNetworkOfTheSameLayersIsPutAsTheDesigns(@TempDir Path folder) throws IOException {
        var design = folder.resolve("design").toString();
        var other = folder.resolve("other").toString();
        assertEquals(0, run("compile", "lenet5", "-q", "--multipliers", "100", "-o", design), err());
        assertEquals(0, run("compile", "lenet5", "-q", "--design", design, "--method", "min_max", "-o", other), err());
        assertEquals(0, run("simulate", design, "--json"), err());
        double cycles = json().get("cyclesPerFrame").doubleValue();
        assertEquals(0, run("simulate", other, "--json"), err());
        assertEquals(cycles, json().get("cyclesPerFrame").doubleValue());
        assertNotEquals(-1L, Files.mismatch(Path.of(design, "program.mrpi"), Path.of(other, "program.mrpi")));
    }

    @Test
    void whatChoosesAMachineContradictsADesign(@TempDir Path folder) {
        for (var option : List.of(
                "--board ml605",
                "--machine one",
                "--multipliers 3",
                "--cycles 9",
                "--rows 2",
                "--also lenet1",
                "--objective energy",
                "--thorough")) {
            var args = "compile lenet5 --design d -o " + folder.resolve("x") + " " + option;
            assertEquals(2, run(args.split(" ")), option);
            assertTrue(
                    err().startsWith("error[CFG-0014] " + option.split(" ")[0] + ": does not go with --design"), err());
        }
    }

    @Test
    void compiledFoldersThatLackAFileAreMalformed(@TempDir Path folder) throws IOException {
        var compiled = folder.resolve("c");
        assertEquals(
                0,
                run("compile", "lenet1", "-q", "--machine", "one", "--board", "kc705", "-o", compiled.toString()),
                err());
        assertEquals(0, run("simulate", compiled.toString(), "--frames", "2", "--json"), err());
        assertEquals(2, json().get("frames").intValue());
        var layers = json().get("layers");
        assertTrue(layers.size() >= 5, out());
        for (var layer : layers) {
            var cycles = layer.get("cycles");
            boolean waits =
                    cycles.get("weights").longValue() > cycles.get("busy").longValue();
            assertTrue(waits || !layer.get("weightBound").booleanValue(), layer.toString());
        }
        assertEquals(
                3,
                run(
                        "simulate",
                        compiled.toString(),
                        "--trace",
                        folder.resolve("no/t.json").toString()));
        assertEquals("", out());
        assertTrue(err().contains("no such file or folder"), err());
        Files.delete(compiled.resolve("program.mrpi"));
        assertEquals(3, run("simulate", compiled.toString()));
        assertTrue(err().startsWith("error[CFG-0021]") && err().contains("no such file or folder"), err());
    }

    @Test
    void cyclesOutOfReachDoNotFit(@TempDir Path folder) {
        assertEquals(
                5,
                run(
                        "compile",
                        "lenet1",
                        "--cycles",
                        "10",
                        "-o",
                        folder.resolve("c").toString()));
        assertTrue(
                err().contains("error[CFG-0026] lenet1: needs ") && err().contains("over the 10 of --cycles"), err());
        assertFalse(Files.exists(folder.resolve("c")));
    }

    @Test
    void benchesRunAndKeepTheirRowsWithTheirOrigin(@TempDir Path folder) throws IOException {
        var ledger = folder.resolve("ledger.jsonl");
        assertEquals(0, run("bench", "jmh", "--quick", "--json", "--append", ledger.toString()), err());
        var rows = json().get("rows");
        assertEquals(14, rows.size(), out());
        assertTrue(rows.valueStream().allMatch(it -> it.get("milliseconds").doubleValue() > 0), out());
        var lines = Files.readAllLines(ledger);
        assertEquals(rows.size(), lines.size());
        var line = JsonMapper.shared().readTree(lines.getFirst());
        assertEquals(rows.get(0).get("benchmark"), line.get("benchmark"));
        assertTrue(line.get("commit").stringValue().matches("[0-9a-f]{40}(-dirty)?|unknown"), lines.getFirst());
        assertEquals(Version.number(), line.get("version").stringValue());
        assertTrue(line.get("machine").get("cores").intValue() > 0, lines.getFirst());
    }

    @Test
    void theNetsOnBoardsAreAPage(@TempDir Path folder) throws IOException {
        var page = folder.resolve("nets.md");
        assertEquals(
                0,
                run(
                        "bench",
                        "nets",
                        "squeezenet",
                        "--board",
                        "ml605",
                        "--board",
                        "icebreaker",
                        "--page",
                        page.toString(),
                        "--json"),
                err());
        var text = Files.readString(page);
        assertTrue(
                text.contains("    ./millrace bench nets squeezenet --board ml605 --board icebreaker --page " + page),
                text);
        assertTrue(text.contains("## ml605, assumed 200 MHz"), text);
        assertTrue(text.contains("| squeezenet | refused |") && text.contains("icebreaker has"), text);
        var rows = json().get("rows");
        assertEquals(2, rows.size());
        var cycles = rows.get(0).get("cyclesPerFrame").doubleValue();
        assertTrue(text.contains(String.format(Locale.ROOT, "| %,.0f |", cycles)), text);
        assertTrue(rows.get(1).get("refused").stringValue().contains("icebreaker has"), out());
        assertEquals(2, run("bench", "nets", "squeezenet", "--page", folder + "/none/nets.md"));
        assertTrue(err().startsWith("error[CFG-0014] --page"), err());
    }

    @Test
    void efficienciesAreRowsAndAPageWithPictures(@TempDir Path folder) throws IOException {
        var page = folder.resolve("e.md");
        var ledger = folder.resolve("ledger.jsonl");
        assertEquals(
                0,
                run(
                        "bench",
                        "efficiency",
                        "--net",
                        "resnet8",
                        "--board",
                        "arty-a7-100",
                        "--board",
                        "icebreaker",
                        "--page",
                        page.toString(),
                        "--append",
                        ledger.toString(),
                        "--json"),
                err());
        var rows = json().get("rows");
        assertEquals(2, rows.size());
        var row = rows.get(0);
        assertEquals("conv1", row.at("/engines/0/layers/0/name").stringValue(), out());
        var kept = JsonMapper.shared().readTree(Files.readAllLines(ledger).getFirst());
        assertEquals(row.get("cyclesPerFrame"), kept.get("cyclesPerFrame"));
        assertFalse(kept.has("engines"));
        assertEquals("resnet8", row.get("model").stringValue());
        assertEquals(12_501_632, row.get("macsPerFrame").longValue());
        assertEquals(480, row.get("peakMacsPerCycle").intValue());
        double efficiency = row.get("macEfficiency").doubleValue();
        double lost = row.get("losses")
                .valueStream()
                .mapToDouble(JsonNode::doubleValue)
                .sum();
        assertEquals(1, efficiency + lost, 1e-4);
        assertTrue(efficiency <= row.get("macEfficiencyBound").doubleValue(), out());
        assertEquals(240, row.get("dsp").get("budget").intValue());
        assertEquals("simulated", row.get("kinds").get("cyclesPerFrame").stringValue());
        assertTrue(rows.get(1).get("refused").stringValue().contains("icebreaker has"), out());
        var text = Files.readString(page);
        assertTrue(
                text.contains(
                        "    ./millrace bench efficiency --net resnet8 --board arty-a7-100 --board icebreaker --page "
                                + page),
                text);
        assertTrue(text.contains("](e-boards.svg)") && text.contains("](e-peers.svg)"), text);
        assertTrue(text.contains(String.format(Locale.ROOT, "| %.1f %% |", 100 * efficiency)), text);
        assertTrue(text.contains("| resnet8 | icebreaker | 1 | refused |"), text);
        assertTrue(text.contains("| lenet5 | 25 |") && text.contains("| NNgen 1.3.4 | 91,953 |"), text);
        assertTrue(Files.readString(folder.resolve("e-boards.svg")).contains("resnet8"));
        assertTrue(Files.readString(folder.resolve("e-peers.svg")).contains("lenet5 at 25"));
        assertEquals(2, run("bench", "efficiency", "--page", folder + "/none/e.md"));
        assertTrue(err().startsWith("error[CFG-0014] --page"), err());
        assertEquals(2, run("bench", "efficiency", "--net", "resnet-8"));
        assertTrue(err().startsWith("error[CFG-0027] --net") && err().contains("resnet8"), err());
    }

    @Test
    void peersAreRowsBesideOurs(@TempDir Path folder) throws IOException {
        var ledger = folder.resolve("ledger.jsonl");
        assertEquals(0, run("bench", "peers", "--net", "lenet5", "--json", "--append", ledger.toString()), err());
        var rows = json().get("rows");
        assertEquals(3, rows.size());
        var row = rows.get(0);
        assertEquals(25, row.get("multipliersMax").intValue());
        assertTrue(row.get("multipliers").intValue() <= 25, out());
        assertTrue(row.get("weightsOnChip").booleanValue(), out());
        assertEquals(
                416_520 / (25 * row.get("cyclesPerFrame").doubleValue()),
                row.get("macEfficiency").doubleValue(),
                1e-12);
        assertEquals(91_953, row.get("peer").get("cyclesPerFrame").longValue());
        assertEquals("measured", row.get("peer").get("kind").stringValue());
        assertEquals(3, Files.readAllLines(ledger).size());
        assertEquals(2, run("bench", "peers", "--net", "lenet-5"));
        assertTrue(err().startsWith("error[CFG-0027] --net") && err().contains("lenet5"), err());
    }

    @Test
    void benchesThatAreNoneAreRefused() {
        assertEquals(2, run("bench"));
        assertTrue(err().contains("speed, nets, estimates, efficiency, peers or jmh"), err());
        assertEquals(2, run("bench", "estimates", "nothing"));
        assertTrue(err().contains("no design's name begins with 'nothing'"), err());
        assertEquals(2, run("bench", "jmh", "nothing like it"));
        assertTrue(err().contains("error[CFG-0027]"), err());
        assertEquals(2, run("bench", "jmh", "("));
        assertTrue(err().contains("no regular expression"), err());
    }
}
