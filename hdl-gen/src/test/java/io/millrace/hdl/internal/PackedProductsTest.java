package io.millrace.hdl.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.hdl.bridge.Rtl;
import io.millrace.hdl.bridge.RtlOptions;
import io.millrace.hdl.bridge.Tool;
import io.millrace.scheduler.Timing;
import io.millrace.scheduler.Unit;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two products a DSP: every weight pair with every activation, and the cells of an array. */
class PackedProductsTest {
    private static final int LANES = 4;

    @TempDir
    private Path folder;

    private static Unit.Matrix engine(int outputs, int lanes) {
        var drain = new Unit.Drain(1, 1, true, false, 0, false, 1, 0);
        return new Unit.Matrix(
                1,
                "packed",
                outputs,
                lanes,
                1,
                List.of(),
                Unit.PACKED_CHAIN_MAX,
                true,
                true,
                outputs * lanes,
                1,
                0,
                1,
                0,
                2,
                0,
                24,
                false,
                drain,
                new Unit.Capacity(1, 1, 1));
    }

    /**
     * Two channels of a cascade of four. All four lanes with the same pair of weights and the same activation, for all there are, so that sums reach
     * both ends; then as many with lanes of their own.
     */
    @Test
    void everyPairOfWeightsWithEveryActivation() throws Exception {
        Tool.require("verilator");
        Tool.require("g++");
        var m = engine(2, LANES);
        var report = Rtl.generate(folder, RtlOptions.defaults(), () -> new MacArray("array", m, 8));
        Files.writeString(folder.resolve("main.cpp"), harness(2 + Timing.sumLatency(m)));
        var command = new ArrayList<>(List.of(
                "verilator",
                "--cc",
                "--exe",
                "--build",
                "-Wno-fatal",
                "-O3",
                "-CFLAGS",
                "-O2",
                "--prefix",
                "Model",
                "--top-module",
                report.topName(),
                "main.cpp"));
        report.files().forEach(file -> command.add(String.valueOf(file.getFileName())));
        Tool.run(folder, command);
        assertEquals(
                "checked 33292800 wrong 0",
                Tool.run(folder, List.of("obj_dir/Model")).strip());
    }

    /** Multiplies in C++, by channel and lane. The second channel's weight is given as the program image has it. */
    private static String harness(int latency) {
        return """
                #include "Model.h"
                #include <cstdint>
                #include <cstdio>
                #include <random>
                static const int LATENCY = %d;
                static Model m;
                static int expected[2][64];
                static long cycle, checked, wrong;
                static int w[2][4];
                static void step(bool load, bool swap, const int *x) {
                  uint64_t words = 0;
                  for (int k = 0; k < 4; k++) {
                    words |= (uint64_t) (uint8_t) w[0][k] << 8 * k;
                    words |= (uint64_t) (uint8_t) (w[1][k] - (w[0][k] < 0)) << 8 * (4 + k);
                  }
                  m.weights = words;
                  m.load = load;
                  m.swap = swap;
                  uint32_t activations = 0;
                  for (int k = 0; k < 4; k++) activations |= (uint32_t) (uint8_t) x[k] << 8 * k;
                  m.activations = activations;
                  m.clk = 0;
                  m.eval();
                  if (cycle >= LATENCY) {
                    uint64_t sums = m.sums;
                    int bits = BITS;
                    for (int o = 0; o < 2; o++) {
                      long sum = (long) (sums << (64 - bits * (o + 1))) >> (64 - bits);
                      if (expected[o][(cycle - LATENCY) & 63] != 1 << 30) {
                        checked += o;
                        if (sum != expected[o][(cycle - LATENCY) & 63]) wrong++;
                      }
                    }
                  }
                  m.clk = 1;
                  m.eval();
                  cycle++;
                }
                static void pair(std::mt19937 *random, int w0, int w1) {
                  for (int k = 0; k < 4; k++) {
                    w[0][k] = random ? (int) ((*random)() %% 255) - 127 : w0;
                    w[1][k] = random ? (int) ((*random)() %% 255) - 127 : w1;
                  }
                  int none[4] = {0, 0, 0, 0};
                  expected[0][cycle & 63] = expected[1][cycle & 63] = 1 << 30;
                  step(true, false, none);
                  for (int i = -128; i < 128; i++) {
                    int x[4];
                    int sum[2] = {0, 0};
                    for (int k = 0; k < 4; k++) {
                      x[k] = random ? (int) ((*random)() & 255) - 128 : i;
                      for (int o = 0; o < 2; o++) sum[o] += w[o][k] * x[k];
                    }
                    for (int o = 0; o < 2; o++) expected[o][cycle & 63] = sum[o];
                    step(false, i == -128, x);
                  }
                }
                int main() {
                  std::mt19937 random(17);
                  for (int w0 = -127; w0 <= 127; w0++)
                    for (int w1 = -127; w1 <= 127; w1++) {
                      pair(nullptr, w0, w1);
                      pair(&random, 0, 0);
                    }
                  int none[4] = {0, 0, 0, 0};
                  for (int i = 0; i < 64; i++) {
                    expected[0][cycle & 63] = expected[1][cycle & 63] = 1 << 30;
                    step(false, false, none);
                  }
                  printf("checked %%ld wrong %%ld\\n", checked, wrong);
                }
                """.formatted(latency).replace("BITS", "18");
    }

    /** A DSP for two products, and adders: no product in LUTs. */
    @Test
    void aMultiplierForTwoProducts() throws Exception {
        Tool.require("yosys");
        var report = Rtl.generate(folder, RtlOptions.defaults(), () -> new MacArray("array", engine(6, 12), 8));
        var files = report.files().stream()
                .map(f -> String.valueOf(f.getFileName()))
                .toList();
        String script = "read_verilog " + String.join(" ", files)
                + "; synth_xilinx -family xc6v -noiopad -flatten -top " + report.topName()
                + "; check -assert; stat";
        String printed = Tool.run(folder, List.of("yosys", "-p", script));
        String cells = printed.substring(printed.lastIndexOf("Number of cells:"));
        assertTrue(
                Pattern.compile("DSP48E1 +36$", Pattern.MULTILINE)
                        .matcher(cells)
                        .find(),
                cells);
    }
}
