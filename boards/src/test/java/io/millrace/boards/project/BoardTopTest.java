package io.millrace.boards.project;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.boards.Boards;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A whole top on models of the vendor's cells, with a memory controller held in reset until it is calibrated: a host says HELLO over the UART's pin, bit by bit at its own exact rate, and reads INFO. */
@Timeout(180)
class BoardTopTest {
    private static final String HELLO = "a55a01000400fbff78563412000000000100000063" + "5ffc7a";
    private static final int INFO_BYTES = 68;
    private static final int CLOCK_KHZ_AT = 16 + 44;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({
        "ml605, clock_p, reset, 0, false",
        "ml605, clock_p, reset, 0, true",
        "arty-a7-100, clock, reset_n, 1, false",
        "vc709, clock_p, '', 0, false"
    })
    void aHostIsAnswered(String name, String clock, String reset, int released, boolean streamed) throws Exception {
        var board = Boards.byName(name);
        Path project = folder.resolve("project");
        var written =
                XilinxProject.write(streamed ? SmallDesign.streamed(board) : SmallDesign.of(board), board, project);
        String answer = new TopSimulation(folder)
                .run(project, harness(clock, reset, released, written.clockMhz() * 1e6 / written.baud()));
        byte[] info = HexFormat.of().parseHex(answer.strip());
        assertEquals(INFO_BYTES, info.length, answer);
        assertTrue(answer.startsWith("a55a02003000cfff78563412"), answer);
        int khz = 0;
        for (int i = 3; i >= 0; i--) {
            khz = khz << 8 | info[CLOCK_KHZ_AT + i] & 0xff;
        }
        assertEquals(Math.round(written.clockMhz() * 1000), khz);
    }

    /** The host: its bits are as long as it takes them to be, in clocks with a fraction. */
    private static String harness(String clock, String reset, int released, double clocksPerBit) {
        return """
                #include "Vmillrace_top.h"
                #include "verilated.h"
                #include <cstdio>
                #include <string>
                #include <vector>
                double sc_time_stamp() { return 0; }
                int main() {
                    Vmillrace_top top;
                    top.uart_rx = 1;
                    @RESET@
                    std::vector<unsigned> hello;
                    const std::string hex = "@HELLO@";
                    for (size_t i = 0; i < hex.size(); i += 2) hello.push_back(std::stoul(hex.substr(i, 2), nullptr, 16));
                    std::vector<unsigned> bits;
                    for (unsigned byte : hello) {
                        bits.push_back(0);
                        for (int b = 0; b < 8; b++) bits.push_back(byte >> b & 1);
                        bits.push_back(1);
                    }
                    const double bit = @BIT@, start = 1000;
                    std::string answer;
                    double sample = -1;
                    int at = 0;
                    unsigned byte = 0;
                    for (long clock = 0; clock < 2000000 && answer.size() < 2 * @BYTES@; clock++) {
                        long index = clock < start ? -1 : static_cast<long>((clock - start) / bit);
                        top.uart_rx = index < 0 || index >= static_cast<long>(bits.size()) ? 1 : bits[index];
                        top.@CLOCK@ = 1; top.eval();
                        top.@CLOCK@ = 0; top.eval();
                        if (sample < 0) {
                            if (!top.uart_tx) { sample = clock + 1.5 * bit; at = 0; byte = 0; }
                        } else if (clock >= sample) {
                            if (at < 8) { byte |= top.uart_tx << at++; sample += bit; }
                            else {
                                if (!top.uart_tx) { printf("no stop bit\\n"); return 1; }
                                char text[3];
                                snprintf(text, sizeof text, "%02x", byte);
                                answer += text;
                                sample = -1;
                            }
                        }
                    }
                    printf("%s\\n", answer.c_str());
                    return 0;
                }
                """.replace("@RESET@", reset.isEmpty() ? "" : "top." + reset + " = " + released + ";")
                .replace("@HELLO@", HELLO)
                .replace("@BIT@", String.valueOf(clocksPerBit))
                .replace("@BYTES@", String.valueOf(INFO_BYTES))
                .replace("@CLOCK@", clock);
    }
}
