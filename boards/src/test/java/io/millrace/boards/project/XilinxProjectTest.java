package io.millrace.boards.project;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.boards.BoardSpec;
import io.millrace.boards.Boards;
import io.millrace.boards.Family;
import io.millrace.boards.LinkKind;
import io.millrace.boards.MemoryController;
import io.millrace.boards.flow.Targets;
import io.millrace.boards.internal.ToolCache;
import io.millrace.ir.CompileException;
import io.millrace.scheduler.DramPort;
import io.millrace.scheduler.Schedule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Projects are built with {@code make} against stubs of the vendors' commands, which refuse what is not there or not legal; that they do is shown on broken
 * projects. Their Verilog passes open tools with yosys' declarations of the vendor's cells.
 */
@Timeout(120)
class XilinxProjectTest {
    @TempDir
    private static Path folder;

    private static final Map<String, Path> PROJECTS = new HashMap<>();
    /** Machines with weights in DRAM: behind a memory controller, or where none is known. */
    private static final List<String> STREAMED = List.of(
            "ml605-streamed",
            "ml605-wide-streamed",
            "ml605-without-controller-streamed",
            "vc707-streamed",
            "vc707-wide-streamed",
            "vc707-without-controller-streamed",
            "vc709-streamed",
            "vc709-wide-streamed",
            "kc705-streamed",
            "zc706-streamed",
            "arty-a7-100-streamed");

    /** Machines whose host port is on Ethernet; with the memory controller, clocks of three kinds meet. */
    private static final List<String> ON_ETHERNET = List.of(
            "ml605-ethernet",
            "kc705-ethernet",
            "arty-a7-100-ethernet",
            "kc705-streamed-ethernet",
            "ml605-streamed-ethernet");

    private static final List<String> WITHOUT_PINS =
            List.of("ml605-without-controller-streamed", "vc707-without-controller-streamed");
    private static VendorStub stub;

    @BeforeAll
    static void writeAll() throws IOException {
        stub = VendorStub.in(folder);
        for (String board : boards().toList()) {
            var spec = Boards.byName(board);
            Path project = folder.resolve(board);
            XilinxProject.write(SmallDesign.of(spec), spec, project);
            PROJECTS.put(board, project);
        }
        for (String name : STREAMED) {
            var spec = board(name);
            Path project = folder.resolve(name);
            var written = XilinxProject.write(schedule(name), spec, project);
            assertEquals(WITHOUT_PINS.contains(name), written.outOfContext().isPresent(), written::toString);
            assertTrue(written.outOfContext().orElse("DRAM").contains("DRAM"), written::toString);
            PROJECTS.put(name, project);
        }
        for (String name : ON_ETHERNET) {
            var spec = board(name);
            Path project = folder.resolve(name);
            var written = XilinxProject.write(schedule(name), spec, LinkKind.ETHERNET, project);
            assertEquals(Optional.of("192.168.1.128:19794"), written.ethernet());
            PROJECTS.put(name, project);
        }
    }

    private static BoardSpec board(String name) throws IOException {
        String bundled = name.replace("-ethernet", "").replace("-wide", "").replace("-streamed", "");
        var board = Boards.byName(bundled.replace("-without-controller", ""));
        if (bundled.equals(board.name())) {
            return board;
        }
        var json = (ObjectNode) JsonMapper.shared().readTree(board.toJson());
        ((ObjectNode) json.at("/dram/0")).remove("controller");
        Path file = folder.resolve(bundled + ".json");
        return Boards.byName(Files.writeString(file, json.toString()).toString());
    }

    private static Schedule schedule(String name) throws IOException {
        var board = board(name);
        if (name.contains("-wide")) {
            return SmallDesign.streamedWide(board);
        }
        return name.contains("-streamed") ? SmallDesign.streamed(board) : SmallDesign.of(board);
    }

    static Stream<String> boards() {
        return Boards.all().stream()
                .filter(board -> XilinxProject.toolFor(board.family()).isPresent())
                .map(board -> board.name());
    }

    static Stream<String> projects() {
        return Stream.of(boards(), STREAMED.stream(), ON_ETHERNET.stream()).flatMap(it -> it);
    }

    @ParameterizedTest
    @MethodSource("projects")
    void everyProjectBuildsAgainstTheStub(String name) throws Exception {
        Path project = copy(name, "built");
        var run = stub.make(project, Map.of());
        assertEquals(0, run.status(), run.output());
        assertEquals(!WITHOUT_PINS.contains(name), Files.exists(project.resolve("build/millrace.bit")), name);
        assertEquals(0, stub.make(project, Map.of()).status(), "a second make has nothing to do");
    }

    /** What each fault is: a project, a file in it, what is replaced by what, and what the stub says of it. */
    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(delimiter = '|', textBlock = """
                    kc705 | a pin the part has not          | millrace.xdc | PACKAGE_PIN M19      | PACKAGE_PIN AZ19      | no I/O pin AZ19
                    kc705 | a pin of no known bank          | millrace.xdc | PACKAGE_PIN M19      | PACKAGE_PIN A1        | no I/O pin A1
                    kc705 | a pin taken twice               | millrace.xdc | PACKAGE_PIN M19      | PACKAGE_PIN K24       | pin K24 is taken by
                    kc705 | a standard of no family         | millrace.xdc | IOSTANDARD LVCMOS15  | IOSTANDARD LVCMOS14   | no I/O standard LVCMOS14
                    kc705 | 3.3 V on a bank for 1.8 V       | millrace.xdc | IOSTANDARD LVCMOS15  | IOSTANDARD LVCMOS33   | LVCMOS33 can't stand on pin AB7
                    kc705 | two supplies of a bank          | millrace.xdc | PACKAGE_PIN K24 IOSTANDARD LVCMOS25 | PACKAGE_PIN K24 IOSTANDARD LVCMOS33 | bank 15 has supplies
                    kc705 | a pair the wrong way round      | millrace.xdc | swap AD12            | AD11                  | are no pair
                    kc705 | a clock at a pin that takes none | millrace.xdc | swap AD12            | AA12                  | takes no clock
                    kc705 | a port that is not there        | millrace.xdc | {uart_rx}            | {uart_rxd}            | has no port uart_rxd
                    kc705 | a port without a pin            | millrace.xdc | set_property -dict {PACKAGE_PIN M19 IOSTANDARD LVCMOS25} [get_ports {uart_rx}] | # | port uart_rx has no pin
                    kc705 | a property that is not there    | millrace.xdc | IOSTANDARD           | IO_STANDARD           | a port has no property IO_STANDARD
                    kc705 | a value that is none            | millrace.xdc | CFGBVS VCCO          | CFGBVS VCC            | CFGBVS can't be VCC
                    kc705 | no clock constrained            | millrace.xdc | create_clock         | # create_clock        | no clock is constrained
                    kc705 | a period of nothing             | millrace.xdc | -period 5            | -period five          | create_clock: period
                    kc705 | a part of another vendor's tool | build.tcl    | xc7k325tffg900-2     | xc6vlx240t-1ff1156    | Vivado has no part
                    kc705 | a part that is not there        | build.tcl    | xc7k325tffg900-2     | xc7k325tffg901-2      | Vivado has no part
                    kc705 | a command that is not there     | build.tcl    | place_design         | place_desing          | no command place_desing
                    kc705 | an option that is not there     | build.tcl    | -top $top            | -topp $top            | synth_design has no option -topp
                    kc705 | a file that is not there        | build.tcl    | rtl/host_port.v      | rtl/host_prt.v        | no file rtl/host_prt.v
                    kc705 | a top that is not there         | build.tcl    | set top millrace_top | set top millrace_tp   | no module millrace_tp
                    kc705 | steps out of order              | build.tcl    | opt_design           |                       | place_design before opt_design
                    kc705 | a report before its step        | build.tcl    | route_design         |                       | before route_design
                    kc705 | a bitstream never written       | build.tcl    | write_bitstream      | # write_bitstream     | ends without write_bitstream
                    kc705 | a quote never closed            | build.tcl    | "RESULT              | "RESULT [             | missing
                    kc705 | constraints never read          | build.tcl    | read_xdc             | # read_xdc            | synth_design before read_xdc
                    kc705 | an option of no Vivado          | Makefile     | -mode batch          | -mode batch -nogui    | vivado has no option -nogui
                    kc705 | a window that waits             | Makefile     | -mode batch          | -mode gui             | waits for a user
                    vc707-without-controller-streamed | a bitstream without pins | build.tcl    | report_drc -file $out/drc.rpt | report_drc -file $out/drc.rpt; write_bitstream $out/m.bit | no bitstream of a design out of context
                    ml605 | a pin the part has not          | millrace.ucf | LOC = "J24"          | LOC = "AZ24"          | no I/O pin AZ24
                    ml605 | 3.3 V on Virtex-6               | millrace.ucf | LVCMOS25             | LVCMOS33              | LVCMOS33 can't stand on pin
                    ml605 | a pair the wrong way round      | millrace.ucf | swap "J9"            | "H9"                  | are no pair
                    ml605 | a statement without an end      | millrace.ucf | NET "uart_tx" TIG;   | NET "uart_tx" TIG     | has no semicolon
                    ml605 | a constraint of no UCF          | millrace.ucf | IOSTANDARD = LVCMOS15 | IOSTANDRD = LVCMOS15 | constraint 'IOSTANDRD
                    ml605 | a group never made              | millrace.ucf | PERIOD "board_clock" | PERIOD "board_clk"    | times a group board_clk
                    ml605 | a net that is not there         | millrace.ucf | NET "reset" LOC      | NET "rst" LOC         | has no port rst
                    ml605 | a part that is not there        | millrace.xst | xc6vlx240t-1ff1156   | xc6vlx241t-1ff1156    | ISE has no part
                    ml605 | another part in a later step    | Makefile     | PART = xc6vlx240t-1ff1156 | PART = xc7k325tffg900-2 | ISE has no part
                    ml605 | an option XST has not           | millrace.xst | -opt_mode            | -opt_mod              | run has no option -opt_mod
                    ml605 | a value XST has not             | millrace.xst | -ofmt NGC            | -ofmt EDIF            | -ofmt can't be EDIF
                    ml605 | a file that is not there        | millrace.prj | rtl/host_port.v      | rtl/host_prt.v        | no file rtl/host_prt.v
                    ml605 | a language XST has not          | millrace.prj | verilog work "rtl/host_port.v" | sverilog work "rtl/host_port.v" | line of the project
                    ml605 | SystemVerilog                   | rtl/millrace_top.v | wire           | logic                 | which has no logic
                    ml605 | an option map has not           | Makefile     | -logic_opt on        | -logic_opts on        | no option -logic_opts
                    ml605 | a step left out                 | Makefile     | par -intstyle ise -w -ol high -mt off build/millrace_map.ncd | par -intstyle ise -w build/millrace.ngd | is no mapped
                    kc705-streamed | a memory pin the part has not | mig.prj | PADName="AH12" | PADName="AZ12" | no I/O pin AZ12
                    kc705-streamed | a memory's pair that is none | mig.prj | PADName="AG10" | PADName="AE10" | are no pair
                    kc705-streamed | 1.35 V beside 1.5 V    | mig.prj      | SSTL15"              | SSTL135"              | has supplies
                    kc705-streamed | a controller for another part | mig.prj | xc7k325t-ffg900    | xc7k325t-ffg676       | it is for xc7k325t-ffg676
                    vc707-streamed | a memory's strobe the wrong way round | mig.prj | swap "N16" | "M16" | are no pair
                    vc709-streamed | a memory pin on the clock's | mig.prj | PADName="P18" | PADName="H19" | pin H19 is taken by
                    vc709-streamed | pads without their supply | mig.prj | VCCAUX_IO="HIGH" | VCCAUX_IO="NORMAL" | in a bank of kind HP it is 'HIGH'
                    vc707-streamed | a memory pin where a resistor is | mig.prj | PADName="C29" | PADName="F24" | pin F24 is VRP of bank 37
                    kc705-streamed | a button where a resistor would be | millrace.xdc | set_property DCI_CASCADE | # set_property DCI_CASCADE | pin AB7 is VRP of bank 34
                    kc705-streamed | a bank that follows none of its column | millrace.xdc | {32 34} | {15 34} | bank 15 can't follow bank 33
                    kc705-streamed | an element never closed | mig.prj      | </PinSelection>      |                       | closes <PinSelection>
                    kc705-streamed | a width of no AXI port | mig.prj      | C0_S_AXI_DATA_WIDTH>32 | C0_S_AXI_DATA_WIDTH>48 | can't be 48
                    kc705-streamed | a controller never made | build.tcl    | synth_ip [get_ips mig_7series_0] | # | synth_design before synth_ip
                    kc705-streamed | a project file that is not there | build.tcl | file copy -force mig.prj | # file copy -force mig.prj | no file
                    kc705-streamed | an IP that is not there | build.tcl    | -name mig_7series    | -name mig_8series     | the catalogue has no
                    kc705-streamed | clocks of no pin       | build.tcl    | clock_manager/CLKOUT0 | clock_manager/CLKOUT7 | no pin clock_manager/CLKOUT7
                    kc705-ethernet | the PHY's clock at a pin for data | millrace.xdc | swap U27       | U30                   | takes no clock
                    kc705-ethernet | the PHY's clock not constrained | millrace.xdc | create_clock -name eth_rx_clk | # create_clock -name eth_rx_clk | no clock eth_rx_clk
                    kc705-ethernet | a wire of a bus without a pin | millrace.xdc | [get_ports {eth_rxd[3]}] | [get_ports {eth_rxd[8]}] | has no port eth_rxd[8]
                    arty-a7-100-ethernet | 2.5 V beside 3.3 V | millrace.xdc | PACKAGE_PIN F15 IOSTANDARD LVCMOS33 | PACKAGE_PIN F15 IOSTANDARD LVCMOS25 | bank 15 has supplies
                    ml605-ethernet | clocks of a net that is not there | millrace.ucf | NET "line_clock" | NET "lin_clock" | has no port lin_clock
                    ml605-ethernet | a pause for a group never made | millrace.ucf | TO "line_clock" TIG | TO "tx_clock" TIG | about a group tx_clock
                    ml605-without-controller-streamed | pads cut off by map    | Makefile     | -mt off -u           | -mt off               | map needs -u
                    ml605-streamed | an option CORE Generator has not | Makefile | coregen -b | coregen -batch | no option -batch
                    ml605-streamed | a core that is not there | Makefile   | -b mig_v6.xco        | -b mig.xco            | no file mig.xco
                    ml605-streamed | a core's project left out | Makefile  | -p coregen.cgp       |                       | without -p
                    ml605-streamed | a project file left behind | Makefile | cp coregen.cgp mig_v6.xco mig.prj | cp coregen.cgp mig_v6.xco | no file mig.prj
                    ml605-streamed | a core for another device | mig_v6.xco | device = xc6vlx240t | device = xc6vlx241t   | device of core and project differ
                    ml605-streamed | a core of another version | mig_v6.xco | Inc. 3.92           | Inc. 3.93             | the catalogue has no such core
                    ml605-streamed | a controller for another part | mig.prj | xc6vlx240t-ff1156/-1 | xc6vlx240t-ff1156/-2 | TargetFPGA can't be
                    ml605-streamed | a module by another name | mig.prj    | <ModuleName>mig_v6   | <ModuleName>mig_6     | ModuleName can't be 'mig_6'
                    ml605-streamed | a bank that has no memory | mig.prj   | name="26"            | name="24"             | banks of a memory
                    ml605-streamed | an element never closed  | mig.prj    | </BankSelection>     |                       | closes <BankSelection>
                    ml605-streamed | a generated file left out | millrace.prj | phy/phy_top.v | phy/phy_write.v  | no module phy_top
                    ml605-streamed | a generated file that is not there | millrace.prj | phy/phy_top.v | phy/phy_tops.v  | no file build/coregen
                    ml605-streamed | the generator's step left out | Makefile | \tcd build/coregen && coregen -b mig_v6.xco -p coregen.cgp | | no file build/coregen
                    ml605-streamed | a memory pin the part has not | millrace.ucf | LOC = "J11"     | LOC = "AZ11"          | no I/O pin AZ11
                    ml605-streamed | a memory pin on another's | millrace.ucf | LOC = "J11"         | LOC = "E13"           | pin E13 is taken by
                    ml605-streamed | a strobe the wrong way round | millrace.ucf | swap "D12"       | "E12"                 | are no pair
                    ml605-streamed | a memory pin on a clock's | millrace.ucf | LOC = "J11"         | LOC = "C13"           | pin C13 is kept free
                    ml605-streamed | a bank that follows none of its column | millrace.ucf | DCI_CASCADE = "26 25" | DCI_CASCADE = "36 25" | bank 25 can't follow bank 36
                    ml605-streamed | a strobe's clock in another bank | millrace.ucf | swap X1Y179 | X2Y137                | its strobe in bank
                    ml605-streamed | a clock's cells apart    | millrace.ucf | "OLOGIC_X1Y181"      | "OLOGIC_X1Y183"       | is at 'OLOGIC_X1Y183'
                    ml605-streamed | a clock in cells of a pin in use | millrace.ucf | CONFIG PROHIBIT = C29,M12 | CONFIG PROHIBIT = M12 | not kept free
                    ml605-streamed | a cell that is not there | millrace.ucf | u_oserdes_rsync       | u_oserdes_sync        | no cell memory/controller
                    ml605-streamed | a period of a net that is not there | millrace.ucf | clk_rsync[?]" | clk_sync[?]"     | the top has no port
                    """)
    void faultsAreCaught(String name, String fault, String file, String from, String to, String said) throws Exception {
        Path project = copy(name, "broken");
        Path path = project.resolve(file);
        String text = Files.readString(path);
        String broken = from.startsWith("swap ")
                ? swapped(text, from.substring("swap ".length()), to)
                : text.replaceFirst("(?m)" + Pattern.quote(from), Matcher.quoteReplacement(to == null ? "" : to));
        assertFalse(broken.equals(text), () -> from + " is not in\n" + text);
        Files.writeString(path, broken);
        var run = stub.make(project, Map.of());
        assertFalse(run.status() == 0, () -> fault + " went through:\n" + run.output());
        assertTrue(run.output().contains(said), () -> fault + ":\n" + run.output());
    }

    private static String swapped(String text, String a, String b) {
        return text.replace(a, "\0").replace(b, a).replace("\0", b);
    }

    @Test
    void aMissedClockFailsUnlessAllowed() throws Exception {
        Path vivado = copy("kc705", "late");
        var late = Map.of("STUB_SLACK", "-0.051");
        var run = stub.make(vivado, late);
        assertFalse(run.status() == 0, run::output);
        assertTrue(run.output().contains("timing is not met"), run::output);
        assertTrue(run.output().contains("Error 7"), run::output);
        assertFalse(Files.exists(vivado.resolve("build/millrace.bit")));
        var allowed = new HashMap<>(late);
        allowed.put("ALLOW_TIMING_FAILURE", "1");
        assertEquals(0, stub.make(vivado, allowed).status());

        Path ise = copy("ml605", "late");
        late = Map.of("STUB_TIMING_ERRORS", "3");
        run = stub.make(ise, late);
        assertFalse(run.status() == 0, run::output);
        assertTrue(run.output().contains("Error 7"), run::output);
        assertFalse(Files.exists(ise.resolve("build/millrace.bit")));
        allowed.putAll(late);
        assertEquals(0, stub.make(ise, allowed).status());
    }

    @ParameterizedTest
    @ValueSource(strings = {"ml605", "arty-a7-100", "kc705-streamed", "kc705-ethernet", "ml605-streamed"})
    void theSameInputsGiveTheSameBytes(String name) throws Exception {
        var board = board(name);
        var schedule = schedule(name);
        var link = ON_ETHERNET.contains(name) ? LinkKind.ETHERNET : LinkKind.UART;
        Path again = folder.resolve("again-" + name);
        XilinxProject.write(schedule, board, link, again);
        assertEquals(contents(project(name)), contents(again));
        // A project is replaced whole: nothing of it stays.
        Files.writeString(again.resolve("left-over"), "");
        XilinxProject.write(schedule, board, link, again);
        assertEquals(contents(project(name)), contents(again));
    }

    /** Cells, their ports and parameters are held against yosys' declarations of the vendor's; nothing is driven twice or not at all. */
    @ParameterizedTest
    @MethodSource("projects")
    void theWholeTopElaborates(String name) throws Exception {
        Path project = project(name);
        String top = XilinxProjectTest.top(name);
        String sources = String.join(" ", verilog(project));
        run(
                project,
                List.of(
                        "yosys",
                        "-q",
                        "-p",
                        "read_verilog -lib +/xilinx/cells_sim.v +/xilinx/cells_xtra.v; read_verilog " + sources
                                + "; hierarchy -check -top " + top + "; proc; check -assert"));
    }

    @ParameterizedTest
    @MethodSource("projects")
    void theWholeTopIsLintClean(String name) throws Exception {
        Path project = project(name);
        var command = new ArrayList<>(
                List.of("verilator", "--lint-only", "-Wall", "--top-module", XilinxProjectTest.top(name)));
        command.addAll(verilog(project));
        command.add(models().toString());
        assertEquals("", run(project, command));
    }

    /** yosys knows what it is told: a port and a parameter that the vendor's cell has not are found. */
    @ParameterizedTest
    @CsvSource({
        "CLKFBIN, CLKFBINPUT, does not have a port named",
        "DIVCLK_DIVIDE, DIVIDE, does not have a parameter named"
    })
    void portsAndParametersOfCellsAreChecked(String from, String to, String said) throws Exception {
        Path project = copy("kc705", "cells");
        Path top = project.resolve("rtl/millrace_top.v");
        Files.writeString(top, Files.readString(top).replace("." + from + " ", "." + to + " "));
        var failed = assertThrows(
                AssertionError.class,
                () -> run(
                        project,
                        List.of(
                                "yosys",
                                "-q",
                                "-p",
                                "read_verilog -lib +/xilinx/cells_sim.v +/xilinx/cells_xtra.v; read_verilog "
                                        + String.join(" ", verilog(project))
                                        + "; hierarchy -check -top millrace_top")));
        assertTrue(String.valueOf(failed.getMessage()).contains(said), failed::getMessage);
    }

    @ParameterizedTest
    @MethodSource("boards")
    void everyPinThatIsEmittedIsCited(String name) throws Exception {
        var board = Boards.byName(name);
        for (var pin : board.pins()) {
            Path project = project(pin.port().startsWith("eth_") ? name + "-ethernet" : name);
            String constraints = Files.readString(
                    project.resolve(board.family() == Family.VIRTEX6 ? "millrace.ucf" : "millrace.xdc"));
            String readme = Files.readString(project.resolve("README.md"));
            assertFalse(pin.source().isBlank() || pin.source().contains("recalled"), pin::toString);
            assertTrue(constraints.contains(pin.pin()) && constraints.contains(pin.source()), pin::toString);
            assertTrue(readme.contains("| " + pin.port() + " | " + pin.pin() + " |"), pin::toString);
        }
    }

    /** Size, rate and clock that a board's file states are those that its controller is set to, and it takes the board's beats. */
    @ParameterizedTest
    @ValueSource(strings = {"vc707", "vc709", "kc705", "zc706", "arty-a7-100"})
    void controllersAgreeWithTheirBoards(String name) {
        var board = Boards.byName(name);
        var dram = board.dram().getFirst();
        var controller = dram.controller().orElseThrow();
        assertEquals(List.of(), MigProject.missing(controller));
        assertEquals(dram.megabytes(), 1L << MigProject.addressBits(controller) >> 20);
        double oscillatorMhz = board.oscillatorsMhz().getFirst().value();
        assertEquals(oscillatorMhz, Double.parseDouble(controller.setting("InputClkFreq")), 0.01);
        int width = Integer.parseInt(controller.setting("DataWidth"));
        double transfersMhz = 2e6 / Double.parseDouble(controller.setting("TimePeriod"));
        assertEquals(dram.peakMegabytesPerSecond(), transfersMhz * width / 8, 0.03 * dram.peakMegabytesPerSecond());
        var wires = new TreeMap<String, Integer>();
        controller.pins().forEach(group -> wires.put(group.name(), group.pins().size()));
        assertEquals(width, wires.get("ddr3_dq"));
        for (String byByte : List.of("ddr3_dm", "ddr3_dqs_p", "ddr3_dqs_n")) {
            assertEquals(width / 8, wires.get(byByte), byByte);
        }
        assertEquals(controller.setting("RowAddress"), String.valueOf(wires.get("ddr3_addr")));
        var port = Targets.of(board).dram();
        int beatBits = port.dataBytes() * 8;
        assertTrue(beatBits >= 32 && beatBits <= 2 * MigProject.dataBitsMax(controller), beatBits + " bits");
        double peak = dram.peakMegabytesPerSecond() / board.coreClockMhz().value();
        double brought = port.dataBytes() * (double) DramPort.CYCLE / port.beatSixteenths();
        assertTrue(brought <= peak && brought > 0.95 * peak, brought + " bytes a cycle of " + peak);
    }

    @Test
    void theControllerOfVirtex6AgreesWithItsBoard() {
        var board = Boards.byName("ml605");
        var dram = board.dram().getFirst();
        var controller = dram.controller().orElseThrow();
        assertEquals(List.of(), Mig6Project.missing(controller));
        assertEquals(dram.megabytes(), 1L << MigProject.addressBits(controller) >> 20);
        var clock = Mig6Project.clock(
                        controller, board.oscillatorsMhz().getFirst().value())
                .orElseThrow();
        assertEquals(new MemoryClock(200, 1, 6, 3), clock);
        assertEquals(400, clock.outMhz(), 1e-9);
        assertEquals(dram.peakMegabytesPerSecond(), clock.outMhz() * 2 * 8, 1e-9);
        assertEquals(Optional.empty(), MemoryClock.of(156.25, 401));
        int beatBits = Targets.of(board).dram().dataBytes() * 8;
        assertTrue(beatBits >= 32 && beatBits <= MigProject.dataBitsMax(controller), beatBits + " bits");
        var capture = controller.capture().orElseThrow();
        var noStrobe = new MemoryController.Capture(
                capture.strobes().subList(1, 8), capture.columns(), capture.clockManager(), capture.source());
        assertEquals(
                List.of("capture of each strobe"),
                Mig6Project.missing(new MemoryController(
                        controller.settings(),
                        controller.timing(),
                        controller.pins(),
                        controller.dciCascades(),
                        Optional.of(noStrobe),
                        controller.source())));
        // The memory's own clocks and the core's stand in the top and in what is around the controller.
        assertTrue(read("ml605-streamed", "rtl/millrace_mig.v")
                .contains(".CLKFBOUT_MULT_F(6), .DIVCLK_DIVIDE(1), .CLKOUT_DIVIDE(3)"));
        assertTrue(
                read("ml605-streamed", "rtl/millrace_mig.v").contains(".nDQS_COL1(5), .DQS_LOC_COL1(40'h0706050403)"));
    }

    private static String read(String project, String file) {
        try {
            return Files.readString(project(project).resolve(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What a board's file does not know is not offered. */
    @ParameterizedTest
    @CsvSource({"zc706, ETHERNET", "vc707, ETHERNET", "kc705, PCIE"})
    void linksWithoutPinsAreRefused(String name, LinkKind link) {
        var board = Boards.byName(name);
        Path to = folder.resolve("refused-" + name);
        var refusal =
                assertThrows(CompileException.class, () -> XilinxProject.write(SmallDesign.of(board), board, link, to));
        assertEquals(4, refusal.exitCode());
        assertEquals("BLD-0406", refusal.diagnostics().getFirst().code());
        assertFalse(Files.exists(to));
    }

    @Test
    void openXc7GetsArtixAndKintex() throws IOException {
        for (var entry : PROJECTS.entrySet()) {
            boolean there = Files.exists(entry.getValue().resolve("openxc7/Makefile"));
            assertEquals(List.of("kc705", "arty-a7-100").contains(entry.getKey()), there, entry.getKey());
            if (there) {
                assertTrue(Files.readString(entry.getValue().resolve("openxc7/Makefile"))
                        .contains("UNTESTED"));
                assertTrue(Files.readString(entry.getValue().resolve("openxc7/millrace.xdc"))
                        .contains("UNTESTED"));
            }
        }
    }

    @Test
    void foldersOfOthersAndOtherVendorsAreRefused() throws IOException {
        var board = Boards.byName("arty-a7-100");
        Path others = Files.createDirectories(folder.resolve("others"));
        var refusal =
                assertThrows(CompileException.class, () -> XilinxProject.write(SmallDesign.of(board), board, others));
        assertEquals(11, refusal.exitCode());
        var ice = Boards.byName("icebreaker");
        refusal = assertThrows(
                CompileException.class, () -> XilinxProject.write(SmallDesign.of(board), ice, folder.resolve("ice")));
        assertEquals("BLD-0401", refusal.diagnostics().getFirst().code());
        assertFalse(Files.exists(folder.resolve("ice")));
    }

    private static String top(String name) {
        return WITHOUT_PINS.contains(name) ? "millrace_board" : "millrace_top";
    }

    private static Path project(String name) {
        return Objects.requireNonNull(PROJECTS.get(name), name);
    }

    static Path models() throws IOException {
        Path models = folder.resolve("models.v");
        if (!Files.exists(models)) {
            try (var in = XilinxProjectTest.class.getResourceAsStream("/vendor/models.v")) {
                Files.write(models, Objects.requireNonNull(in).readAllBytes());
            }
        }
        return models;
    }

    private static List<String> verilog(Path project) throws IOException {
        var paths = new ArrayList<String>();
        for (String part : List.of("rtl", "sim")) {
            if (Files.exists(project.resolve(part))) {
                try (var files = Files.list(project.resolve(part))) {
                    files.map(file -> part + "/" + file.getFileName()).sorted().forEach(paths::add);
                }
            }
        }
        return paths;
    }

    private static String run(Path project, List<String> command) throws IOException, InterruptedException {
        var process = new ProcessBuilder(command)
                .directory(project.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes());
        assertEquals(0, process.waitFor(), output);
        return output;
    }

    private static Path copy(String name, String purpose) throws IOException {
        Path from = project(name);
        Path to = folder.resolve(purpose + "-" + name);
        ToolCache.delete(to);
        try (var files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        }
        return to;
    }

    private static Map<String, String> contents(Path project) throws IOException {
        var contents = new TreeMap<String, String>();
        try (var files = Files.walk(project)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                contents.put(project.relativize(file).toString(), Files.readString(file));
            }
        }
        return contents;
    }
}
