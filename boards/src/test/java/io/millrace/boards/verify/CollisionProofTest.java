package io.millrace.boards.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.boards.verilator.BuildProfile;
import io.millrace.boards.verilator.VerilatedCore;
import io.millrace.hdl.Design;
import io.millrace.hdl.DesignGenerator;
import io.millrace.quantizer.Precision;
import io.millrace.scheduler.Machine.Control;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Scheduler;
import io.millrace.simulator.LinkTrace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Memories are marked {@code no_rw_check}: what a word reads in the clock in which it is written is unspecified. With RTL in which it reads inverted,
 * nothing may change.
 */
class CollisionProofTest {
    private static final Pattern WRITE = Pattern.compile("if\\((\\w+)\\) begin\\s+(\\w+)\\[(\\w+)] <= ");
    private static final Pattern READ = Pattern.compile("(\\w+) <= (\\w+)\\[(\\w+)];");

    private record Port(String enable, String address) {}

    @TempDir
    Path folder;

    @Test
    void noWordIsUsedThatIsWrittenAsItIsRead() {
        var cases = new ArrayList<ProofCase>();
        for (Control control : Control.values()) {
            for (long seed = 21_000; seed < 21_003; seed++) {
                var graph = ProofNets.random(seed, Precision.INT8);
                var options = MachineOptions.oneEngine(3, 4, 1, 2, 6)
                        .withHost(2, 3)
                        .withRows((int) (seed % 3) + 1)
                        .withControl(control);
                var schedule = Scheduler.schedule(graph, ProofNets.TARGET, options);
                cases.add(new ProofCase(
                        control + " " + seed, schedule, ProofNets.randomFrames(graph, 3, seed), LinkTrace.NONE));
            }
        }
        var result = Proof.run(cases, this::withCollisions, folder, _ -> {});
        for (var one : result.cases()) {
            assertTrue(one.passed(), one::toString);
        }
        assertEquals(0, result.mismatchedValues());
    }

    private VerilatedCore withCollisions(Schedule schedule, Path place) {
        try {
            return VerilatedCore.build(
                    inverted(DesignGenerator.core(schedule, place), place.resolve("collisions")),
                    BuildProfile.VERIFICATION);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Design inverted(Design design, Path place) throws IOException {
        Files.createDirectories(place);
        var files = new ArrayList<Path>();
        int changed = 0;
        for (Path file : design.files()) {
            String text = Files.readString(file);
            var writes = new HashMap<String, Port>();
            WRITE.matcher(text).results().forEach(m -> writes.put(m.group(2), new Port(m.group(1), m.group(3))));
            var out = new StringBuilder();
            var read = READ.matcher(text);
            while (read.find()) {
                Port write = writes.get(read.group(2));
                if (write == null) {
                    continue;
                }
                String word = read.group(2) + "[" + read.group(3) + "]";
                read.appendReplacement(
                        out,
                        read.group(1) + " <= (" + write.enable + " && " + write.address + " == " + read.group(3)
                                + ") ? ~" + word + " : " + word + ";");
                changed++;
            }
            read.appendTail(out);
            files.add(Files.writeString(place.resolve(String.valueOf(file.getFileName())), out));
        }
        assertTrue(changed > 4, "read ports changed: " + changed);
        return new Design(design.machine(), design.id(), design.top(), List.copyOf(files));
    }
}
