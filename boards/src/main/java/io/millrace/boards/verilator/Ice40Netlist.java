package io.millrace.boards.verilator;

import io.millrace.boards.internal.ToolCache;
import io.millrace.hdl.Design;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What yosys made of a board top of an iCE40, or what icebox_vlog reads out of its bitstream, with the cells' models that come with yosys: multipliers and
 * single-port memories included. The PLL is a wire, so that the simulated clock is the core's.
 */
public final class Ice40Netlist {
    private static final String TOP = "millrace_netlist";
    private static final Pattern INSTANCE = Pattern.compile("^\\s*(SB_\\w+) ", Pattern.MULTILINE);
    private static final Pattern MODULE =
            Pattern.compile("^module\\s+(\\w+).*?^endmodule", Pattern.MULTILINE | Pattern.DOTALL);

    /** A header in one line with directions. */
    private static final Pattern PORTS =
            Pattern.compile("^(module \\w+ )\\(((?:input|output) [^)\\n]*)\\);\\n", Pattern.MULTILINE);

    private Ice40Netlist() {}

    /**
     * Builds the netlist as a board on a serial line.
     *
     * @param netlist Verilog of cells, of a top module {@code millrace_top}, with or without reset button
     * @param cellModels yosys' {@code ice40/cells_sim.v}
     * @param design what it was synthesised from
     * @param clocksPerBit of its serial line
     */
    public static VerilatedBoard build(Path netlist, Path cellModels, Design design, int clocksPerBit)
            throws IOException {
        Path folder = Files.createTempDirectory("millrace-netlist-");
        try {
            String text = portsApart(Files.readString(netlist));
            Path cells = folder.resolve("cells.v");
            Files.writeString(cells, cells(text, Files.readString(cellModels)));
            Path copy = Files.writeString(folder.resolve("netlist.v"), text);
            String harness = BoardHarness.serialSource(design.machine(), TOP, clocksPerBit);
            Path program = VerilatorBuild.cached(List.of(cells, copy), TOP, harness, BuildProfile.NETLIST);
            return VerilatedBoard.of(design, program);
        } finally {
            ToolCache.delete(folder);
        }
    }

    /** Ports declared behind the header: icebox_vlog declares them there, and as wires besides, which only older Verilog allows. */
    private static String portsApart(String netlist) {
        return PORTS.matcher(netlist).replaceFirst(header -> {
            String ports = header.group(2);
            String names = ports.replaceAll("(input|output) ", "");
            String declared =
                    Stream.of(ports.split(", ")).map(port -> port + ";\n").collect(Collectors.joining());
            return Matcher.quoteReplacement(header.group(1) + "(" + names + ");\n" + declared);
        });
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
        String reset = netlist.contains("reset_n") ? ", .reset_n(!reset)" : "";
        return text.append(TOP_TEXT.replace("@TOP@", TOP).replace("@RESET@", reset))
                .toString();
    }

    /** All ports and parameters that a bitstream tells of, most of them without effect. */
    private static final String PLL = """
            module SB_PLL40_@KIND@ (
              input @INPUT@, output PLLOUTCORE, output PLLOUTGLOBAL, output LOCK, output SDO, input RESETB, input BYPASS,
              input EXTFEEDBACK, input [7:0] DYNAMICDELAY, input LATCHINPUTVALUE, input SDI, input SCLK
            );
              parameter FEEDBACK_PATH = "SIMPLE";
              parameter DELAY_ADJUSTMENT_MODE_FEEDBACK = "FIXED";
              parameter DELAY_ADJUSTMENT_MODE_RELATIVE = "FIXED";
              parameter PLLOUT_SELECT = "GENCLK";
              parameter SHIFTREG_DIV_MODE = 0;
              parameter [3:0] FDA_FEEDBACK = 0;
              parameter [3:0] FDA_RELATIVE = 0;
              parameter ENABLE_ICEGATE = 0;
              parameter TEST_MODE = 0;
              parameter [3:0] DIVR = 0;
              parameter [6:0] DIVF = 0;
              parameter [2:0] DIVQ = 0;
              parameter [2:0] FILTER_RANGE = 0;
              assign PLLOUTGLOBAL = @INPUT@;
              assign PLLOUTCORE = @INPUT@;
              assign SDO = 1'b0;
              assign LOCK = 1'b1;
            endmodule
            """;

    /** Its signs of life are always 1: the netlist has no pins for them, and a harness that sees them never sleeps. */
    private static final String TOP_TEXT = """
            module @TOP@ (input clk, input reset, input uart_rx, output uart_tx, output running, output activity);
              assign running = 1'b1;
              assign activity = 1'b1;
              millrace_top top (.clock_pin(clk)@RESET@, .uart_rx(uart_rx), .uart_tx(uart_tx));
            endmodule
            """;
}
