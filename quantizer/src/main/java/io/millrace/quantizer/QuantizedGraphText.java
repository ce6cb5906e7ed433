package io.millrace.quantizer;

import io.millrace.ir.CompileException;
import io.millrace.quantizer.internal.text.TextPrinter;
import io.millrace.quantizer.internal.text.TextReader;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * The complete, stable text form of a quantized graph: {@code parse(print(graph))} equals {@code graph}, and equal graphs
 * print alike. Node ids are {@code %0, %1, ...} in order; weights have one list an output channel, index
 * {@code tap * channels + c}. A {@code #} starts a comment.
 */
public final class QuantizedGraphText {
    private QuantizedGraphText() {}

    public static String print(QuantizedGraph graph) {
        var text = new StringBuilder();
        try {
            TextPrinter.print(graph, text);
        } catch (IOException e) {
            throw new UncheckedIOException("a text in memory takes all that is written to it", e);
        }
        return text.toString();
    }

    /** Writes the same text as UTF-8, piece by piece: that of a network of a hundred million weights is not held. The stream stays open. */
    public static void write(QuantizedGraph graph, OutputStream stream) throws IOException {
        var writer = new OutputStreamWriter(stream, StandardCharsets.UTF_8);
        TextPrinter.print(graph, writer);
        writer.flush();
    }

    /**
     * Reads a graph back and verifies it.
     *
     * @param file name of the file, for messages
     * @throws CompileException with exit code 3 and the line and column of what cannot be read (QNT-0102), or everything
     *     {@link QuantizedGraphVerifier} finds (QNT-0101)
     */
    public static QuantizedGraph parse(String file, String text) {
        return TextReader.parse(file, text);
    }
}
