package io.millrace.boards.project;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.boards.Boards;
import io.millrace.boards.LinkKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The way to SGMII on VC707 that docs/boards.md tells: a project on GMII with places for pins, and edits of its top, after which it elaborates. */
@Timeout(120)
class SgmiiShellTest {
    private static final List<String> WIRES = List.of(
            "eth_rx_clk", "eth_rxd", "eth_rx_er", "eth_rx_dv", "eth_tx_en", "eth_txd", "eth_tx_er", "eth_gtx_clk");
    private static final List<String> CELLS =
            List.of("BUFR #\\(.*?\\) rx_region", "BUFIO rx_pads", "BUFG line_tree", "ODDR #\\(.*?\\) gtx_pad");
    private static final String SHELL = """
              wire [7:0] eth_rxd;
              wire eth_rx_dv;
              wire eth_rx_er;
              wire [7:0] eth_txd;
              wire eth_tx_en;
              wire eth_tx_er;
              wire userclk2;
              wire stable_clock;
              wire [15:0] status;
              BUFG stable_tree (.I(board_clock), .O(stable_clock));
              pcs_pma pcs_pma (
                .gtrefclk_p(sgmii_clk_p), .gtrefclk_n(sgmii_clk_n), .rxp(sgmii_rx_p), .rxn(sgmii_rx_n), .txp(sgmii_tx_p), .txn(sgmii_tx_n),
                .independent_clock_bufg(stable_clock), .userclk2_out(userclk2),
                .gmii_rxd(eth_rxd), .gmii_rx_dv(eth_rx_dv), .gmii_rx_er(eth_rx_er),
                .gmii_txd(eth_txd), .gmii_tx_en(eth_tx_en), .gmii_tx_er(eth_tx_er),
                .reset(!clock_manager_LOCKED), .signal_detect(1'b1), .configuration_vector(5'b10000),
                .an_adv_config_vector(16'hD801), .an_restart_config(1'b0), .speed_is_10_100(1'b0), .speed_is_100(1'b0),
                .status_vector(status)
              );
            """;

    @TempDir
    private Path folder;

    @Test
    void theTopElaboratesAfterTheEdits() throws Exception {
        Path project = project();
        Path top = project.resolve("rtl/millrace_top.v");
        String edited = edited(Files.readString(top));
        Files.writeString(top, edited);
        assertEquals("", elaborate(project));
        Files.writeString(top, edited.replace("assign line_clock = userclk2;", ""));
        var undriven = assertThrows(AssertionError.class, () -> elaborate(project));
        assertTrue(String.valueOf(undriven.getMessage()).contains("line_clock"), undriven::getMessage);
    }

    /** Weights in DRAM and a memory controller beside it. */
    private Path project() throws IOException {
        var json =
                (ObjectNode) JsonMapper.shared().readTree(Boards.byName("vc707").toJson());
        json.put("name", "vc707-sgmii");
        var pins = (ArrayNode) json.get("pins");
        var ports = Stream.concat(
                        BoardPorts.Host.GMII.clocks().stream(),
                        Stream.of("eth_rx_dv", "eth_rx_er", "eth_gtx_clk", "eth_tx_en", "eth_tx_er", "eth_reset_n"))
                .toList();
        var buses = Stream.of("eth_rxd", "eth_txd")
                .flatMap(bus -> Stream.iterate(0, i -> i + 1).limit(8).map(i -> bus + "[" + i + "]"))
                .toList();
        var all = Stream.concat(ports.stream(), buses.stream()).toList();
        for (int i = 0; i < all.size(); i++) {
            pins.addObject()
                    .put("port", all.get(i))
                    .put("pin", "A" + (i + 40))
                    .put("standard", "LVCMOS18")
                    .put("source", "the place of a wire to the PCS/PMA core");
        }
        var board = Boards.byName(Files.writeString(folder.resolve("vc707-sgmii.json"), json.toString())
                .toString());
        Path project = folder.resolve("project");
        var written = XilinxProject.write(SmallDesign.streamed(board), board, LinkKind.ETHERNET, project);
        assertTrue(written.outOfContext().isEmpty() && written.ethernet().isPresent(), written::toString);
        return project;
    }

    private static String edited(String text) {
        for (String wire : WIRES) {
            text = replaced(text, "\\n  (?:input|output) +wire +(?:\\[7:0\\] +)?" + wire + ",", "");
        }
        text = replaced(
                text,
                "\\n  output wire +eth_reset_n",
                "\n  input wire sgmii_clk_p, input wire sgmii_clk_n, input wire sgmii_rx_p, input wire sgmii_rx_n,"
                        + "\n  output wire sgmii_tx_p, output wire sgmii_tx_n,$0");
        for (String cell : CELLS) {
            text = replaced(text, "\\n  " + cell + " \\(.*?\\n  \\);", "");
        }
        text = text.replace("(* IOB = \"TRUE\" *) ", "");
        text = replaced(text, "\\n  assign eth_gtx_clk = [^;]*;", "");
        text = replaced(
                text,
                "\\n  assign line_clock = [^;]*;",
                "\n  assign line_clock = userclk2;\n  assign rx_region_O = userclk2;\n  assign rx_pads_O = userclk2;");
        return replaced(text, "\\n  MMCME2_BASE", "\n" + SHELL + "$0");
    }

    private static String replaced(String text, String pattern, String by) {
        var matcher = Pattern.compile(pattern, Pattern.DOTALL).matcher(text);
        assertTrue(matcher.find(), () -> pattern + " is not in\n" + text);
        return matcher.replaceFirst(by);
    }

    private static String elaborate(Path project) throws IOException, InterruptedException {
        try (var in = SgmiiShellTest.class.getResourceAsStream("/vendor/pcs_pma.v")) {
            Files.write(project.resolve("pcs_pma.v"), Objects.requireNonNull(in).readAllBytes());
        }
        var command = List.of(
                "yosys",
                "-q",
                "-p",
                "read_verilog -lib +/xilinx/cells_sim.v +/xilinx/cells_xtra.v; read_verilog pcs_pma.v rtl/*.v sim/*.v; "
                        + "hierarchy -check -top millrace_top; proc; check -assert");
        var builder = new ProcessBuilder(command).directory(project.toFile()).redirectErrorStream(true);
        builder.environment().putAll(Map.of("LC_ALL", "C"));
        var process = builder.start();
        String output = new String(process.getInputStream().readAllBytes());
        assertEquals(0, process.waitFor(), output);
        return output.lines()
                .filter(line -> !line.contains("Replacing floating point parameter"))
                .reduce("", String::concat);
    }
}
