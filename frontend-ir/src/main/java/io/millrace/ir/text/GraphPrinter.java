package io.millrace.ir.text;

import io.millrace.ir.BinaryFunction;
import io.millrace.ir.Graph;
import io.millrace.ir.Node;
import io.millrace.ir.Normalization;
import io.millrace.ir.Op;
import io.millrace.ir.PadMode;
import io.millrace.ir.Pointwise;
import io.millrace.ir.Tensor;
import io.millrace.ir.Window;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.Locale;
import java.util.stream.Collectors;

/** Writes what {@code GraphGrammar.g4} reads. */
final class GraphPrinter {
    /** Characters of one piece of tensor data; a multiple of 4, so that every piece is base 64 by itself. */
    private static final int PIECE = 112;

    private final StringBuilder out = new StringBuilder();

    String print(Graph graph) {
        out.append("graph ").append(quoted(graph.name())).append(" {\n");
        graph.nodes().forEach(this::node);
        for (int i = 0; i < graph.outputs().size(); i++) {
            out.append("  output %").append(graph.outputs().get(i)).append(' ');
            out.append(quoted(graph.outputNames().get(i))).append(";\n");
        }
        return out.append("}\n").toString();
    }

    private void node(Node n) {
        out.append("  %").append(n.id()).append(' ').append(quoted(n.name()));
        out.append(": ").append(n.shape().dims()).append(" = ");
        operation(n.op());
        out.append(n.inputs().stream().map(i -> "%" + i).collect(Collectors.joining(", ", " (", ")")));
        out.append(" from ").append(quoted(n.source().file()));
        if (!n.source().layers().isEmpty()) {
            out.append(n.source().layers().stream()
                    .map(GraphPrinter::quoted)
                    .collect(Collectors.joining(", ", " [", "]")));
        }
        out.append(";\n");
    }

    private void operation(Op op) {
        switch (op) {
            case Op.Input _ -> out.append("input");
            case Op.Conv(Tensor weights, Tensor bias, Window window, int groups) -> {
                out.append("conv {");
                tensor("weights", weights);
                tensor("bias", bias);
                window(window);
                out.append("    groups ").append(groups).append("\n  }");
            }
            case Op.MaxPool(Window window) -> {
                out.append("maxPool {\n");
                window(window);
                out.append("  }");
            }
            case Op.MaxPoolIndices(Window window, boolean columnMajor) -> {
                out.append("maxPoolIndices {\n");
                window(window);
                out.append("    columnMajor ").append(columnMajor).append("\n  }");
            }
            case Op.MaxUnpool(Window window, var size) -> {
                out.append("maxUnpool {\n");
                window(window);
                out.append("    size ").append(size).append("\n  }");
            }
            case Op.AveragePool(Window window, boolean countIncludePad) -> {
                out.append("averagePool {\n");
                window(window);
                out.append("    countIncludePad ").append(countIncludePad).append("\n  }");
            }
            case Op.Dense(Tensor weights, Tensor bias) -> {
                out.append("dense {");
                tensor("weights", weights);
                tensor("bias", bias);
                out.append("  }");
            }
            case Op.ChannelAffine(Tensor gain, Tensor bias) -> {
                out.append("channelAffine {");
                tensor("gain", gain);
                tensor("bias", bias);
                out.append("  }");
            }
            case Op.Constant(Tensor value) -> {
                out.append("constant {");
                tensor("value", value);
                out.append("  }");
            }
            case Op.ConvTranspose(Tensor weights, Tensor bias, Window window, var outputPadding, int groups) -> {
                out.append("convTranspose {");
                tensor("weights", weights);
                tensor("bias", bias);
                window(window);
                out.append("    outputPadding ").append(outputPadding);
                out.append(" groups ").append(groups).append("\n  }");
            }
            case Op.LocalConv(Tensor weights, Tensor bias, Window window) -> {
                out.append("localConv {");
                tensor("weights", weights);
                tensor("bias", bias);
                window(window);
                out.append("  }");
            }
            case Op.LpPool(Window window, int p) -> {
                out.append("lpPool {\n");
                window(window);
                out.append("    p ").append(p).append("\n  }");
            }
            case Op.PRelu(Tensor slope) -> {
                out.append("prelu {");
                tensor("slope", slope);
                out.append("  }");
            }
            case Op.Activation(Pointwise function) -> out.append(PointwiseText.print(function));
            case Op.Binary(BinaryFunction function) -> out.append(lowerCase(function));
            case Op.Concat(int axis) -> parameters("concat", "axis", axis);
            case Op.Slice(var begin, var step, var size) ->
                parameters("slice", "begin", begin, "step", step, "size", size);
            case Op.Pad(PadMode mode, float value, var begin, var end) ->
                parameters("pad", "mode", lowerCase(mode), "value", value, "begin", begin, "end", end);
            case Op.Transpose(var order) -> parameters("transpose", "order", order);
            case Op.Gather(int axis, var indices) -> parameters("gather", "axis", axis, "indices", indices);
            case Op.Resize(var axes) -> {
                out.append("resize {\n");
                axes.forEach(a -> {
                    out.append("    source ").append(a.source());
                    tensor("fraction", a.fraction());
                });
                out.append("  }");
            }
            case Op.DepthToSpace(int block) -> parameters("depthToSpace", "block", block);
            case Op.SpaceToDepth(int block) -> parameters("spaceToDepth", "block", block);
            case Op.Reshape _ -> out.append("reshape");
            case Op.Rearrange(var shape, var sources) ->
                parameters("rearrange", "shape", shape.dims(), "sources", sources);
            case Op.OneHot(int depth) -> parameters("oneHot", "depth", depth);
            case Op.Lookup(Tensor table) -> {
                out.append("lookup {");
                tensor("table", table);
                out.append("  }");
            }
            case Op.Normalize(Normalization.MeanVariance(int groups, float epsilon)) ->
                parameters("meanVariance", "groups", groups, "epsilon", epsilon);
            case Op.Normalize(Normalization.Lp(int p)) -> parameters("lpNormalization", "p", p);
            case Op.Normalize(Normalization.LocalResponse(int size, float alpha, float beta, float bias)) ->
                parameters("localResponse", "size", size, "alpha", alpha, "beta", beta, "bias", bias);
            case Op.Softmax(boolean log) -> parameters("softmax", "log", log);
            case Op.TopK(int k, boolean indices) -> parameters("topK", "k", k, "indices", indices);
            case Op.FakeQuantize(float scale, int zeroPoint, int low, int high) ->
                out.append("fakeQuantize { scale ")
                        .append(Float.toHexString(scale))
                        .append(" zeroPoint ")
                        .append(zeroPoint)
                        .append(" low ")
                        .append(low)
                        .append(" high ")
                        .append(high)
                        .append(" }");
        }
    }

    static String lowerCase(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private void parameters(String name, Object... namesAndValues) {
        out.append(name).append(" {");
        for (Object o : namesAndValues) {
            out.append(' ').append(o instanceof Float f ? Float.toHexString(f) : o);
        }
        out.append(" }");
    }

    private void window(Window w) {
        out.append("    kernel ").append(w.kernel()).append(" stride ").append(w.stride());
        out.append(" padBegin ").append(w.padBegin()).append(" padEnd ").append(w.padEnd());
        out.append(" dilation ").append(w.dilation()).append('\n');
    }

    private void tensor(String name, Tensor t) {
        if (out.charAt(out.length() - 1) != '\n') {
            out.append('\n');
        }
        out.append("    ").append(name).append(' ').append(t.shape().dims());
        var bytes = ByteBuffer.allocate(4 * t.size()).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < t.size(); i++) {
            bytes.putFloat(t.get(i));
        }
        String data = Base64.getEncoder().encodeToString(bytes.array());
        for (int i = 0; i == 0 || i < data.length(); i += PIECE) {
            out.append("\n      \"")
                    .append(data, i, Math.min(data.length(), i + PIECE))
                    .append('"');
        }
        out.append('\n');
    }

    /** A string literal in ASCII. */
    static String quoted(String s) {
        var q = new StringBuilder("\"");
        for (char c : s.toCharArray()) {
            switch (c) {
                case '"', '\\' -> q.append('\\').append(c);
                case '\n' -> q.append("\\n");
                case '\r' -> q.append("\\r");
                case '\t' -> q.append("\\t");
                default -> {
                    if (c < ' ' || c > '~') {
                        q.append(String.format("\\u%04x", (int) c));
                    } else {
                        q.append(c);
                    }
                }
            }
        }
        return q.append('"').toString();
    }

    /** The inverse of {@link #quoted}. */
    static String unquoted(String literal) {
        var s = new StringBuilder();
        for (int i = 1; i < literal.length() - 1; i++) {
            char c = literal.charAt(i);
            if (c != '\\') {
                s.append(c);
                continue;
            }
            i++;
            switch (literal.charAt(i)) {
                case 'n' -> s.append('\n');
                case 'r' -> s.append('\r');
                case 't' -> s.append('\t');
                case 'u' -> {
                    s.append((char) Integer.parseInt(literal.substring(i + 1, i + 5), 16));
                    i += 4;
                }
                default -> s.append(literal.charAt(i));
            }
        }
        return s.toString();
    }
}
