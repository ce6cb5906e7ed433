package io.millrace.hdl.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
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

    /** A multiplier, a queue and a read-only memory. */
    private static final class Mixture extends Hardware {
        Mixture() {
            super("mixture");
            Designs.Mac mac = inst("mac_0", Designs.Mac::new);
            mac.clear.set(in("clear", Type.bit()));
            mac.enable.set(in("enable", Type.bit()));
            mac.a.set(in("a", Type.sint(8)));
            mac.b.set(in("b", Type.sint(8)));
            out("acc", mac.acc);
            Designs.Fifo fifo = inst("fifo_0", () -> new Designs.Fifo(512, 32));
            fifo.pushValid.set(in("push_valid", Type.bit()));
            fifo.pushData.set(in("push_data", Type.bits(32)));
            fifo.popReady.set(in("pop_ready", Type.bit()));
            out("push_ready", fifo.pushReady);
            out("pop_valid", fifo.popValid);
            out("pop_data", fifo.popData);
            Ram rom = ram("rom", 1000, 36)
                    .init(IntStream.range(0, 1000)
                            .mapToObj(i -> BigInteger.valueOf(i * 7_654_321L))
                            .toList());
            out("from_rom", rom.read(in("address", Type.uint(10)), Bit.of(true)));
        }
    }

    @Test
    void multiplierAndMemoriesTakeBlocksOnVirtex6() throws Exception {
        Map<String, Integer> cells = cells("synth_xilinx -family xc6v -noiopad", Mixture::new);
        assertEquals(1, cells.get("DSP48E1"), cells::toString);
        assertEquals(1, cells.get("RAMB18E1"), cells::toString);
        assertEquals(1, cells.get("RAMB36E1"), cells::toString);
    }

    /** Single port and dual port on the chip that has a kind of memory for each. */
    private static final class IceMemories extends Hardware {
        IceMemories() {
            super("ice_memories");
            Ram single = ram("single", 16384, 16);
            out(
                    "from_single",
                    single.readWrite(
                            in("address", Type.uint(14)),
                            in("data", Type.bits(16)),
                            in("enable", Type.bit()),
                            in("write", Type.bit())));
            Ram dual = ram("dual", 512, 32);
            dual.write(in("write_address", Type.uint(9)), in("dual_data", Type.bits(32)), in("dual_write", Type.bit()));
            out("from_dual", dual.read(in("read_address", Type.uint(9)), in("dual_read", Type.bit())));
        }
    }

    @Test
    void memoriesTakeTheirBlocksOnIce40() throws Exception {
        Map<String, Integer> cells = cells("synth_ice40 -spram", IceMemories::new);
        assertEquals(1, cells.get("SB_SPRAM256KA"), cells::toString);
        assertEquals(4, cells.get("SB_RAM40_4K"), cells::toString);
    }
}
