package io.millrace.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A drawing of rectangles, lines and text as a document of SVG 1.1; lengths in pixels, from the upper left corner. */
final class SvgDrawing {
    /** Where a text stands beside its point. */
    enum Anchor {
        START,
        MIDDLE,
        END
    }

    private final int width;
    private final int height;
    private final List<String> elements = new ArrayList<>();

    SvgDrawing(int width, int height) {
        this.width = width;
        this.height = height;
    }

    SvgDrawing rectangle(double x, double y, double w, double h, String fill) {
        return add("<rect x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" fill=\"%s\"/>", n(x), n(y), n(w), n(h), fill);
    }

    SvgDrawing line(double x1, double y1, double x2, double y2, String stroke, double strokeWidth) {
        return add(
                "<line x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\" stroke=\"%s\" stroke-width=\"%s\"/>",
                n(x1), n(y1), n(x2), n(y2), stroke, n(strokeWidth));
    }

    /** A square that stands on a corner, {@code reach} from its middle. */
    SvgDrawing diamond(double x, double y, double reach, String fill) {
        return add(
                "<polygon points=\"%s,%s %s,%s %s,%s %s,%s\" fill=\"%s\"/>",
                n(x), n(y - reach), n(x + reach), n(y), n(x), n(y + reach), n(x - reach), n(y), fill);
    }

    /** @param y of the base line */
    SvgDrawing text(double x, double y, int size, Anchor anchor, String fill, String text) {
        return add(
                "<text x=\"%s\" y=\"%s\" font-size=\"%s\" text-anchor=\"%s\" fill=\"%s\">%s</text>",
                n(x), n(y), size, anchor.name().toLowerCase(Locale.ROOT), fill, escaped(text));
    }

    private SvgDrawing add(String format, Object... values) {
        elements.add(format.formatted(values));
        return this;
    }

    /** At most two places behind the point. */
    private static String n(double value) {
        String text = String.format(Locale.ROOT, "%.2f", value);
        return text.replaceFirst("\\.?0+$", "");
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    /** The document, on a white ground. */
    String document() {
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\">\n"
                        .formatted(width, height, width, height)
                + "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
                + String.join("\n", elements)
                + "\n</svg>\n";
    }
}
