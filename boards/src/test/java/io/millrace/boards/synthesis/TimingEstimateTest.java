package io.millrace.boards.synthesis;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

/** The path finder on netlists small enough to add up by hand. */
class TimingEstimateTest {
    private static final String CELL = """
            "%s": {"type": "%s", "parameters": {%s}, "port_directions": {%s}, "connections": {%s}}""";

    private static String register(String name, int clock, int d, int q) {
        return CELL.formatted(
                name,
                "FDRE",
                "",
                "\"C\": \"input\", \"D\": \"input\", \"Q\": \"output\"",
                "\"C\": [" + clock + "], \"D\": [" + d + "], \"Q\": [" + q + "]");
    }

    private static String lut2(String name, int a, int b, int o) {
        return CELL.formatted(
                name,
                "LUT2",
                "",
                "\"I0\": \"input\", \"I1\": \"input\", \"O\": \"output\"",
                "\"I0\": [" + a + "], \"I1\": [" + b + "], \"O\": [" + o + "]");
    }

    private static TimingReport.Path only(String netnames, String... cells) {
        String json = "{\"modules\": {\"top\": {\"cells\": {" + String.join(", ", cells) + "}, \"netnames\": {"
                + netnames + "}}}}";
        var paths = TimingEstimate.of(Netlist.parse(json, "top")).paths();
        assertEquals(1, paths.size(), paths::toString);
        return paths.getFirst();
    }

    private static String name(String name, int net) {
        return "\"" + name + "\": {\"hide_name\": 0, \"bits\": [" + net + "]}";
    }

    /** The later input of a LUT gets the fast pin; a LUT and the register behind it are in one slice. */
    @Test
    void twoLevelsBetweenRegisters() {
        var path = only(
                name("unit_0.from", 2) + ", " + name("unit_0.to", 5),
                register("a", 1, 5, 2),
                lut2("first", 2, 2, 3),
                lut2("second", 3, 2, 4),
                register("b", 1, 4, 5));
        assertEquals("unit_", path.part());
        assertEquals("unit_0.from", path.from());
        assertEquals("unit_0.to", path.to());
        assertEquals(List.of("FDRE", "LUT2", "LUT2", "FDRE.D"), path.cells());
        assertEquals(2, path.levels());
        // Both inputs of the first are the same net: the slower pin counts. What a has to drive is three pins.
        assertEquals(303 + 238 + 127, path.logicPs());
        int doublings = (int) Math.round(TimingEstimate.NET_DOUBLING_PS * Math.log(3) / Math.log(2));
        assertEquals(path.logicPs() + 2 * TimingEstimate.NET_PS + doublings, path.totalPs());
    }

    /** From carry to carry takes no net, and from the last one to its register neither. */
    @Test
    void aCarryChain() {
        String carry =
                "\"S\": \"input\", \"DI\": \"input\", \"CI\": \"input\", \"CYINIT\": \"input\", \"O\": \"output\", \"CO\": \"output\"";
        var path = only(
                name("sum", 30),
                register("a", 1, 30, 2),
                lut2("propagate", 2, 2, 3),
                CELL.formatted(
                        "low",
                        "CARRY4",
                        "",
                        carry,
                        "\"S\": [3, \"0\", \"0\", \"0\"], \"DI\": [\"0\", \"0\", \"0\", \"0\"], \"CI\": [\"0\"], \"CYINIT\": [\"0\"],"
                                + " \"O\": [10, 11, 12, 13], \"CO\": [14, 15, 16, 17]"),
                CELL.formatted(
                        "high",
                        "CARRY4",
                        "",
                        carry,
                        "\"S\": [\"0\", \"0\", \"0\", \"0\"], \"DI\": [\"0\", \"0\", \"0\", \"0\"], \"CI\": [17], \"CYINIT\": [\"0\"],"
                                + " \"O\": [20, 21, 22, 23], \"CO\": [24, 25, 26, 27]"),
                register("b", 1, 23, 30));
        assertEquals(2, path.carries());
        assertEquals(303 + 238 + 508 + 313, path.logicPs());
    }

    /** A DSP without an output register is slow where it is read; with one it is not. */
    @Test
    void aDspWithAndWithoutItsOutputRegister() {
        for (boolean kept : new boolean[] {false, true}) {
            String ports = "\"A\": \"input\", \"P\": \"output\"";
            var path = only(
                    name("product", 4) + ", " + name("kept", 9),
                    CELL.formatted(
                            "dsp",
                            "DSP48E1",
                            "\"MREG\": \"1\", \"PREG\": \"" + (kept ? 1 : 0) + "\"",
                            ports,
                            "\"A\": [\"0\"], \"P\": [4]"),
                    register("b", 1, 4, 9));
            assertEquals(kept ? 329 : 1671, path.logicPs());
        }
    }
}
