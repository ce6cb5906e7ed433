package io.millrace.ir.text;

import io.millrace.ir.CompileException;
import io.millrace.ir.Graph;

/** The complete text form of a graph: printing and reading back give an equal value, weights to the last bit. */
public final class GraphText {
    private GraphText() {}

    /** The text; pure ASCII, lines ended by {@code \n}, the same for equal graphs. */
    public static String print(Graph graph) {
        return new GraphPrinter().print(graph);
    }

    /**
     * The graph that a text states. Shapes are taken as stated; {@link io.millrace.ir.GraphVerifier} checks them.
     *
     * @param file name to show in messages
     * @throws CompileException with line and column of everything that does not read; exit code 3
     */
    public static Graph parse(String text, String file) {
        return GraphReader.read(text, file);
    }
}
