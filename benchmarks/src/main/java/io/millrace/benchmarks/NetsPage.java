package io.millrace.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;

/** The standard nets on boards, as a page of Markdown. */
public final class NetsPage {
    private NetsPage() {}

    /** What became of a net on a board. */
    public sealed interface Entry {
        String net();

        String board();

        /** It compiled. */
        record Compiled(NetsBench.Row row) implements Entry {
            @Override
            public String net() {
                return row.net();
            }

            @Override
            public String board() {
                return row.board();
            }
        }

        /**
         * It does not fit, or has a layer that no engine computes.
         *
         * @param reasons in the tool's own words
         */
        record Refused(String net, String board, List<String> reasons) implements Entry {
            public Refused {
                reasons = List.copyOf(reasons);
            }
        }
    }

    /**
     * The page: a table a board, in the order of the entries, and why nets are refused.
     *
     * @param command that writes it
     * @param entries the boards' one after the other
     */
    public static String of(String command, Ledger.Origin origin, List<Entry> entries) {
        var lines = new ArrayList<String>();
        lines.add("# The standard nets on boards");
        lines.add("");
        lines.add(
                "Nets of the literature at their published sizes with random weights, int8, on the machine that the search finds. Written by");
        lines.add("");
        lines.add("    " + command);
        lines.add("");
        lines.add("with Millrace " + origin.version() + ", commit " + origin.commit() + ", on "
                + origin.date().substring(0, 10)
                + "; seconds are measured on " + origin.cores() + " cores of " + origin.cpu() + ", Java "
                + origin.java() + ", with no more than " + (Runtime.getRuntime().maxMemory() >> 20)
                + " MiB of heap, from the");
        lines.add(
                "quantized net to Verilog and program. Cycles a frame are simulated in steady state, frames/s are these at the board's assumed clock;");
        lines.add(
                "multipliers, DSPs, block RAMs (36 kbit) and DRAM bytes are the machine's by count or estimate. No board was involved.");
        var boards = new LinkedHashSet<String>();
        entries.forEach(entry -> boards.add(entry.board()));
        for (var board : boards) {
            table(
                    lines,
                    board,
                    entries.stream().filter(e -> e.board().equals(board)).toList());
        }
        return String.join("\n", lines) + "\n";
    }

    private static void table(List<String> lines, String board, List<Entry> entries) {
        lines.add("");
        lines.add("## " + board + clock(entries));
        lines.add("");
        lines.add(
                "| net | compile s | multipliers | DSP | block RAMs | DRAM bytes a frame | of them spilled | cycles a frame | frames/s |");
        lines.add("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        var refused = new ArrayList<Entry.Refused>();
        for (var entry : entries) {
            switch (entry) {
                case Entry.Compiled(var row) -> lines.add(line(row));
                case Entry.Refused no -> {
                    lines.add("| " + no.net() + " | refused | | | | | | | |");
                    refused.add(no);
                }
            }
        }
        for (var no : refused) {
            lines.add("");
            lines.add(no.net() + " is refused:");
            lines.add("");
            no.reasons().forEach(reason -> lines.add("    " + reason));
        }
    }

    private static String clock(List<Entry> entries) {
        return entries.stream()
                .filter(Entry.Compiled.class::isInstance)
                .findFirst()
                .map(e -> String.format(
                        Locale.ROOT,
                        ", assumed %.0f MHz",
                        ((Entry.Compiled) e).row().cost().clockMhz()))
                .orElse("");
    }

    private static String line(NetsBench.Row row) {
        var cost = row.cost();
        return String.format(
                Locale.ROOT,
                "| %s | %.1f | %,d | %,d | %,d | %,d | %,d | %,.0f | %,.1f |",
                row.net(),
                row.compile(),
                row.multipliers(),
                cost.resources().dsp(),
                cost.resources().bram36Total(),
                cost.dramBytesPerFrame(),
                cost.spilledBytesPerFrame(),
                row.cyclesPerFrame(),
                row.framesPerSecond());
    }
}
