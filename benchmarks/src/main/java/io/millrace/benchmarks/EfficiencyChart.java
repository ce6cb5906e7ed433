package io.millrace.benchmarks;

import io.millrace.benchmarks.SvgDrawing.Anchor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Efficiencies as bars against their bounds and the peers' figures. */
final class EfficiencyChart {
    static final int PLOT_LEFT = 210;
    static final int PLOT_WIDTH = 560;
    private static final int WIDTH = 1000;
    private static final int BAR = 12;
    private static final int GAP = 3;
    private static final int BETWEEN = 10;
    private static final int TOP = 66;
    private static final int FONT = 12;
    private static final int MARK_LINE = 13;
    private static final String INK = "#222222";
    private static final String FAINT = "#dddddd";
    private static final String PEER = "#d1495b";
    private static final List<String> BAR_COLOURS = List.of("#2a6f97", "#61a5c2", "#8fb996", "#b5a886");

    /**
     * Bars that belong together.
     *
     * @param label in front of them
     * @param bars at least one
     * @param marks figures of others, beside them
     */
    record Group(String label, List<Bar> bars, List<Mark> marks) {
        Group {
            bars = List.copyOf(bars);
            marks = List.copyOf(marks);
        }
    }

    /**
     * @param series what its colour stands for
     * @param part that the bar is long, 0 to 1; 0 where there is nothing to show
     * @param bound that it cannot exceed; 0 for none
     */
    record Bar(String series, double part, double bound) {}

    /** A figure of someone else. */
    record Mark(String name, double part) {}

    private EfficiencyChart() {}

    /** The document; bars are {@value #PLOT_WIDTH} pixels at 100 %. */
    static String of(String title, List<Group> groups) {
        int height = TOP + 24;
        for (var group : groups) {
            height += heightOf(group) + BETWEEN;
        }
        var drawing = new SvgDrawing(WIDTH, height);
        var colours = colours(groups);
        drawing.text(12, 24, 16, Anchor.START, INK, title);
        legend(drawing, colours);
        axis(drawing, height);
        int y = TOP;
        for (var group : groups) {
            group(drawing, group, y, colours);
            y += heightOf(group) + BETWEEN;
        }
        return drawing.document();
    }

    private static int heightOf(Group group) {
        return Math.max(1, group.bars().size()) * (BAR + GAP);
    }

    private static Map<String, String> colours(List<Group> groups) {
        var colours = new LinkedHashMap<String, String>();
        for (var group : groups) {
            for (var bar : group.bars()) {
                colours.putIfAbsent(bar.series(), BAR_COLOURS.get(colours.size() % BAR_COLOURS.size()));
            }
        }
        return colours;
    }

    private static void legend(SvgDrawing drawing, Map<String, String> colours) {
        int x = PLOT_LEFT;
        for (var entry : colours.entrySet()) {
            drawing.rectangle(x, 34, BAR, BAR, entry.getValue());
            drawing.text(x + BAR + 5, 44, FONT, Anchor.START, INK, entry.getKey());
            x += 40 + 7 * entry.getKey().length();
        }
        drawing.line(x + 4, 33, x + 4, 47, INK, 2);
        drawing.text(x + 12, 44, FONT, Anchor.START, INK, "proved bound");
        drawing.diamond(x + 116, 40, 5, PEER);
        drawing.text(x + 126, 44, FONT, Anchor.START, INK, "others");
    }

    private static void axis(SvgDrawing drawing, int height) {
        for (int percent = 0; percent <= 100; percent += 20) {
            double x = at(percent / 100.0);
            drawing.line(x, TOP - 8, x, height - 20, FAINT, 1);
            drawing.text(x, height - 6, FONT, Anchor.MIDDLE, INK, percent + " %");
        }
    }

    private static double at(double part) {
        return PLOT_LEFT + PLOT_WIDTH * part;
    }

    private static void group(SvgDrawing drawing, Group group, int top, Map<String, String> colours) {
        double middle = top + heightOf(group) / 2.0;
        drawing.text(PLOT_LEFT - 10, middle + 2, FONT, Anchor.END, INK, group.label());
        int y = top;
        for (var bar : group.bars()) {
            drawing.rectangle(PLOT_LEFT, y, PLOT_WIDTH * bar.part(), BAR, colours.getOrDefault(bar.series(), INK));
            if (bar.part() > 0) {
                drawing.text(PLOT_LEFT + 4, y + BAR - 2.0, 10, Anchor.START, "#ffffff", percent(bar.part()));
            }
            if (bar.bound() > 0) {
                drawing.line(at(bar.bound()), y - 1, at(bar.bound()), y + BAR + 1.0, INK, 2);
            }
            y += BAR + GAP;
        }
        double right = group.bars().stream().mapToDouble(Bar::bound).reduce(1, Math::max);
        double line = middle + 2 - MARK_LINE * (group.marks().size() - 1) / 2.0;
        for (var mark : group.marks()) {
            drawing.diamond(at(mark.part()), middle - 1, 5, PEER);
            drawing.text(at(right) + 12, line, 10, Anchor.START, PEER, mark.name() + " " + percent(mark.part()));
            line += MARK_LINE;
        }
    }

    static String percent(double part) {
        return String.format(Locale.ROOT, "%.1f %%", 100 * part);
    }
}
