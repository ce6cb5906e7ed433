package io.millrace.boards.build;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What nextpnr-ice40 reports of a design that is placed and routed.
 *
 * @param used cells of each kind, by nextpnr's names
 * @param available likewise
 * @param fmaxMhz highest clock by its timing analysis, the least of all clocks
 */
record Placed(Map<String, Integer> used, Map<String, Integer> available, double fmaxMhz) {
    Placed {
        used = Map.copyOf(used);
        available = Map.copyOf(available);
    }

    static final String LOGIC_CELLS = "ICESTORM_LC";
    static final String EBR = "ICESTORM_RAM";
    static final String SPRAM = "ICESTORM_SPRAM";
    static final String DSP = "ICESTORM_DSP";

    /** A line of the log about cells, such as {@code Info: ICESTORM_LC: 5400/ 5280 102%}. */
    private static final java.util.regex.Pattern CELLS = java.util.regex.Pattern.compile(
            "^Info:\\s+([A-Z0-9_]+):\\s*(\\d+)\\s*/\\s*(\\d+)", java.util.regex.Pattern.MULTILINE);

    int used(String kind) {
        return used.getOrDefault(kind, 0);
    }

    int available(String kind) {
        return available.getOrDefault(kind, 0);
    }

    /** What nextpnr's report file says. */
    static Placed ofReport(String json) {
        JsonNode report = JsonMapper.shared().readTree(json);
        var used = new TreeMap<String, Integer>();
        var available = new TreeMap<String, Integer>();
        for (var cell : report.get("utilization").properties()) {
            used.put(cell.getKey(), cell.getValue().get("used").asInt());
            available.put(cell.getKey(), cell.getValue().get("available").asInt());
        }
        double fmax = Double.POSITIVE_INFINITY;
        for (JsonNode clock : report.get("fmax").values()) {
            fmax = Math.min(fmax, clock.get("achieved").asDouble());
        }
        return new Placed(used, available, fmax);
    }

    /** Each kind of cell of which a design has more than the device, by nextpnr's log: "5,400 of 5,280 logic cells". */
    static List<String> tooMany(String log) {
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
