package io.millrace.hdl.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GenerationTest {
    @TempDir
    private Path folder;

    private static Map<String, String> contents(RtlReport report) throws IOException {
        Map<String, String> contents = new TreeMap<>();
        for (Path file : report.files()) {
            contents.put(String.valueOf(file.getFileName()), Files.readString(file));
        }
        return contents;
    }

    @Test
    void theSameDesignGivesTheSameBytesOnManyThreads() throws Exception {
        Map<String, String> expected =
                contents(Rtl.generate(folder.resolve("first"), RtlOptions.defaults(), Designs.Everything::new));
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<Map<String, String>>> runs = new ArrayList<>();
            List<Future<?>> failures = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                Path target = folder.resolve("run" + i);
                if (i % 4 == 3) {
                    failures.add(threads.submit(() -> Rtl.generate(target, RtlOptions.defaults(), Undriven::new)));
                } else {
                    runs.add(threads.submit(
                            () -> contents(Rtl.generate(target, RtlOptions.defaults(), Designs.Everything::new))));
                }
            }
            for (Future<Map<String, String>> run : runs) {
                assertEquals(expected, run.get());
            }
            for (Future<?> failure : failures) {
                ExecutionException failed = assertThrows(ExecutionException.class, failure::get);
                assertInstanceOf(RtlException.class, failed.getCause());
            }
        }
        assertEquals(List.of("everything.v", "fifo.v", "mac.v"), List.copyOf(expected.keySet()));
    }

    private static final class Undriven extends Hardware {
        Undriven() {
            super("undriven");
            out("y", Type.bit());
        }
    }

    /** A read-only table; its contents are part of the module's text. */
    private static final class Table extends Hardware {
        final UInt address = in("address", Type.uint(2));
        final Bits word;

        Table(long first) {
            super("lookup");
            Ram rom = ram("rom", 4, 8).init(List.of(BigInteger.valueOf(first)));
            word = out("word", rom.read(address, Bit.of(true)));
        }
    }

    private static final class Tables extends Hardware {
        Tables() {
            super("tables");
            UInt address = in("address", Type.uint(2));
            for (int i = 0; i < 3; i++) {
                long first = i / 2;
                Table table = inst("table_" + i, () -> new Table(first));
                table.address.set(address);
                out("word_" + i, table.word);
            }
        }
    }

    @Test
    void equalModulesAreWrittenOnceAndDifferentOnesAreNumbered() throws IOException {
        RtlReport report = Rtl.generate(folder, RtlOptions.defaults(), Tables::new);
        assertEquals("tables", report.topName());
        Map<String, String> contents = contents(report);
        assertEquals(3, contents.size(), contents::toString);
        String top = Files.readString(folder.resolve("tables.v"));
        assertEquals(
                3,
                top.lines()
                        .filter(line -> line.matches("  lookup\\w* table_\\d \\("))
                        .count(),
                top);
    }

    private static final class Nested extends Hardware {
        Nested() {
            super("nested");
            Designs.SharedAdders adders = instShared("adders", () -> new Designs.SharedAdders(8));
            adders.a.set(in("a", Type.uint(8)));
            adders.b.set(in("b", Type.uint(8)));
            adders.c.set(in("c", Type.uint(8)));
            out("sum", adders.sum);
        }
    }

    @Test
    void sharedModulesAreDescribedOnceAndUsedByName() throws IOException {
        RtlReport report = Rtl.generate(folder, RtlOptions.defaults(), () -> new Designs.SharedAdders(8));
        assertEquals("adders_8", report.topName());
        assertEquals(
                List.of("adder_8.v", "adders_8.v"), List.copyOf(contents(report).keySet()));
        String top = Files.readString(folder.resolve("adders_8.v"));
        assertEquals(
                2, top.lines().filter(line -> line.startsWith("  adder_8 ")).count(), top);
        assertTrue(top.contains(".clk "), top);
    }

    @Test
    void aSharedModuleMayHaveSharedOnes() throws IOException {
        RtlReport report = Rtl.generate(folder, RtlOptions.defaults(), Nested::new);
        assertEquals(
                List.of("adder_8.v", "adders_8.v", "nested.v"),
                List.copyOf(contents(report).keySet()));
    }

    @Test
    void memoryContentsMayGoToFiles() throws IOException {
        RtlReport report = Rtl.generate(folder, RtlOptions.defaults().withRomFiles(), () -> new Table(5));
        assertEquals(1, report.memoryFiles().size());
        Path contents = report.memoryFiles().getFirst();
        assertEquals("00000101\n00000000\n00000000\n00000000\n", Files.readString(contents));
        String verilog = Files.readString(folder.resolve("lookup.v"));
        assertTrue(verilog.contains("$readmemb(\"" + contents.getFileName() + "\",rom)"), verilog);
    }

    @Test
    void aDescriptionThatDoesNotEndIsGivenUp() {
        RtlOptions hasty = RtlOptions.defaults().withTimeLimit(Duration.ofSeconds(1));
        RtlException refused = assertThrows(RtlException.class, () -> Rtl.generate(folder, hasty, Endless::new));
        assertEquals("generation took longer than 1 s", refused.getMessage());
    }

    private static final class Endless extends Hardware {
        Endless() {
            super("endless");
            try {
                Thread.sleep(Duration.ofSeconds(30));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
