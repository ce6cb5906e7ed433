package io.millrace.hdl.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Multiplications become DSP blocks and memories become block memories. */
class SynthesisTest {
    private static final Pattern CELL = Pattern.compile("^ {5}(\\w+) +(\\d+)$", Pattern.MULTILINE);

    @TempDir
    private Path folder;

    @BeforeEach
    void needsYosys() {
        Tool.require("yosys");
    }

    /** How many cells of each kind a synthesis by {@code command} gives. */
    private Map<String, Integer> cells(String command, Supplier<Hardware> top)
            throws IOException, InterruptedException {
        RtlReport report = Rtl.generate(folder, RtlOptions.defaults(), top);
        List<String> files = new ArrayList<>();
        report.files().forEach(file -> files.add(String.valueOf(file.getFileName())));
        String script = "read_verilog " + String.join(" ", files) + "; " + command + " -flatten -top "
                + report.topName() + "; check -assert; stat";
        String printed = Tool.run(folder, List.of("yosys", "-p", script));
        Matcher cell = CELL.matcher(printed.substring(printed.lastIndexOf("Number of cells:")));
        Map<String, Integer> counts = new TreeMap<>();
        while (cell.find()) {
            counts.put(cell.group(1), Integer.valueOf(cell.group(2)));
        }
        return counts;
    }

    @Test
    void macTakesOneDspOnVirtex6() throws Exception {
        Map<String, Integer> cells = cells("synth_xilinx -family xc6v -noiopad", Designs.Mac::new);
        assertEquals(1, cells.get("DSP48E1"), cells::toString);
    }

    @Test
    void fifoTakesOneBlockRamOnVirtex6() throws Exception {
        Map<String, Integer> cells = cells("synth_xilinx -family xc6v -noiopad", () -> new Designs.Fifo(512, 32));
        assertEquals(1, cells.get("RAMB18E1"), cells::toString);
    }

    @Test
    void fifoTakesOneBlockRamOnSeries7() throws Exception {
        Map<String, Integer> cells = cells("synth_xilinx -family xc7 -noiopad", () -> new Designs.Fifo(512, 32));
        assertEquals(1, cells.get("RAMB18E1"), cells::toString);
    }

    @Test
    void fifoTakesFourBlockRamsOnIce40() throws Exception {
        Map<String, Integer> cells = cells("synth_ice40", () -> new Designs.Fifo(512, 32));
        assertEquals(4, cells.get("SB_RAM40_4K"), cells::toString);
    }

    private static final class Big extends Hardware {
        Big() {
            super("big");
            Ram memory = ram("memory", 16384, 16);
            out(
                    "word",
                    memory.readWrite(
                            in("address", Type.uint(14)),
                            in("data", Type.bits(16)),
                            in("enable", Type.bit()),
                            in("write", Type.bit())));
        }
    }

    @Test
    void singlePortMemoryTakesOneSpramOnIce40() throws Exception {
        Map<String, Integer> cells = cells("synth_ice40 -spram", Big::new);
        assertEquals(1, cells.get("SB_SPRAM256KA"), cells::toString);
    }
}
