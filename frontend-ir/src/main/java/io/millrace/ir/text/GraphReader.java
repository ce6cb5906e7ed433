package io.millrace.ir.text;

import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.Graph;
import io.millrace.ir.ImportCode;
import io.millrace.ir.Node;
import io.millrace.ir.Normalization;
import io.millrace.ir.Op;
import io.millrace.ir.PadMode;
import io.millrace.ir.Sampling;
import io.millrace.ir.Shape;
import io.millrace.ir.SourceRef;
import io.millrace.ir.Tensor;
import io.millrace.ir.Window;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.antlr.v4.runtime.BaseErrorListener;
import org.antlr.v4.runtime.CharStreams;
import org.antlr.v4.runtime.CommonTokenStream;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.RecognitionException;
import org.antlr.v4.runtime.Recognizer;
import org.antlr.v4.runtime.tree.TerminalNode;
import org.jspecify.annotations.Nullable;

/** Builds a graph from the parse tree of its text. */
final class GraphReader {
    private static final int MAX_PROBLEMS = 20;
    private final SourceRef where;
    private final List<Diagnostic> problems = new ArrayList<>();

    private GraphReader(String file) {
        where = SourceRef.file(file);
    }

    static Graph read(String text, String file) {
        var reader = new GraphReader(file);
        GraphGrammarParser.GraphContext tree = reader.parse(text);
        reader.stopIfRefused();
        return reader.graph(tree);
    }

    private GraphGrammarParser.GraphContext parse(String text) {
        var listener = new BaseErrorListener() {
            @Override
            public void syntaxError(
                    Recognizer<?, ?> recognizer,
                    @Nullable Object symbol,
                    int line,
                    int column,
                    String message,
                    @Nullable RecognitionException e) {
                if (problems.size() < MAX_PROBLEMS) {
                    problems.add(ImportCode.TEXT_SYNTAX.at(
                            where, "line " + line + ":" + (column + 1) + ": " + message, "correct the text"));
                }
            }
        };
        var lexer = new GraphGrammarLexer(CharStreams.fromString(text));
        lexer.removeErrorListeners();
        lexer.addErrorListener(listener);
        var parser = new GraphGrammarParser(new CommonTokenStream(lexer));
        parser.removeErrorListeners();
        parser.addErrorListener(listener);
        return parser.graph();
    }

    private Graph graph(GraphGrammarParser.GraphContext tree) {
        var nodes = new ArrayList<Node>();
        for (var n : tree.node()) {
            if (problems.size() < MAX_PROBLEMS) {
                attempt(n, () -> nodes.add(node(n)));
            }
        }
        stopIfRefused();
        var outputs = new ArrayList<Integer>();
        var names = new ArrayList<String>();
        for (var r : tree.result()) {
            attempt(r, () -> {
                outputs.add(reference(r.REF()));
                names.add(string(r.STRING()));
            });
        }
        stopIfRefused();
        try {
            return new Graph(string(tree.STRING()), nodes, outputs, names);
        } catch (IllegalArgumentException e) {
            throw ImportCode.TEXT_VALUE.exception(where, message(e), "correct the text");
        }
    }

    private void attempt(ParserRuleContext at, Runnable step) {
        try {
            step.run();
        } catch (IllegalArgumentException | ArithmeticException e) {
            problems.add(ImportCode.TEXT_VALUE.at(
                    where, "line " + at.getStart().getLine() + ": " + message(e), "correct the text"));
        }
    }

    private static String message(RuntimeException e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    private void stopIfRefused() {
        if (!problems.isEmpty()) {
            throw new CompileException(
                    problems.stream()
                            .map(p -> ImportCode.of(p.code()).exitCode())
                            .findFirst()
                            .orElseThrow(),
                    problems);
        }
    }

    private Node node(GraphGrammarParser.NodeContext n) {
        String name = string(n.STRING());
        var inputs = n.operands().REF().stream().map(GraphReader::reference).toList();
        SourceRef source = n.source() == null ? new SourceRef(where.file(), List.of(name)) : source(n.source());
        return new Node(reference(n.REF()), name, operation(n.operation()), inputs, shape(n.shape()), source);
    }

    private static SourceRef source(GraphGrammarParser.SourceContext s) {
        var strings = s.STRING().stream().map(GraphReader::string).toList();
        return new SourceRef(strings.getFirst(), strings.subList(1, strings.size()));
    }

    private static Op operation(GraphGrammarParser.OperationContext operation) {
        return switch (operation) {
            case GraphGrammarParser.InputContext _ -> new Op.Input();
            case GraphGrammarParser.ConvContext c ->
                new Op.Conv(tensor(c.tensor(0)), tensor(c.tensor(1)), window(c.window()), integer(c.INTEGER()));
            case GraphGrammarParser.MaxPoolContext c -> new Op.MaxPool(window(c.window()));
            case GraphGrammarParser.AveragePoolContext c -> new Op.AveragePool(window(c.window()), flag(c.flag()));
            case GraphGrammarParser.DenseContext c -> new Op.Dense(tensor(c.tensor(0)), tensor(c.tensor(1)));
            case GraphGrammarParser.ChannelAffineContext c ->
                new Op.ChannelAffine(tensor(c.tensor(0)), tensor(c.tensor(1)));
            case GraphGrammarParser.ConstantContext c -> new Op.Constant(tensor(c.tensor()));
            case GraphGrammarParser.ConvTransposeContext c ->
                new Op.ConvTranspose(
                        tensor(c.tensor(0)),
                        tensor(c.tensor(1)),
                        window(c.window()),
                        integers(c.shape()),
                        integer(c.INTEGER()));
            case GraphGrammarParser.LpPoolContext c -> new Op.LpPool(window(c.window()), integer(c.INTEGER()));
            case GraphGrammarParser.PreluContext c -> new Op.PRelu(tensor(c.tensor()));
            case GraphGrammarParser.ActivationContext c -> new Op.Activation(PointwiseText.read(c.pointwise()));
            case GraphGrammarParser.BinaryContext c -> new Op.Binary(PointwiseText.binary(c.binaryFunction()));
            case GraphGrammarParser.ConcatContext c -> new Op.Concat(integer(c.INTEGER()));
            case GraphGrammarParser.SliceContext c ->
                new Op.Slice(integers(c.shape(0)), integers(c.shape(1)), integers(c.shape(2)));
            case GraphGrammarParser.PadContext c ->
                new Op.Pad(
                        PadMode.valueOf(c.getChild(3).getText().toUpperCase(Locale.ROOT)),
                        number(c.number()),
                        integers(c.shape(0)),
                        integers(c.shape(1)));
            case GraphGrammarParser.TransposeContext c -> new Op.Transpose(integers(c.shape()));
            case GraphGrammarParser.GatherContext c -> new Op.Gather(integer(c.INTEGER()), integers(c.shape()));
            case GraphGrammarParser.ResizeContext c ->
                new Op.Resize(c.sampling().stream()
                        .map(s -> new Sampling(integers(s.shape()), tensor(s.tensor())))
                        .toList());
            case GraphGrammarParser.DepthToSpaceContext c -> new Op.DepthToSpace(integer(c.INTEGER()));
            case GraphGrammarParser.SpaceToDepthContext c -> new Op.SpaceToDepth(integer(c.INTEGER()));
            case GraphGrammarParser.ReshapeContext _ -> new Op.Reshape();
            case GraphGrammarParser.LocalConvContext c ->
                new Op.LocalConv(tensor(c.tensor(0)), tensor(c.tensor(1)), window(c.window()));
            case GraphGrammarParser.RearrangeContext c -> new Op.Rearrange(shape(c.shape(0)), integers(c.shape(1)));
            case GraphGrammarParser.OneHotContext c -> new Op.OneHot(integer(c.INTEGER()));
            case GraphGrammarParser.MaxPoolIndicesContext c ->
                new Op.MaxPoolIndices(window(c.window()), flag(c.flag()));
            case GraphGrammarParser.MaxUnpoolContext c -> new Op.MaxUnpool(window(c.window()), integers(c.shape()));
            case GraphGrammarParser.LookupContext c -> new Op.Lookup(tensor(c.tensor()));
            case GraphGrammarParser.MeanVarianceContext c ->
                new Op.Normalize(new Normalization.MeanVariance(integer(c.INTEGER()), number(c.number())));
            case GraphGrammarParser.LpNormalizationContext c ->
                new Op.Normalize(new Normalization.Lp(integer(c.INTEGER())));
            case GraphGrammarParser.LocalResponseContext c ->
                new Op.Normalize(new Normalization.LocalResponse(
                        integer(c.INTEGER()), number(c.number(0)), number(c.number(1)), number(c.number(2))));
            case GraphGrammarParser.SoftmaxContext c -> new Op.Softmax(flag(c.flag()));
            case GraphGrammarParser.TopKContext c -> new Op.TopK(integer(c.INTEGER()), flag(c.flag()));
            case GraphGrammarParser.FakeQuantizeContext c ->
                new Op.FakeQuantize(
                        number(c.number()), integer(c.INTEGER(0)), integer(c.INTEGER(1)), integer(c.INTEGER(2)));
            default ->
                throw new IllegalStateException("the grammar has an operation the reader does not know: "
                        + operation.getClass().getSimpleName());
        };
    }

    private static Window window(GraphGrammarParser.WindowContext w) {
        var lists = w.shape().stream().map(GraphReader::integers).toList();
        return new Window(lists.get(0), lists.get(1), lists.get(2), lists.get(3), lists.get(4));
    }

    private static Tensor tensor(GraphGrammarParser.TensorContext t) {
        Shape shape = shape(t.shape());
        byte[] bytes = Base64.getDecoder()
                .decode(t.STRING().stream().map(GraphReader::string).collect(Collectors.joining()));
        if (bytes.length != 4L * shape.volume()) {
            throw new IllegalArgumentException(
                    "a tensor of shape " + shape + " needs " + 4L * shape.volume() + " bytes, has " + bytes.length);
        }
        float[] values = new float[shape.volume()];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
        return Tensor.wrap(shape, values);
    }

    private static Shape shape(GraphGrammarParser.ShapeContext s) {
        return new Shape(integers(s));
    }

    private static List<Integer> integers(GraphGrammarParser.ShapeContext s) {
        return s.INTEGER().stream().map(GraphReader::integer).toList();
    }

    private static int integer(TerminalNode t) {
        return Integer.parseInt(t.getText());
    }

    private static int reference(TerminalNode t) {
        return Integer.parseInt(t.getText().substring(1));
    }

    private static float number(GraphGrammarParser.NumberContext n) {
        return PointwiseText.number(n);
    }

    private static boolean flag(GraphGrammarParser.FlagContext f) {
        return f.getText().equals("true");
    }

    private static String string(TerminalNode t) {
        return GraphPrinter.unquoted(t.getText());
    }
}
