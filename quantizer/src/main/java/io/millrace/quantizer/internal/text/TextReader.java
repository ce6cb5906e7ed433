package io.millrace.quantizer.internal.text;

import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import io.millrace.ir.Window;
import io.millrace.quantizer.ActivationTable;
import io.millrace.quantizer.MapType;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizeCode;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.quantizer.QuantizedGraphVerifier;
import io.millrace.quantizer.Requantizer;
import io.millrace.quantizer.Weights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.antlr.v4.runtime.BaseErrorListener;
import org.antlr.v4.runtime.CharStreams;
import org.antlr.v4.runtime.CommonTokenStream;
import org.antlr.v4.runtime.RecognitionException;
import org.antlr.v4.runtime.Recognizer;
import org.antlr.v4.runtime.Token;
import org.jspecify.annotations.Nullable;

/** Reads the text form. */
public final class TextReader {
    private final String file;

    private TextReader(String file) {
        this.file = file;
    }

    public static QuantizedGraph parse(String file, String text) {
        QuantizedGraph graph = new TextReader(file).graph(text);
        List<Diagnostic> found = QuantizedGraphVerifier.check(graph);
        if (!found.isEmpty()) {
            throw new CompileException(QuantizeCode.GRAPH_UNSOUND.exitCode(), found);
        }
        return graph;
    }

    private QuantizedGraph graph(String text) {
        var lexer = new QuantizedGraphGrammarLexer(CharStreams.fromString(text, file));
        var parser = new QuantizedGraphGrammarParser(new CommonTokenStream(lexer));
        lexer.removeErrorListeners();
        parser.removeErrorListeners();
        var refusal = new Refusal();
        lexer.addErrorListener(refusal);
        parser.addErrorListener(refusal);
        QuantizedGraphGrammarParser.GraphContext tree = parser.graph();
        var nodes = new ArrayList<QNode>();
        for (var node : tree.node()) {
            nodes.add(node(node));
        }
        var outputs = new ArrayList<Integer>();
        var names = new ArrayList<String>();
        for (var output : tree.output()) {
            outputs.add(id(output.id));
            names.add(string(output.name));
        }
        Precision precision = Precision.valueOf(tree.precision.getText().toUpperCase(Locale.ROOT));
        return made(tree.start, () -> new QuantizedGraph(string(tree.name), precision, nodes, outputs, names));
    }

    private QNode node(QuantizedGraphGrammarParser.NodeContext node) {
        var layers = node.layers();
        if (layers.LIST() != null
                && !layers.LIST().getText().substring(1).strip().equals("]")) {
            throw refuse(layers.start, "the layers' names are quoted");
        }
        List<String> names =
                layers.STRING().stream().map(s -> string(s.getSymbol())).toList();
        return new QNode(
                id(node.id),
                string(node.name),
                made(node.op().start, () -> op(node.op())),
                operands(node.op()),
                type(node.type()),
                new SourceRef(string(node.file), names));
    }

    private List<Integer> operands(QuantizedGraphGrammarParser.OpContext op) {
        var operands = switch (op) {
            case QuantizedGraphGrammarParser.ConvOpContext conv -> conv.operands();
            case QuantizedGraphGrammarParser.MaxPoolOpContext pool -> pool.operands();
            case QuantizedGraphGrammarParser.SumPoolOpContext pool -> pool.operands();
            case QuantizedGraphGrammarParser.AddOpContext add -> add.operands();
            case QuantizedGraphGrammarParser.ExtremeOpContext extreme -> extreme.operands();
            case QuantizedGraphGrammarParser.ArgMaxOpContext argMax -> argMax.operands();
            case QuantizedGraphGrammarParser.ViewOpContext view -> view.operands();
            case QuantizedGraphGrammarParser.ConcatOpContext concat -> concat.operands();
            case QuantizedGraphGrammarParser.MulOpContext mul -> mul.operands();
            case QuantizedGraphGrammarParser.GatherOpContext gather -> gather.operands();
            case QuantizedGraphGrammarParser.BlockOpContext blocks -> blocks.operands();
            default -> null;
        };
        return operands == null
                ? List.of()
                : operands.ID().stream().map(token -> id(token.getSymbol())).toList();
    }

    private QOp op(QuantizedGraphGrammarParser.OpContext op) {
        return switch (op) {
            case QuantizedGraphGrammarParser.InputOpContext _ -> new QOp.Input();
            case QuantizedGraphGrammarParser.ConvOpContext conv ->
                new QOp.Conv(
                        window(conv.window()),
                        integer(conv.channels),
                        conv.groups == null ? 1 : integer(conv.groups),
                        conv.first == null
                                ? Optional.empty()
                                : Optional.of(new QOp.Conv.Bands(integer(conv.first), integer(conv.step))),
                        weights(conv),
                        list(conv.bias, Long.MIN_VALUE, Long.MAX_VALUE, v -> v),
                        requantizer(conv.requantize()),
                        table(conv.table()));
            case QuantizedGraphGrammarParser.MaxPoolOpContext pool ->
                new QOp.MaxPool(window(pool.window()), table(pool.table()));
            case QuantizedGraphGrammarParser.SumPoolOpContext pool ->
                new QOp.SumPool(
                        window(pool.window()),
                        list(pool.bias, Long.MIN_VALUE, Long.MAX_VALUE, v -> v),
                        requantizer(pool.requantize()),
                        table(pool.table()));
            case QuantizedGraphGrammarParser.AddOpContext add ->
                new QOp.Add(terms(add), integer(add.zero), integer(add.low), integer(add.high), table(add.table()));
            case QuantizedGraphGrammarParser.ExtremeOpContext extreme ->
                new QOp.Extreme(extreme.kind.getText().equals("min"), table(extreme.table()));
            case QuantizedGraphGrammarParser.ArgMaxOpContext _ -> new QOp.ArgMax();
            case QuantizedGraphGrammarParser.ViewOpContext _ -> new QOp.View();
            case QuantizedGraphGrammarParser.ConcatOpContext _ -> new QOp.Concat();
            case QuantizedGraphGrammarParser.MulOpContext mul -> mul(mul);
            case QuantizedGraphGrammarParser.GatherOpContext gather ->
                new QOp.Gather(
                        gather.axis().stream().map(a -> integers(a.indices)).toList(), integer(gather.fill));
            case QuantizedGraphGrammarParser.BlockOpContext blocks -> new QOp.DepthToSpace(integer(blocks.block));
            default -> throw new IllegalStateException("the grammar has an operation the reader does not know: " + op);
        };
    }

    private QOp.Mul mul(QuantizedGraphGrammarParser.MulOpContext mul) {
        List<Integer> zeroPoints = integers(mul.zeros);
        if (zeroPoints.size() != 2) {
            throw refuse(mul.start, zeroPoints.size() + " zero points for two factors");
        }
        return new QOp.Mul(zeroPoints.get(0), zeroPoints.get(1), requantizer(mul.requantize()), table(mul.table()));
    }

    private List<QOp.Add.Term> terms(QuantizedGraphGrammarParser.AddOpContext add) {
        List<Integer> zeroPoints = integers(add.zeros);
        List<Integer> multipliers = integers(add.m);
        List<Integer> shifts = integers(add.s);
        if (zeroPoints.size() != multipliers.size() || zeroPoints.size() != shifts.size()) {
            throw refuse(add.start, "the lists of its terms differ in length");
        }
        return IntStream.range(0, shifts.size())
                .mapToObj(i -> new QOp.Add.Term(zeroPoints.get(i), multipliers.get(i), shifts.get(i)))
                .toList();
    }

    private Weights weights(QuantizedGraphGrammarParser.ConvOpContext conv) {
        var lists = conv.LIST();
        int groups = conv.groups == null || conv.first == null ? 1 : Math.max(1, integer(conv.groups));
        int channels = integer(conv.channels) / groups;
        // The bias is the first list among the operation's own.
        var rows = lists.subList(1, lists.size());
        if (rows.size() != channels) {
            throw refuse(
                    conv.start,
                    rows.size() + " lists of weights for " + channels + " output channels that have their own");
        }
        var values = new short[0];
        for (int r = 0; r < rows.size(); r++) {
            long[] row = numbers(rows.get(r).getSymbol(), Short.MIN_VALUE, Short.MAX_VALUE);
            if (r == 0) {
                values = new short[rows.size() * row.length];
            }
            if (rows.size() * row.length != values.length) {
                throw refuse(conv.start, "the lists of weights differ in length");
            }
            for (int i = 0; i < row.length; i++) {
                values[r * row.length + i] = (short) row[i];
            }
        }
        return new Weights(values);
    }

    private Window window(QuantizedGraphGrammarParser.WindowContext w) {
        return new Window(
                integers(w.kernel), integers(w.stride), integers(w.begin), integers(w.end), integers(w.dilation));
    }

    private Requantizer requantizer(QuantizedGraphGrammarParser.RequantizeContext r) {
        return new Requantizer(
                integer(r.d), integers(r.m), integers(r.s), integer(r.zero), integer(r.low), integer(r.high));
    }

    private Optional<ActivationTable> table(QuantizedGraphGrammarParser.@Nullable TableContext table) {
        return switch (table) {
            case null -> Optional.empty();
            case QuantizedGraphGrammarParser.CodesTableContext codes ->
                Optional.of(new ActivationTable.Codes(integers(codes.codes)));
            case QuantizedGraphGrammarParser.SegmentsTableContext segments ->
                Optional.of(new ActivationTable.Segments(integers(segments.bases), integers(segments.slopes)));
            default -> throw new IllegalStateException("the grammar has a table the reader does not know: " + table);
        };
    }

    private MapType type(QuantizedGraphGrammarParser.TypeContext type) {
        return new MapType(
                integer(type.channels),
                integers(type.spatial),
                Double.parseDouble(type.scale.getText()),
                integer(type.zero),
                type.depth == null ? 1 : integer(type.depth));
    }

    private List<Integer> integers(Token token) {
        return list(token, Integer.MIN_VALUE, Integer.MAX_VALUE, v -> (int) v);
    }

    private <T> List<T> list(Token token, long low, long high, LongFunction<T> make) {
        return Arrays.stream(numbers(token, low, high)).mapToObj(make).toList();
    }

    private long[] numbers(Token token, long low, long high) {
        String text = token.getText();
        var numbers = new long[text.length() / 2];
        int n = 0;
        int end;
        for (int at = 1; at < text.length() - 1; at = end + 1) {
            end = at;
            while (text.charAt(end) > ' ' && text.charAt(end) != ']') {
                end++;
            }
            if (end > at) {
                numbers[n++] = number(token, text, at, end, low, high);
            }
        }
        return Arrays.copyOf(numbers, n);
    }

    private int integer(Token token) {
        String text = token.getText();
        return (int) number(token, text, 0, text.length(), Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    private int id(Token token) {
        String text = token.getText();
        return (int) number(token, text, 1, text.length(), 0, Integer.MAX_VALUE);
    }

    /** What stands from {@code begin} to before {@code end} in a token's text. */
    private long number(Token token, String text, int begin, int end, long low, long high) {
        try {
            long value = Long.parseLong(text, begin, end, 10);
            if (value >= low && value <= high) {
                return value;
            }
        } catch (NumberFormatException _) {
            // Refused below, with the range.
        }
        throw refuse(token, "'" + text.substring(begin, end) + "' is not an integer in [" + low + ", " + high + "]");
    }

    private static String string(Token token) {
        String text = token.getText();
        var value = new StringBuilder();
        for (int i = 1; i < text.length() - 1; i++) {
            char c = text.charAt(i);
            if (c == '\\') {
                c = switch (text.charAt(++i)) {
                    case 'n' -> '\n';
                    case 'r' -> '\r';
                    case 't' -> '\t';
                    default -> text.charAt(i);
                };
            }
            value.append(c);
        }
        return value.toString();
    }

    /** What a record's constructor refuses is the file's fault. */
    private <T> T made(Token at, Supplier<T> make) {
        try {
            return make.get();
        } catch (IllegalArgumentException e) {
            throw refuse(at, String.valueOf(e.getMessage()));
        }
    }

    private CompileException refuse(Token at, String problem) {
        return refuse(at.getLine(), at.getCharPositionInLine(), problem);
    }

    private CompileException refuse(int line, int column, String problem) {
        var where = SourceRef.file(file + ":" + line + ":" + (column + 1));
        return QuantizeCode.TEXT.exception(
                where, problem, "correct the file, or make it again with `millrace quantize`");
    }

    /** The first error ends the parse. */
    private final class Refusal extends BaseErrorListener {
        @Override
        public void syntaxError(
                Recognizer<?, ?> recognizer,
                @Nullable Object symbol,
                int line,
                int column,
                String message,
                @Nullable RecognitionException e) {
            throw refuse(line, column, message);
        }
    }
}
