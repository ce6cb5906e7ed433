package io.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.boards.verify.Proof;
import io.millrace.boards.verilator.BuildProfile;
import io.millrace.boards.verilator.VerilatedCore;
import io.millrace.hdl.DesignGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The command {@code verify} on RTL with a planted fault: exit code 6, and the place of the first difference. */
class PlantedFaultTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @Test
    void wrongValuesAreNamedByLayerChannelRowAndValue() {
        verify("requantize_lane.*", Pattern.compile("(biased_3 <= .*?) \\+ "), "$1 - ");
        assertTrue(
                err().matches(
                                "(?s)error\\[CFG-0023\\].*RTL: layer '\\S+', frame 0, channel \\d+, row \\d+, column \\d+: "
                                        + "golden -?\\d+, hardware -?\\d+ \\(cycle \\d+\\).*"),
                this::err);
    }

    @Test
    @Tag("slow")
    void wrongTimesAreNamedByFiringAndCycle() {
        verify(
                "millrace_host_in\\.v",
                Pattern.compile("assign (\\S*)last_beat = \\((.*) == (.*)\\);"),
                "assign $1last_beat = ($2 != $3);");
        assertTrue(
                err().matches("(?s)error\\[CFG-0023\\].*(layer '\\S+'|unit '\\w+' firing \\d+).*cycle.*"), this::err);
    }

    private void verify(String file, Pattern right, String wrong) {
        Proof.Cores faulty = (schedule, folder) -> {
            var design = DesignGenerator.core(schedule, folder);
            int planted = 0;
            try {
                for (var path : design.files()) {
                    if (path.getFileName().toString().matches(file)) {
                        Matcher place = right.matcher(Files.readString(path));
                        if (place.find()) {
                            Files.writeString(path, place.replaceFirst(wrong));
                            planted++;
                        }
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            assertTrue(planted > 0, "no place for the fault");
            return VerilatedCore.build(design, BuildProfile.VERIFICATION);
        };
        var terminal = new Terminal(print(out), print(err), false, false);
        int exit = Millrace.run(List.of("verify", "lenet1", "--frames", "1", "--quiet"), terminal, faulty);
        assertEquals(6, exit, this::err);
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    private static PrintStream print(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }
}
