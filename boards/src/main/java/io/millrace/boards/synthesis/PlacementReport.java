package io.millrace.boards.synthesis;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A design placed and routed on an iCE40, as nextpnr-ice40 reports it.
 *
 * @param logicCells cells of one LUT, one carry and one flip-flop
 * @param ebr 4-kbit block RAMs; {@code spram} 256-kbit RAMs; {@code dsp} multipliers
 * @param fmaxMhz highest clock by nextpnr's timing analysis, the least of all clocks; infinite where nothing is clocked
 */
public record PlacementReport(int logicCells, int ebr, int spram, int dsp, double fmaxMhz) {
    private static final String LOGIC_CELLS = "ICESTORM_LC";
    private static final String EBR = "ICESTORM_RAM";
    private static final String SPRAM = "ICESTORM_SPRAM";
    private static final String DSP = "ICESTORM_DSP";

    /** A line of the log about cells, such as {@code Info: ICESTORM_LC: 5400/ 5280 102%}. */
    private static final Pattern CELLS =
            Pattern.compile("^Info:\\s+([A-Z0-9_]+):\\s*(\\d+)\\s*/\\s*(\\d+)", Pattern.MULTILINE);

    /** Reads the file that {@code --report} writes. Kinds of cells that the device has none of are not in it: they count as 0. */
    public static PlacementReport parse(String json) {
        JsonNode report = JsonMapper.shared().readTree(json);
        JsonNode cells = report.get("utilization");
        double fmax = Double.POSITIVE_INFINITY;
        for (JsonNode clock : report.get("fmax").values()) {
            fmax = Math.min(fmax, clock.get("achieved").asDouble());
        }
        return new PlacementReport(
                used(cells, LOGIC_CELLS), used(cells, EBR), used(cells, SPRAM), used(cells, DSP), fmax);
    }

    private static int used(JsonNode cells, String kind) {
        return cells.has(kind) ? cells.get(kind).get("used").asInt() : 0;
    }

    /** Each kind of cell of which a design has more than the device, by nextpnr's log: "5400 of 5280 logic cells". */
    public static List<String> tooMany(String log) {
        var found = new ArrayList<String>();
        var cell = CELLS.matcher(log);
        while (cell.find()) {
            int used = Integer.parseInt(cell.group(2));
            int there = Integer.parseInt(cell.group(3));
            if (used > there) {
                found.add(used + " of " + there + " " + words(cell.group(1)));
            }
        }
        return found.stream().distinct().toList();
    }

    private static String words(String kind) {
        return switch (kind) {
            case LOGIC_CELLS -> "logic cells";
            case EBR -> "4-kbit block RAMs";
            case SPRAM -> "256-kbit RAMs";
            case DSP -> "SB_MAC16 multipliers";
            case "SB_GB" -> "global buffers";
            case "SB_IO" -> "pins";
            default -> kind;
        };
    }
}
