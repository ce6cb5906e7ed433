package io.millrace.hdl.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.hdl.bridge.Rtl;
import io.millrace.hdl.bridge.RtlOptions;
import io.millrace.hdl.bridge.Tool;
import io.millrace.hdl.bridge.Verilated;
import io.millrace.quantizer.Precision;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.ProgramLayout;
import io.millrace.scheduler.Timing;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The int16 table stage alone: every code through several tables, and the cells it takes. */
class SegmentTableTest {
    private static final int MEMORY = 5;
    private static final int SEGMENTS = 1024;
    private static final int CODES = 1 << 16;
    private static final ProgramBus.Shape BUS = new ProgramBus.Shape(3, 12, 32);

    @TempDir
    private Path folder;

    /** One table: base and slope of each segment. */
    private record Table(int[] bases, int[] slopes) {
        /** Section 6 of docs/numbers.md, in floating point: exact, since everything stays below 2^53. */
        long code(int x) {
            double u = x + 32768.0;
            double k = Math.floor(u / 64);
            double rise = Math.floor((slopes[(int) k] * (u - 64 * k) + 32) / 64);
            return (long) Math.max(-32768, Math.min(32767, bases[(int) k] + rise));
        }
    }

    private static SegmentTable stage(int tables) {
        var machine = new Machine(
                "none",
                Precision.INT16,
                List.of(),
                List.of(),
                List.of(),
                new Machine.Limits(32, 8, 8, 8, 8, 8),
                Machine.Control.LOADED);
        return new SegmentTable(tables, MEMORY, ProgramLayout.of(machine), BUS);
    }

    /** A smooth function; and anything at all, every other segment from an extreme base with an extreme slope of either sign. */
    private static List<Table> tables() {
        var random = new Random(1_024);
        var smooth = new Table(new int[SEGMENTS], new int[SEGMENTS]);
        var any = new Table(new int[SEGMENTS], new int[SEGMENTS]);
        for (int k = 0; k < SEGMENTS; k++) {
            smooth.bases[k] = (int) Math.round(32767 * Math.tanh((k - 512) / 100.0));
            smooth.slopes[k] = (int) Math.round(32767 * Math.tanh((k - 511) / 100.0)) - smooth.bases[k];
            boolean extreme = k % 2 == 0;
            any.bases[k] = extreme ? ((k & 2) == 0 ? -32768 + k % 5 : 32767 - k % 5) : (short) random.nextInt();
            any.slopes[k] = extreme ? ((k & 4) == 0 ? -32768 + k % 3 : 32767 - k % 3) : (short) random.nextInt();
        }
        return List.of(smooth, any);
    }

    @Test
    void everyCodeOfEveryTable() throws Exception {
        Tool.require("verilator");
        Tool.require("g++");
        var tables = tables();
        var design = new Verilated.Builder(folder).compile(() -> stage(tables.size()), "-Wno-UNUSEDSIGNAL");
        int cycles = 0;
        for (int t = 0; t < tables.size(); t++) {
            for (int k = 0; k < SEGMENTS; k++) {
                long word = tables.get(t).bases[k] & 0xffff | (long) (tables.get(t).slopes[k] & 0xffff) << 16;
                cycle(design, load(MEMORY, t * SEGMENTS + k, word));
                // Another memory's words are nothing to this one.
                cycle(design, load(MEMORY - 1, t * SEGMENTS + k, ~word & 0xffff_ffffL));
                cycles += 2;
            }
        }
        var expected = new ArrayList<Long>();
        var random = new Random(7);
        for (int x = -32768; x <= 32767; x++) {
            for (int t = 0; t <= tables.size(); t++) {
                // Neighbours in the pipeline differ in table and code, and codes without a table come in between.
                boolean enabled = t < tables.size();
                int number = enabled ? t : random.nextInt(tables.size());
                cycle(design, Map.of("enable", enabled ? 1L : 0L, "table_number", (long) number, "code", x & 0xffffL));
                expected.add((enabled ? tables.get(t).code(x) : x) & 0xffff);
            }
        }
        int latency = Timing.tableLatency(Precision.INT16);
        for (int i = 0; i < latency; i++) {
            cycle(design, Map.of());
        }
        var seen = design.run();
        int ways = tables.size() + 1;
        assertEquals(ways * CODES, expected.size());
        for (int i = 0; i < expected.size(); i++) {
            int code = i / ways - 32768;
            int table = i % ways;
            assertEquals(
                    expected.get(i),
                    seen.get(2 * (cycles + i + latency)).get("result"),
                    () -> "code " + code + " of table " + table);
        }
    }

    private static Map<String, Long> load(int memory, int address, long word) {
        return Map.of(
                "program_write",
                1L,
                "program_memory",
                (long) memory,
                "program_address",
                (long) address,
                "program_data",
                word);
    }

    /** One clock cycle: the inputs change while the clock is low. Outputs are looked at before the rising edge. */
    private static void cycle(Verilated design, Map<String, Long> inputs) {
        var values = new HashMap<>(inputs);
        values.put("clk", 0L);
        design.step(values);
        values.put("clk", 1L);
        design.step(values);
    }

    /** Block RAM and plain cells, no DSP. */
    @ParameterizedTest
    @CsvSource({"synth_xilinx -family xc6v -noiopad, RAMB36E1, 2", "synth_ice40 -dsp, SB_RAM40_4K, 16"})
    void itsMemoryIsBlocksAndItsProductCells(String command, String block, int blocks) throws Exception {
        Tool.require("yosys");
        var report = Rtl.generate(folder, RtlOptions.defaults(), () -> stage(2));
        var files = report.files().stream()
                .map(f -> String.valueOf(f.getFileName()))
                .toList();
        String script = "read_verilog " + String.join(" ", files) + "; " + command + " -flatten -top "
                + report.topName() + "; check -assert; stat";
        String printed = Tool.run(folder, List.of("yosys", "-p", script));
        String cells = printed.substring(printed.lastIndexOf("Number of cells:"));
        assertTrue(
                Pattern.compile(block + " +" + blocks + "$", Pattern.MULTILINE)
                        .matcher(cells)
                        .find(),
                cells);
        assertTrue(!cells.contains("DSP") && !cells.contains("SB_MAC16"), cells);
    }
}
