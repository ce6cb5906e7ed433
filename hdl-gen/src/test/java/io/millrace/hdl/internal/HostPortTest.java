package io.millrace.hdl.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.hdl.HostPortOptions;
import io.millrace.hdl.bridge.Rtl;
import io.millrace.hdl.bridge.RtlOptions;
import io.millrace.scheduler.Identity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The host port alone: lint-clean in every size, and as small as it is said to be. */
class HostPortTest {
    private static final Pattern CELL = Pattern.compile("^ {5}(\\w+) +(\\d+)$", Pattern.MULTILINE);

    @TempDir
    private Path folder;

    private List<String> generate(HostPortOptions options, int inBytes, int outBytes, int outputs) {
        var format = new PacketFormat(
                Identity.ofContent(new byte[] {1}),
                options.dataBytesMax(),
                options.receiveSlots(),
                options.sendSlots(),
                options.frames(),
                options.clockKhz(),
                inBytes,
                outBytes,
                1,
                outputs,
                options.packets());
        var report = Rtl.generate(folder, RtlOptions.defaults(), () -> new HostPort(format));
        return report.files().stream().map(f -> String.valueOf(f.getFileName())).toList();
    }

    @ParameterizedTest
    @CsvSource({
        "1024, 4, 4, 4, 4, 1, false",
        "128, 2, 2, 1, 1, 1, false",
        "64, 1, 1, 2, 2, 2, false",
        "1020, 32, 32, 12, 5, 3, false",
        "96, 8, 1, 3, 96, 5, false",
        "64, 1, 16, 64, 1, 1, false",
        "1024, 16, 16, 4, 4, 1, true",
        "64, 1, 1, 2, 2, 2, true"
    })
    void lintFindsNothing(
            int data, int receiveSlots, int sendSlots, int inBytes, int outBytes, int outputs, boolean packets)
            throws Exception {
        needs("verilator");
        var files = generate(
                new HostPortOptions(data, receiveSlots, sendSlots, 8, 100_000, false, packets),
                inBytes,
                outBytes,
                outputs);
        // Descriptors and sums travel whole: unused bits are waived in every file of a design, too.
        var command = new ArrayList<>(
                List.of("verilator", "--lint-only", "-Wall", "-Wno-UNUSEDSIGNAL", "--top-module", "host_port"));
        command.addAll(files);
        assertEquals("", run(command));
    }

    @Test
    void takesFewLutsAndItsMemoriesAreBlocksOnVirtex6() throws Exception {
        needs("yosys");
        var cells = cells("synth_xilinx -family xc6v -noiopad -flatten", generate(HostPortOptions.WIDE, 4, 4, 1));
        int luts = sum(cells, "LUT");
        assertTrue(luts > 300 && luts < 2_000, cells::toString);
        assertEquals(2, sum(cells, "RAMB36"), cells::toString);
    }

    private static int sum(Map<String, Integer> cells, String prefix) {
        return cells.entrySet().stream()
                .filter(e -> e.getKey().startsWith(prefix))
                .mapToInt(Map.Entry::getValue)
                .sum();
    }

    private Map<String, Integer> cells(String command, List<String> files) throws IOException, InterruptedException {
        String script = "read_verilog " + String.join(" ", files) + "; " + command + " -top host_port; stat";
        String printed = run(List.of("yosys", "-p", script));
        var cell = CELL.matcher(printed.substring(printed.lastIndexOf("Number of cells:")));
        Map<String, Integer> counts = new TreeMap<>();
        while (cell.find()) {
            counts.put(cell.group(1), Integer.valueOf(cell.group(2)));
        }
        return counts;
    }

    private static void needs(String program) {
        boolean found =
                Stream.of(System.getenv("PATH").split(":")).anyMatch(bin -> Files.isExecutable(Path.of(bin, program)));
        if ("true".equals(System.getenv("CI"))) {
            assertTrue(found, program + " is not installed");
        }
        assumeTrue(found, program + " is not installed");
    }

    private String run(List<String> command) throws IOException, InterruptedException {
        Path log = folder.resolve("tool.log");
        var process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        int exit = process.waitFor();
        String printed = Files.readString(log);
        assertEquals(0, exit, printed);
        return printed;
    }
}
