package io.millrace.boards.verilator;

import io.millrace.boards.internal.ToolCache;
import io.millrace.hdl.Design;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What yosys made of a board top of an iCE40, with the cells' models that come with yosys: multipliers and single-port memories included. The PLL is a
 * wire, so that the simulated clock is the core's.
 */
public final class Ice40Netlist {
    private static final String TOP = "millrace_netlist";
    private static final Pattern INSTANCE = Pattern.compile("^\\s+(SB_\\w+) ", Pattern.MULTILINE);
    private static final Pattern MODULE =
            Pattern.compile("^module\\s+(\\w+).*?^endmodule", Pattern.MULTILINE | Pattern.DOTALL);

    private Ice40Netlist() {}

    /**
     * Builds the netlist as a board on a serial line.
     *
     * @param netlist Verilog of cells, of a top module {@code millrace_top} with reset button
     * @param cellModels yosys' {@code ice40/cells_sim.v}
     * @param design what it was synthesised from
     * @param clocksPerBit of its serial line
     */
    public static VerilatedBoard build(Path netlist, Path cellModels, Design design, int clocksPerBit)
            throws IOException {
        Path folder = Files.createTempDirectory("millrace-netlist-");
        try {
            String text = Files.readString(netlist);
            Path cells = folder.resolve("cells.v");
            Files.writeString(cells, cells(text, Files.readString(cellModels)));
            Path copy = Files.copy(netlist, folder.resolve("netlist.v"));
            String harness = BoardHarness.serialSource(design.machine(), TOP, clocksPerBit);
            Path program = VerilatorBuild.cached(List.of(cells, copy), TOP, harness, BuildProfile.NETLIST);
            return VerilatedBoard.of(design, program);
        } finally {
            ToolCache.delete(folder);
        }
    }

    /** The models of the cells in a netlist, a PLL that is a wire, and a top module with the ports of a board on a serial line. */
    private static String cells(String netlist, String models) {
        Set<String> used = new LinkedHashSet<>();
        INSTANCE.matcher(netlist).results().forEach(m -> used.add(m.group(1)));
        var text = new StringBuilder("`define NO_ICE40_DEFAULT_ASSIGNMENTS\n");
        text.append(models, 0, models.indexOf("module "));
        MODULE.matcher(models).results().forEach(m -> {
            if (used.contains(m.group(1)) && !m.group(1).contains("PLL")) {
                text.append(m.group()).append("\n");
            }
        });
        for (String input : List.of("PAD PACKAGEPIN", "CORE REFERENCECLK")) {
            String[] words = input.split(" ");
            text.append(PLL.replace("@KIND@", words[0]).replace("@INPUT@", words[1]));
        }
        return text.append(TOP_TEXT.replace("@TOP@", TOP)).toString();
    }

    private static final String PLL = """
            module SB_PLL40_@KIND@ (input @INPUT@, output PLLOUTGLOBAL, output LOCK, input RESETB, input BYPASS);
              parameter FEEDBACK_PATH = "SIMPLE";
              parameter [3:0] DIVR = 0;
              parameter [6:0] DIVF = 0;
              parameter [2:0] DIVQ = 0;
              parameter [2:0] FILTER_RANGE = 0;
              assign PLLOUTGLOBAL = @INPUT@;
              assign LOCK = 1'b1;
            endmodule
            """;

    /** Its signs of life are always 1: the netlist has no pins for them, and a harness that sees them never sleeps. */
    private static final String TOP_TEXT = """
            module @TOP@ (input clk, input reset, input uart_rx, output uart_tx, output running, output activity);
              assign running = 1'b1;
              assign activity = 1'b1;
              millrace_top top (.clock_pin(clk), .reset_n(!reset), .uart_rx(uart_rx), .uart_tx(uart_tx));
            endmodule
            """;
}
