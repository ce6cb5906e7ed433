package io.millrace.boards.project;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.boards.Boards;
import io.millrace.boards.LinkKind;
import io.millrace.hdl.EthernetOptions;
import io.millrace.hdl.EthernetOptions.Wires;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A whole top on models of the vendor's cells: a HELLO in a frame at the PHY's pins is answered by INFO in one at the others. */
@Timeout(180)
class EthernetTopTest {
    private static final String HELLO = "a55a01000400fbff78563412000000000100000063" + "5ffc7a";
    private static final String HOST_MAC = "020000000017";
    private static final String HOST_PLACE = "c0a801149c40";
    private static final int HEADERS = 42;
    private static final int INFO_BYTES = 68;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({
        "ml605, GMII, clock_p, reset, 0",
        "kc705, GMII, clock_p, reset, 0",
        "arty-a7-100, MII, clock, reset_n, 1"
    })
    void aHostIsAnswered(String name, Wires wires, String clock, String reset, int released) throws Exception {
        var board = Boards.byName(name);
        Path project = folder.resolve("project");
        var written = XilinxProject.write(SmallDesign.of(board), board, LinkKind.ETHERNET, project);
        assertEquals(0, written.baud());
        String harness = harness(wires, clock, reset, released);
        String frame = new TopSimulation(folder).run(project, harness).strip();
        assertTrue(frame.startsWith("55555555555555d5" + HOST_MAC + mac(wires)), frame);
        byte[] bytes = HexFormat.of().parseHex(frame);
        assertEquals(8 + HEADERS + INFO_BYTES + 4, bytes.length, frame);
        String packet = frame.substring(2 * (8 + HEADERS));
        assertTrue(packet.startsWith("a55a02003000cfff78563412"), packet);
        assertEquals(
                Math.round(written.clockMhz() * 1000),
                Integer.reverseBytes(ByteBuffer.wrap(bytes).getInt(8 + HEADERS + 16 + 44)));
        assertEquals(HOST_PLACE.substring(0, 8), frame.substring(2 * (8 + 30), 2 * (8 + 34)));
    }

    private static String mac(Wires wires) {
        return "%012x".formatted(EthernetOptions.defaults(wires).macAddress());
    }

    /** By the letter of RFC 791 and RFC 768, with preamble and check sequence. */
    private static byte[] frame(Wires wires) {
        var options = EthernetOptions.defaults(wires);
        int data = HELLO.length() / 2;
        String ip = "4500%04x000140004011".formatted(28 + data)
                + "0000"
                + HOST_PLACE.substring(0, 8)
                + "%08x".formatted(options.address());
        int sum = 0;
        for (int i = 0; i < 40; i += 4) {
            sum += Integer.parseInt(ip.substring(i, i + 4), 16);
        }
        sum = ~((sum & 0xffff) + (sum >>> 16)) & 0xffff;
        String text = mac(wires) + HOST_MAC + "0800" + ip.substring(0, 20) + "%04x".formatted(sum) + ip.substring(24)
                + HOST_PLACE.substring(8) + "%04x%04x0000".formatted(options.port(), 8 + data) + HELLO;
        byte[] body = HexFormat.of().parseHex(text);
        var crc = new CRC32();
        crc.update(body);
        var out = new ByteArrayOutputStream();
        out.writeBytes(HexFormat.of().parseHex("55555555555555d5"));
        out.writeBytes(body);
        out.writeBytes(HexFormat.of().parseHex("%08x".formatted(Integer.reverseBytes((int) crc.getValue()))));
        return out.toByteArray();
    }

    /** The PHY: its receive clock is slower than the board's, and on MII its transmit clock is another one. */
    private static String harness(Wires wires, String clock, String reset, int released) {
        return """
                #include "Vmillrace_top.h"
                #include "verilated.h"
                #include <cstdio>
                #include <string>
                #include <vector>
                double sc_time_stamp() { return 0; }
                int main() {
                    Vmillrace_top top;
                    top.@RESET@ = @RELEASED@;
                    const std::string hex = "@FRAME@";
                    std::vector<unsigned> pieces;
                    for (size_t i = 0; i < hex.size(); i += 2) {
                        const unsigned byte = std::stoul(hex.substr(i, 2), nullptr, 16);
                        if (@HALVES@) { pieces.push_back(byte & 15); pieces.push_back(byte >> 4); }
                        else pieces.push_back(byte);
                    }
                    std::vector<unsigned> sent;
                    size_t at = 0;
                    bool ended = false;
                    // The PHY's clocks have not begun when the board's does.
                    for (long t = 0; t < 400000 && !ended; t++) {
                        top.@CLOCK@ = t & 1;
                        const long phy = t < 600 ? 0 : t;
                        const bool rxFalls = top.eth_rx_clk && phy % 5 == 0;
                        if (phy % 5 == 0) top.eth_rx_clk = phy % 10 == 0;
                        if (rxFalls && t > 30000) {
                            top.eth_rx_dv = at < pieces.size();
                            top.eth_rxd = at < pieces.size() ? pieces[at++] : 0;
                        }
                        @TX@
                        top.eval();
                        @GTX@
                        if (samples) {
                            if (top.eth_tx_en) sent.push_back(top.eth_txd);
                            else ended = !sent.empty();
                        }
                    }
                    for (size_t i = 0; i < sent.size(); i += @HALVES@ ? 2 : 1)
                        printf("%02x", @HALVES@ ? sent[i] | sent[i + 1] << 4 : sent[i]);
                    printf("\\n");
                    return 0;
                }
                """.replace("@RESET@", reset)
                .replace("@RELEASED@", Integer.toString(released))
                .replace("@FRAME@", HexFormat.of().formatHex(frame(wires)))
                .replace("@HALVES@", wires == Wires.MII ? "true" : "false")
                .replace("@CLOCK@", clock)
                // On GMII the board's own clock says when its data are to be read.
                .replace(
                        "@TX@",
                        wires == Wires.MII
                                ? "const bool samples = top.eth_tx_clk && phy % 7 == 0; if (phy % 7 == 0) top.eth_tx_clk = phy % 14 == 0;"
                                : "const bool low = !top.eth_gtx_clk;")
                .replace("@GTX@", wires == Wires.MII ? "" : "const bool samples = low && top.eth_gtx_clk;");
    }
}
