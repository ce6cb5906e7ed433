package io.millrace.hdl.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Verilog, run by Verilator on random values, against models in Java. Compiling lints with all warnings on, none allowed. */
class SimulationTest {
    private static final int CYCLES = 20_000;

    private static Verilated.@Nullable Builder shared;

    private final Random random = new Random(20_261_124);
    private final Verilated.Builder builder = Objects.requireNonNull(shared);

    @BeforeAll
    static void compileLibrary(@TempDir Path folder) throws Exception {
        Tool.require("verilator");
        Tool.require("g++");
        shared = new Verilated.Builder(folder);
    }

    private static long bits(long value, int width) {
        return value & ((1L << width) - 1);
    }

    private static long value(Map<String, Long> values, String port) {
        return Objects.requireNonNull(values.get(port), port);
    }

    private static long flag(boolean value) {
        return value ? 1 : 0;
    }

    /** One clock cycle: the inputs change while the clock is low. Outputs are looked at before the rising edge. */
    private static void cycle(Verilated design, Map<String, Long> inputs) {
        Map<String, Long> low = new HashMap<>(inputs);
        low.put("clk", 0L);
        design.step(low);
        low.put("clk", 1L);
        design.step(low);
    }

    @Test
    void operators() throws Exception {
        Verilated design = builder.compile(Designs.Operators::new);
        List<Map<String, Long>> expected = new ArrayList<>();
        for (int i = 0; i < CYCLES; i++) {
            boolean corner = i % 8 == 0;
            long a = corner ? -128 : (byte) random.nextInt();
            long b = corner ? -32 + i / 8 % 2 : random.nextInt(64) - 32L;
            long u = random.nextInt(256);
            long v = random.nextInt(32);
            int n = random.nextInt(16);
            long s = random.nextInt(1 << 16);
            long c = random.nextInt(2);
            design.step(Map.of("a", bits(a, 8), "b", bits(b, 6), "u", u, "v", v, "n", (long) n, "s", s, "c", c));
            expected.add(OperatorModel.outputs(a, b, u, v, n, s, c));
        }
        List<Map<String, Long>> actual = design.run();
        for (int i = 0; i < CYCLES; i++) {
            assertEquals(expected.get(i), actual.get(i), "step " + i);
        }
    }

    @Test
    void sharedModules() throws Exception {
        Verilated design = builder.compile(() -> new Designs.SharedAdders(8));
        List<Long> sums = new ArrayList<>(List.of(0L, 0L));
        for (int i = 0; i < 200; i++) {
            long a = random.nextInt(256);
            long b = random.nextInt(256);
            long c = random.nextInt(256);
            cycle(design, Map.of("a", a, "b", b, "c", c));
            sums.add(a + b + c & 255);
        }
        List<Map<String, Long>> actual = design.run();
        for (int i = 2; i < 200; i++) {
            assertEquals(sums.get(i), value(actual.get(2 * i), "sum"), "cycle " + i);
        }
    }

    @Test
    void macAndFifo() throws Exception {
        Verilated design = builder.compile(Designs.Everything::new);
        List<Map<String, Long>> expected = new ArrayList<>();
        int accumulator = 0;
        ArrayDeque<Long> stored = new ArrayDeque<>();
        boolean loaded = false;
        long shown = 0;
        int fullCycles = 0;
        int popped = 0;
        for (int i = 0; i < CYCLES; i++) {
            boolean reset = i > 1000 && random.nextInt(1000) == 0;
            boolean clear = random.nextInt(8) == 0;
            boolean enable = random.nextBoolean();
            byte a = (byte) random.nextInt();
            byte b = (byte) random.nextInt();
            boolean filling = i / 100 % 2 == 0;
            boolean push = random.nextInt(4) < (filling ? 3 : 1);
            boolean pop = random.nextInt(4) < (filling ? 1 : 3);
            long data = random.nextInt(1 << 16);
            cycle(
                    design,
                    Map.of(
                            "reset", flag(reset),
                            "clear", flag(clear),
                            "enable", flag(enable),
                            "a", bits(a, 8),
                            "b", bits(b, 8),
                            "push_valid", flag(push),
                            "push_data", data,
                            "pop_ready", flag(pop)));
            boolean ready = stored.size() < 8;
            Map<String, Long> outputs = new HashMap<>();
            outputs.put("acc", bits(accumulator, 32));
            outputs.put("push_ready", flag(ready));
            outputs.put("pop_valid", flag(loaded));
            if (loaded) {
                outputs.put("pop_data", shown);
            }
            expected.add(outputs);
            accumulator = reset ? 0 : clear && enable ? a * b : clear ? 0 : enable ? accumulator + a * b : accumulator;
            fullCycles += ready ? 0 : 1;
            popped += loaded && pop ? 1 : 0;
            boolean fetch = !stored.isEmpty() && (!loaded || pop);
            if (reset) {
                stored.clear();
                loaded = false;
                continue;
            }
            if (fetch) {
                shown = stored.remove();
                loaded = true;
            } else if (pop) {
                loaded = false;
            }
            if (push && ready) {
                stored.add(data);
            }
        }
        assertTrue(fullCycles > 100 && popped > 1000, () -> "the run is too tame");
        List<Map<String, Long>> actual = design.run();
        for (int i = 0; i < CYCLES; i++) {
            Map<String, Long> before = new HashMap<>(actual.get(2 * i));
            before.keySet().retainAll(expected.get(i).keySet());
            assertEquals(expected.get(i), before, "cycle " + i);
        }
    }

    @Test
    void memories() throws Exception {
        Verilated design = builder.compile(Designs.Memories::new);
        long[] single = new long[256];
        long[] masked = new long[256];
        Map<String, Long> held = new HashMap<>(Map.of("from_rom", 0L, "from_single", 0L, "from_masked", 0L));
        boolean[] known = new boolean[2];
        List<Map<String, Long>> expected = new ArrayList<>();
        for (int i = 0; i < CYCLES; i++) {
            int address = i < 512 ? i / 2 : random.nextInt(200);
            boolean enable = i < 512 || random.nextInt(3) > 0;
            boolean write = i < 512 || random.nextBoolean();
            long data = random.nextInt(1 << 16);
            int mask = i < 512 ? 3 : random.nextInt(4);
            cycle(
                    design,
                    Map.of(
                            "address",
                            (long) address,
                            "enable",
                            flag(enable),
                            "write",
                            flag(write),
                            "data",
                            data,
                            "mask",
                            (long) mask));
            Map<String, Long> outputs = new HashMap<>();
            outputs.put("from_table", address / 16 == 0 ? 10L : address / 16 == 1 ? 2L : 0L);
            if (known[0]) {
                outputs.put("from_rom", held.get("from_rom"));
            }
            if (known[1]) {
                outputs.put("from_single", held.get("from_single"));
                outputs.put("from_masked", held.get("from_masked"));
            }
            expected.add(outputs);
            if (enable) {
                held.put("from_rom", address < 150 ? address * 37L % 4096 : 0L);
                known[0] = address < 200;
            }
            if (enable && write) {
                single[address] = data;
                long keep = (mask & 1) * 0xffL | (mask >> 1) * 0xff00L;
                masked[address] = (data & keep) | (masked[address] & ~keep);
            } else if (enable) {
                held.put("from_single", single[address]);
                held.put("from_masked", masked[address]);
                known[1] = true;
            }
        }
        List<Map<String, Long>> actual = design.run();
        for (int i = 0; i < CYCLES; i++) {
            Map<String, Long> before = new HashMap<>(actual.get(2 * i));
            before.keySet().retainAll(expected.get(i).keySet());
            assertEquals(expected.get(i), before, "cycle " + i);
        }
    }

    @Test
    void choicesAndConditionalRegisters() throws Exception {
        Verilated design = builder.compile(ChoicesAndConditional::new);
        List<Map<String, Long>> expected = new ArrayList<>();
        int count = 3;
        long before = 0;
        long held = 9;
        for (int i = 0; i < CYCLES; i++) {
            int choice = random.nextInt(8);
            byte x = (byte) random.nextInt();
            boolean condition = random.nextInt(3) == 0;
            long nibble = random.nextInt(16);
            cycle(design, Map.of("choice", (long) choice, "x", bits(x, 8), "c", flag(condition), "nibble", nibble));
            long picked = switch (choice) {
                case 0 -> x;
                case 1 -> 17;
                case 2 -> -x;
                case 3 -> -128;
                default -> x + 1;
            };
            expected.add(Map.of(
                    "chosen",
                    bits(choice == 0 ? x : choice == 5 ? -x : -1, 8),
                    "count_out",
                    (long) count,
                    "picked",
                    bits(picked, 8),
                    "y",
                    held));
            count = choice == 1 ? (count + 1) % 16 : choice == 2 ? 0 : count;
            held = condition ? (before + nibble) % 16 : held;
            before = nibble;
        }
        List<Map<String, Long>> actual = design.run();
        for (int i = 0; i < CYCLES; i++) {
            assertEquals(expected.get(i), actual.get(2 * i), "cycle " + i);
        }
    }

    private static final class ChoicesAndConditional extends Hardware {
        ChoicesAndConditional() {
            super("choices_and_conditional");
            Designs.Choices choices = inst("choices_0", Designs.Choices::new);
            choices.choice.set(in("choice", Type.uint(3)));
            choices.x.set(in("x", Type.sint(8)));
            out("chosen", choices.chosen);
            out("count_out", choices.count);
            out("picked", choices.picked);
            Designs.Conditional conditional = inst("conditional_0", Designs.Conditional::new);
            conditional.c.set(in("c", Type.bit()));
            conditional.x.set(in("nibble", Type.uint(4)));
            out("y", conditional.y);
        }
    }

    /** Two clocks of unrelated, wandering periods: nothing is lost, doubled or reordered, and the queue runs full and empty. */
    @Test
    void asyncFifo() throws Exception {
        Verilated design = builder.compile(Designs.TwoClocks::new);
        List<Map<String, Long>> inputs = new ArrayList<>();
        Map<String, Long> state = new HashMap<>();
        for (String name : List.of("source_clk", "sink_clk", "write_valid", "write_data", "read_ready", "flag")) {
            state.put(name, 0L);
        }
        for (int i = 0; i < 4 * CYCLES; i++) {
            boolean writingIsFaster = i / 4000 % 2 == 0;
            boolean source = random.nextInt(writingIsFaster ? 2 : 5) == 0;
            boolean sink = random.nextInt(writingIsFaster ? 5 : 2) == 0;
            if (source) {
                toggle(state, "source_clk", () -> {
                    state.put("write_valid", flag(random.nextInt(4) > 0));
                    state.put("write_data", (long) random.nextInt(256));
                });
            }
            if (sink) {
                toggle(state, "sink_clk", () -> state.put("read_ready", flag(random.nextInt(4) > 0)));
            }
            state.put("flag", flag(i > 2 * CYCLES));
            inputs.add(Map.copyOf(state));
            design.step(inputs.getLast());
        }
        List<Map<String, Long>> outputs = design.run();
        ArrayDeque<Long> sent = new ArrayDeque<>();
        int received = 0;
        int full = 0;
        int empty = 0;
        for (int i = 1; i < inputs.size(); i++) {
            Map<String, Long> before = outputs.get(i - 1);
            if (rises(inputs, i, "source_clk")) {
                full += value(before, "write_ready") == 0 ? 1 : 0;
                if (value(before, "write_ready") == 1 && value(inputs.get(i), "write_valid") == 1) {
                    sent.add(value(inputs.get(i), "write_data"));
                }
            }
            if (rises(inputs, i, "sink_clk")) {
                empty += value(before, "read_valid") == 0 ? 1 : 0;
                if (value(before, "read_valid") == 1 && value(inputs.get(i), "read_ready") == 1) {
                    assertEquals(sent.remove().longValue(), value(before, "read_data"), "step " + i);
                    received++;
                }
            }
        }
        assertTrue(received > 1000 && full > 100 && empty > 100, received + " " + full + " " + empty);
        assertTrue(sent.size() <= 9, () -> sent.size() + " words are stuck");
        assertEquals(0, value(outputs.get(2 * CYCLES), "flag_seen"));
        assertEquals(1, value(outputs.getLast(), "flag_seen"));
    }

    private static void toggle(Map<String, Long> state, String clock, Runnable whileLow) {
        state.put(clock, 1 - value(state, clock));
        if (value(state, clock) == 0) {
            whileLow.run();
        }
    }

    private static boolean rises(List<Map<String, Long>> inputs, int step, String clock) {
        return value(inputs.get(step - 1), clock) == 0 && value(inputs.get(step), clock) == 1;
    }
}
