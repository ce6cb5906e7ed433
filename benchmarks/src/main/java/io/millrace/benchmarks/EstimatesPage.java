package io.millrace.benchmarks;

import io.millrace.benchmarks.EstimatesBench.Errors;
import io.millrace.benchmarks.EstimatesBench.Part;
import io.millrace.benchmarks.EstimatesBench.Row;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Resource estimates beside synthesis, as a page of Markdown. */
public final class EstimatesPage {
    private EstimatesPage() {}

    /**
     * The page: the errors in all and by family, and a table of each kind of part.
     *
     * @param command that writes it
     * @param rows at least one
     */
    public static String of(String command, Ledger.Origin origin, List<Row> rows) {
        var lines = new ArrayList<String>();
        lines.add("# Resource estimates against synthesis");
        lines.add("");
        lines.add(
                "Machines that the search finds, estimated before anything is built, and their cores as yosys synthesises them for the family; written by");
        lines.add("");
        lines.add("    " + command);
        lines.add("");
        lines.add(
                "with Millrace " + origin.version() + ", commit " + origin.commit() + ", on "
                        + origin.date().substring(0, 10)
                        + ". Cores alone, without host port and board top. DSPs, multipliers and memories are to be equal, LUTs and flip-flops within 10 % in the");
        lines.add(
                "median and 25 % at worst. `logic cells` of iCE40 are placed by nextpnr-ice40, with a shell of some fifty cells that gives the core its pins. Nothing else was placed,");
        lines.add("and no board was involved.");
        lines.add("");
        lines.add("| family | designs | DSP, memories | LUT median | worst | flip-flops median | worst |");
        lines.add("| --- | ---: | --- | ---: | ---: | ---: | ---: |");
        var families = rows.stream()
                .collect(Collectors.groupingBy(row -> row.family().words(), LinkedHashMap::new, Collectors.toList()));
        families.forEach((family, of) -> lines.add(summary(family, of)));
        lines.add(summary("all", rows));
        families.forEach((family, of) -> table(lines, family, of));
        lines.addAll(
                List.of(
                        "",
                        "## What the model was fitted to",
                        "",
                        "Data paths are counted from the structure. What control takes is fitted, module by module, to yosys' counts of five of the machines for ML605: "
                                + "`lenet5-ml605-64`, `lenet5-int16-ml605-32`, `resnet8-ml605-64`,",
                        "`mobilenet_v1-ml605-32`, `scene_parsing_tables-ml605-96`; with fixed control (iCE40) to `lenet5-icebreaker`. All others are checks."));
        return String.join("\n", lines) + "\n";
    }

    private static String summary(String family, List<Row> rows) {
        var lut = Errors.of(rows, "lut");
        var ff = Errors.of(rows, "ff");
        long inexact = rows.stream()
                .filter(row -> !EstimatesBench.differing(row).isEmpty())
                .count();
        return String.format(
                Locale.ROOT,
                "| %s | %d | %s | %.1f %% | %.1f %% | %.1f %% | %.1f %% |",
                family,
                rows.size(),
                inexact == 0 ? "all equal" : inexact + " differ",
                100 * lut.median(),
                100 * lut.worst(),
                100 * ff.median(),
                100 * ff.worst());
    }

    private static void table(List<String> lines, String family, List<Row> rows) {
        var names = rows.getFirst().parts().stream().map(Part::name).toList();
        lines.add("");
        lines.add("## " + family);
        lines.add("");
        lines.add("Estimated / counted.");
        lines.add("");
        lines.add("| design | multipliers | "
                + names.stream().map(EstimatesPage::title).collect(Collectors.joining(" | ")) + " |");
        lines.add("| --- | ---: |" + " ---: |".repeat(names.size()));
        for (var row : rows) {
            lines.add("| " + row.subject().name() + " | " + row.multipliers() + " | "
                    + row.parts().stream().map(EstimatesPage::cell).collect(Collectors.joining(" | ")) + " |");
        }
    }

    private static String cell(Part part) {
        String both = String.format(Locale.ROOT, "%,d / %,d", part.estimated(), part.counted());
        return part.estimated() == part.counted()
                ? String.format(Locale.ROOT, "%,d", part.counted())
                : both + String.format(Locale.ROOT, " (%+.1f %%)", 100 * part.error());
    }

    private static String title(String part) {
        return switch (part) {
            case "dsp" -> "DSP";
            case "bram36" -> "block RAMs (36 kbit)";
            case "ebr4k" -> "block RAMs (4 kbit)";
            case "spram256k" -> "256-kbit RAMs";
            case "lut" -> "LUT";
            case "ff" -> "flip-flops";
            case "logicCells" -> "logic cells";
            default -> part;
        };
    }
}
