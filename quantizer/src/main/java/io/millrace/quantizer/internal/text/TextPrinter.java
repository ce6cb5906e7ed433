package io.millrace.quantizer.internal.text;

import io.millrace.ir.Window;
import io.millrace.quantizer.ActivationTable;
import io.millrace.quantizer.MapType;
import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.quantizer.Requantizer;
import io.millrace.quantizer.Weights;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Prints the text form. */
public final class TextPrinter {
    /** Characters that are gathered before they are handed on. */
    private static final int PIECE = 1 << 16;

    /** The weights of int8, each behind a space. */
    private static final List<String> CODES = IntStream.rangeClosed(Byte.MIN_VALUE, Byte.MAX_VALUE)
            .mapToObj(code -> " " + code)
            .toList();

    private final Appendable sink;
    private final StringBuilder out = new StringBuilder();

    private TextPrinter(Appendable sink) {
        this.sink = sink;
    }

    public static void print(QuantizedGraph graph, Appendable sink) throws IOException {
        var printer = new TextPrinter(sink);
        printer.graph(graph);
        printer.flush();
    }

    private void flush() throws IOException {
        sink.append(out);
        out.setLength(0);
    }

    private void graph(QuantizedGraph graph) throws IOException {
        out.append("quantized ").append(quote(graph.name())).append(' ');
        out.append(graph.precision().name().toLowerCase(Locale.ROOT)).append(" {\n");
        for (var node : graph.nodes()) {
            node(node);
        }
        for (int i = 0; i < graph.outputs().size(); i++) {
            out.append("  output %").append(graph.outputs().get(i)).append(' ');
            out.append(quote(graph.outputNames().get(i))).append('\n');
        }
        out.append("}\n");
    }

    private void node(QNode node) throws IOException {
        out.append("  %")
                .append(node.id())
                .append(' ')
                .append(quote(node.name()))
                .append(" = ");
        switch (node.op()) {
            case QOp.Input _ -> out.append("input");
            case QOp.Conv conv -> {
                head("conv", node, conv.window());
                out.append(" channels ").append(conv.outputChannels());
                if (conv.groups() > 1) {
                    out.append(" groups ").append(conv.groups());
                }
                conv.bands()
                        .ifPresent(b -> out.append(" bands ")
                                .append(b.first())
                                .append(' ')
                                .append(b.step()));
                line("bias " + list(conv.bias()));
                weights(conv.weights(), conv.filters());
                requantizer(conv.requantizer());
                table(conv.table());
            }
            case QOp.MaxPool pool -> {
                head("maxpool", node, pool.window());
                table(pool.table());
            }
            case QOp.SumPool pool -> {
                head("sumpool", node, pool.window());
                line("bias " + list(pool.bias()));
                requantizer(pool.requantizer());
                table(pool.table());
            }
            case QOp.Add add -> {
                out.append("add").append(operands(node));
                line("terms zero " + list(add.terms().stream().map(QOp.Add.Term::zeroPoint)) + " m "
                        + list(add.terms().stream().map(QOp.Add.Term::multiplier)) + " s "
                        + list(add.terms().stream().map(QOp.Add.Term::shift)));
                line("sum zero " + add.zeroPoint() + " range " + add.low() + " " + add.high());
                table(add.table());
            }
            case QOp.Extreme extreme -> {
                out.append(extreme.least() ? "min" : "max").append(operands(node));
                table(extreme.table());
            }
            case QOp.ArgMax _ -> out.append("argmax").append(operands(node));
            case QOp.View _ -> out.append("view").append(operands(node));
            case QOp.Concat _ -> out.append("concat").append(operands(node));
            case QOp.Mul mul -> {
                out.append("mul").append(operands(node));
                line("factors zero " + list(Stream.of(mul.zeroPointA(), mul.zeroPointB())));
                requantizer(mul.requantizer());
                table(mul.table());
            }
            case QOp.Gather(var indices, int fill) -> {
                out.append("gather").append(operands(node)).append(" fill ").append(fill);
                indices.forEach(axis -> line("axis " + list(axis)));
            }
            case QOp.DepthToSpace(int block) ->
                out.append("depthtospace")
                        .append(operands(node))
                        .append(" block ")
                        .append(block);
        }
        type(node.type());
        String layers = node.source().layers().stream().map(TextPrinter::quote).collect(Collectors.joining(" "));
        line("from " + quote(node.source().file()) + " [" + layers + "]");
        out.append('\n');
    }

    private void head(String kind, QNode node, Window w) {
        out.append(kind).append(operands(node)).append(" kernel ");
        out.append(list(w.kernel())).append(" stride ").append(list(w.stride())).append(" pad ");
        out.append(list(w.padBegin())).append(' ').append(list(w.padEnd()));
        out.append(" dilation ").append(list(w.dilation()));
    }

    private static String operands(QNode node) {
        return node.inputs().stream().map(i -> "%" + i).collect(Collectors.joining(" ", "(", ")"));
    }

    private void weights(Weights weights, int channels) throws IOException {
        line("weights {");
        int each = weights.size() / channels;
        for (int m = 0; m < channels; m++) {
            out.append("\n        [");
            for (int i = 0; i < each; i++) {
                int weight = weights.get(m * each + i);
                if (i == 0) {
                    out.append(weight);
                } else if (weight == (byte) weight) {
                    out.append(CODES.get(weight - Byte.MIN_VALUE));
                } else {
                    out.append(' ').append(weight);
                }
                if (out.length() >= PIECE) {
                    flush();
                }
            }
            out.append(']');
        }
        line("}");
    }

    private void requantizer(Requantizer r) {
        line("requantize d " + r.preShift() + " m " + list(r.multipliers()) + " s " + list(r.shifts()) + " zero "
                + r.zeroPoint() + " range " + r.low() + " " + r.high());
    }

    private void table(Optional<ActivationTable> table) {
        if (table.isEmpty()) {
            return;
        }
        switch (table.get()) {
            case ActivationTable.Codes(var codes) -> line("codes " + list(codes));
            case ActivationTable.Segments(var bases, var slopes) -> {
                line("segments " + list(bases));
                line("         " + list(slopes));
            }
        }
    }

    private void type(MapType type) {
        String depth = type.depth() == 1 ? "" : " depth " + type.depth();
        line(": map " + type.channels() + " " + list(type.spatial()) + depth + " scale " + type.scale() + " zero "
                + type.zeroPoint());
    }

    private void line(String text) {
        out.append("\n      ").append(text);
    }

    private static String list(List<? extends Number> values) {
        return list(values.stream());
    }

    private static String list(Stream<? extends Number> values) {
        return values.map(String::valueOf).collect(Collectors.joining(" ", "[", "]"));
    }

    private static String quote(String text) {
        var quoted = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"', '\\' -> quoted.append('\\').append(c);
                case '\n' -> quoted.append("\\n");
                case '\r' -> quoted.append("\\r");
                case '\t' -> quoted.append("\\t");
                default -> quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }
}
