package io.millrace.scheduler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.CompileException;
import io.millrace.quantizer.Precision;
import java.util.ArrayList;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ScheduleTextTest {
    @Test
    void theTextReadsBackAsTheSameSchedule() {
        for (long seed = 0; seed < 100; seed++) {
            var schedule = RandomMachines.schedule(seed, 5);
            String text = ScheduleText.print(schedule);
            assertEquals(schedule, ScheduleText.parse("x.schedule", text, schedule.graph()), "seed " + seed);
        }
    }

    @Test
    void theTextOfASmallSchedule() {
        var graph = TestNets.oneConv(Precision.INT8, 1, 4, 2, TestNets.padded(3, 1));
        var schedule = Scheduler.schedule(
                graph,
                RandomMachines.TARGET,
                MachineOptions.oneEngine(2, 3, 1, 1, 3).withPacing(MachineOptions.Pacing.FRUGAL));
        String text = ScheduleText.print(schedule);
        String rest = text.substring(text.indexOf('\n') + 1);
        assertEquals("""
                target "test" VIRTEX6 clockMhz 200.0 dsp 768 bram36 416 ebr4k 0 spram256k 0 lut 150720 ff 301440 linkBytesPerSecond 0.0
                """, rest.substring(0, rest.indexOf('\n') + 1));
        assertTrue(text.contains("""
                        actor 0 "input" unit 0 node 0 rows 1 in [] out [0] receive 0
                        actor 1 "conv" unit 1 node 1 rows 1 in [0] out [1] multiply OUTPUTS_OUTER tiles 1 pixels 1 step 1 own no rows [0 1 2] offsets [0 0 0] inputs [0 0 0]
                        actor 2 "send_output" unit 2 node 1 rows 1 in [1] out [] send 0
                        """), text);
        assertTrue(text.contains("""
                        list 1 loop 0
                          fire 1 times 1 rows 1 need [2] free [0]
                          fire 1 times 2 rows 1 need [3] free [1]
                          fire 1 times 1 rows 1 need [2] free [2] ends
                        """), text);
    }

    @Test
    void brokenTextsAreRefusedWithTheirLine() {
        var schedule = RandomMachines.schedule(3, 4);
        String text = ScheduleText.print(schedule);
        var random = new SplittableRandom(1);
        int refused = 0;
        for (int n = 0; n < 500; n++) {
            var words = new ArrayList<>(java.util.List.of(text.split("(?<= )|(?<=\n)")));
            int at = random.nextInt(words.size());
            switch (random.nextInt(3)) {
                case 0 -> words.remove(at);
                case 1 -> words.set(at, "q ");
                default -> words.add(at, "7 ");
            }
            String broken = String.join("", words);
            try {
                var read = ScheduleText.parse("x.schedule", broken, schedule.graph());
                assertTrue(!read.equals(schedule) || squeezed(broken).equals(squeezed(text)), "mutation " + n);
            } catch (CompileException e) {
                assertEquals(3, e.exitCode());
                refused++;
            }
        }
        assertTrue(refused > 400, "only " + refused + " were refused");
    }

    private static String squeezed(String text) {
        return text.replaceAll("\\s+", "");
    }

    @Test
    void anotherGraphIsRefused() {
        var schedule = RandomMachines.schedule(3, 4);
        var other = TestNets.lenet5(Precision.INT8);
        var e = assertThrows(
                CompileException.class, () -> ScheduleText.parse("x.schedule", ScheduleText.print(schedule), other));
        assertEquals(
                "error[SCH-0402] x.schedule: is a schedule of another graph 'random-3' than the given 'lenet5'\n"
                        + "  try: write the schedule again with `millrace compile`",
                e.getMessage());
    }
}
