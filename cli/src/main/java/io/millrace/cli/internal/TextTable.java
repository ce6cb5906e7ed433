package io.millrace.cli.internal;

import java.util.ArrayList;
import java.util.List;

/** Columns as wide as their widest cell. Cells are escaped before they are measured. */
public final class TextTable {
    private static final String RIGHT = ">";
    private final List<Boolean> right = new ArrayList<>();
    private final List<List<String>> rows = new ArrayList<>();

    /** @param headings one a column; a leading {@code >} sets the column flush right */
    public TextTable(String... headings) {
        var first = new ArrayList<String>();
        for (var heading : headings) {
            boolean flushRight = heading.startsWith(RIGHT);
            right.add(flushRight);
            first.add(flushRight ? heading.substring(RIGHT.length()) : heading);
        }
        rows.add(first);
    }

    /** @throws IllegalArgumentException if there isn't one cell for each heading */
    public void row(Object... cells) {
        if (cells.length != right.size()) {
            throw new IllegalArgumentException(cells.length + " cells under " + right.size() + " headings");
        }
        var row = new ArrayList<String>();
        for (var cell : cells) {
            row.add(TerminalText.escape(String.valueOf(cell)).replace("\n", " "));
        }
        rows.add(row);
    }

    /** The headings and the rows, without blanks at their ends. */
    public List<String> lines() {
        var lines = new ArrayList<String>();
        for (var row : rows) {
            var line = new StringBuilder();
            for (int column = 0; column < row.size(); column++) {
                var pad = " ".repeat(width(column) - row.get(column).length());
                line.append(right.get(column) ? pad + row.get(column) : row.get(column) + pad)
                        .append("  ");
            }
            lines.add(line.toString().stripTrailing());
        }
        return lines;
    }

    private int width(int column) {
        return rows.stream().mapToInt(row -> row.get(column).length()).max().orElse(0);
    }
}
