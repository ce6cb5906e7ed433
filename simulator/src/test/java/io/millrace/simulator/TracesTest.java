package io.millrace.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Both traces are read back and held against the run, and the counters against the clocked machine. */
class TracesTest {
    private static final int FRAMES = 6;

    @Test
    void theChromeTraceHoldsEveryFiring() throws IOException {
        for (long seed = 3000; seed < 3010; seed++) {
            var result = Simulator.run(Machines.random(seed), SimulationOptions.timing(FRAMES));
            var text = new StringBuilder();
            ChromeTrace.write(result, Long.MAX_VALUE, text);
            var root = JsonMapper.builder().build().readTree(text.toString());
            var seen = new ArrayList<FiringRecord>();
            var counters = new ArrayList<String>();
            int tracks = 0;
            for (JsonNode e : root.get("traceEvents")) {
                switch (e.get("ph").asString()) {
                    case "X" -> seen.add(firing(result, e));
                    case "C" -> counters.add(e.get("name").asString());
                    default -> tracks += e.get("name").asString().equals("thread_name") ? 1 : 0;
                }
            }
            assertEquals(result.schedule().machine().units().size(), tracks);
            var expected = new ArrayList<FiringRecord>();
            for (var unit : result.schedule().machine().units()) {
                result.firings(unit.id()).forEach(expected::add);
            }
            assertEquals(expected, seen);
            for (var edge : result.schedule().edges()) {
                assertTrue(counters.contains(TokenCounterVcd.name(result.schedule(), edge.id())));
            }
        }
    }

    private static FiringRecord firing(SimulationResult result, JsonNode e) {
        var actor = result.schedule().actors().stream()
                .filter(a -> a.name().equals(e.get("name").asString())
                        && a.unit() == e.get("tid").asInt())
                .findFirst()
                .orElseThrow();
        var args = e.get("args");
        long start = e.get("ts").asLong();
        return new FiringRecord(
                actor.unit(),
                actor.id(),
                args.get("frame").asInt(),
                args.get("firing").asInt(),
                start,
                start + e.get("dur").asLong() - 1,
                args.get("commit").asLong());
    }

    @Test
    void theDumpHoldsTheCountersOfEveryCycle() throws IOException {
        for (long seed = 3000; seed < 3010; seed++) {
            var schedule = Machines.random(seed);
            var link = LinkTrace.seeded(seed, 20, 6, 6);
            var result =
                    Simulator.run(schedule, SimulationOptions.timing(FRAMES).withLink(link));
            var text = new StringBuilder();
            TokenCounterVcd.write(result, Long.MAX_VALUE, text);
            var dump = parse(text.toString());

            var clocked = new ClockedMachine(schedule, link);
            clocked.watchCounters();
            clocked.run(FRAMES, result.endCycle() + 1);
            for (var edge : schedule.edges()) {
                String name = TokenCounterVcd.name(schedule, edge.id());
                var available = Objects.requireNonNull(dump.get(name + "_available"), name);
                var occupied = Objects.requireNonNull(dump.get(name + "_occupied"), name);
                for (int c = 0; c <= result.endCycle(); c++) {
                    long[] at = clocked.counters.get(c);
                    assertEquals(at[2 * edge.id()], value(available, c), seed + " " + name + " available in " + c);
                    assertEquals(at[2 * edge.id() + 1], value(occupied, c), seed + " " + name + " occupied in " + c);
                }
            }
        }
    }

    private static int value(NavigableMap<Long, Integer> changes, long cycle) {
        return changes.floorEntry(cycle).getValue();
    }

    /** Values by variable name and time. */
    private static Map<String, NavigableMap<Long, Integer>> parse(String vcd) {
        var names = new HashMap<String, String>();
        var values = new HashMap<String, NavigableMap<Long, Integer>>();
        var declaration = Pattern.compile("\\$var reg 16 (\\S+) (\\w+) \\[15:0] \\$end");
        long now = -1;
        for (String line : vcd.lines().toList()) {
            var m = declaration.matcher(line);
            if (m.matches()) {
                assertEquals(null, names.put(m.group(1), m.group(2)), "a short name used twice");
                values.put(m.group(2), new TreeMap<>());
            } else if (line.startsWith("#")) {
                long next = Long.parseLong(line.substring(1));
                assertTrue(next > now, "time goes on");
                now = next;
            } else if (line.startsWith("b")) {
                int blank = line.indexOf(' ');
                var changes = Objects.requireNonNull(values.get(names.get(line.substring(blank + 1))), line);
                changes.put(now, Integer.parseInt(line.substring(1, blank), 2));
            }
        }
        return values;
    }

    @Test
    void aTraceEndsWhereItIsTold() throws IOException {
        var result = Simulator.run(TinySchedules.plain().schedule(), SimulationOptions.timing(4));
        var text = new StringBuilder();
        TokenCounterVcd.write(result, 9, text);
        assertEquals("""
                $comment one time unit is a clock cycle $end
                $timescale 1 ns $end
                $scope module tiny $end
                $var reg 16 ! edge0_image_to_conv_available [15:0] $end
                $var reg 16 " edge0_image_to_conv_occupied [15:0] $end
                $var reg 16 # edge1_conv_to_result_available [15:0] $end
                $var reg 16 $ edge1_conv_to_result_occupied [15:0] $end
                $upscope $end
                $enddefinitions $end
                #0
                $dumpvars
                b0 !
                b0 "
                b0 #
                b0 $
                $end
                #5
                b1 "
                #8
                b1 !
                #9
                b0 !
                b1 $
                #10
                """, text.toString());
    }
}
