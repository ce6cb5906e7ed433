package io.millrace.boards.project;

import io.millrace.boards.MemoryController;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What ISE's CORE Generator and MIG 3.92 (UG406) make a memory controller for Virtex-6 of, and how it is constrained.
 *
 * <p>Forms and names: ShepardSiegel/ocpi, coregen/dram_v6_mig39_2 at 4079bee2ed87719c0ebf16c979dba2d4acba04fa (mig_39_2.xco) and
 * e87874601d12efb4705123b1e6912b5af0e2f105 (coregen.cgp, example_design/mig.prj, mig_39_2_flist.txt), of ISE 14.7. That project file leaves pins to the generator,
 * as lnls-dig/bpm-gw's for ML605 does (hdl/ip_cores/pcie/ml605/ddr_v6/user_design/mig.prj at 882987fd7b4c47b92dd753ea5ebb76cb81c4a33c): the modules that we take
 * have none in them. Constraints: jakubcabal/mig_ddr3_wrapper_virtex6, source/constraints_for_ml605.ucf at 8c8dc36b1c249bae8dce24a82650f3876d4c1ae4, and what
 * alexeykosinov/ml605_axi_ver2, data/system.ucf at 208147f65860ce841f05403bff60dfd637032afa, has besides.
 */
final class Mig6Project {
    static final String PROJECT = "coregen.cgp";
    static final String COMPONENT = "mig_v6";
    static final String CORE = COMPONENT + ".xco";
    /** Where CORE Generator runs and leaves its files. */
    static final String FOLDER = "build/coregen";
    /** Net of the controller's clock in the top. */
    static final String CLOCK = "memory_clock";

    private static final Pattern PART = Pattern.compile("(xc6v[a-z]+[0-9]+t)-([0-9])([a-z]+[0-9]+)");

    /** What MIG 3.92 writes below user_design/rtl, without its own top, its clock buffers and what only debugging uses. */
    private static final List<String> MODULES = List.of(
            "controller/arb_mux",
            "controller/arb_row_col",
            "controller/arb_select",
            "controller/bank_cntrl",
            "controller/bank_common",
            "controller/bank_compare",
            "controller/bank_mach",
            "controller/bank_queue",
            "controller/bank_state",
            "controller/col_mach",
            "controller/mc",
            "controller/rank_cntrl",
            "controller/rank_common",
            "controller/rank_mach",
            "controller/round_robin_arb",
            "ecc/ecc_buf",
            "ecc/ecc_dec_fix",
            "ecc/ecc_gen",
            "ecc/ecc_merge_enc",
            "ip_top/infrastructure",
            "ip_top/mem_intfc",
            "ip_top/memc_ui_top",
            "phy/circ_buffer",
            "phy/phy_ck_iob",
            "phy/phy_clock_io",
            "phy/phy_control_io",
            "phy/phy_data_io",
            "phy/phy_dly_ctrl",
            "phy/phy_dm_iob",
            "phy/phy_dq_iob",
            "phy/phy_dqs_iob",
            "phy/phy_init",
            "phy/phy_pd",
            "phy/phy_pd_top",
            "phy/phy_rdclk_gen",
            "phy/phy_rdctrl_sync",
            "phy/phy_rddata_sync",
            "phy/phy_rdlvl",
            "phy/phy_read",
            "phy/phy_top",
            "phy/phy_write",
            "phy/phy_wrlvl",
            "phy/rd_bitslip",
            "ui/ui_cmd",
            "ui/ui_rd_data",
            "ui/ui_top",
            "ui/ui_wr_data");

    private static final List<String> SETTINGS = List.of(
            "MemoryDevice",
            "TimePeriod",
            "DataWidth",
            "RowAddress",
            "ColAddress",
            "BankAddress",
            "InternalVref",
            "MasterBanks",
            "CaptureClock",
            "DataBanks",
            "AddressBanks",
            "SysClkBanks",
            "CasLatency",
            "CasWriteLatency",
            "OutputDriveStrength",
            "RTT");

    private Mig6Project() {}

    /** What a controller's file must say before a project can be written; empty if it says all. */
    static List<String> missing(MemoryController controller) {
        var missing = SETTINGS.stream().filter(name -> controller.setting(name).isEmpty());
        return Stream.concat(missing, placesStrobes(controller) ? Stream.empty() : Stream.of("capture of each strobe"))
                .toList();
    }

    private static boolean placesStrobes(MemoryController controller) {
        if (controller.capture().isEmpty() || controller.setting("DataWidth").isEmpty()) {
            return false;
        }
        var capture = controller.capture().get();
        int strobes = controller.number("DataWidth") / 8;
        var columns = capture.columns().stream()
                .flatMap(column -> column.strobes().stream())
                .sorted()
                .toList();
        return capture.strobes().size() == strobes
                && columns.equals(IntStream.range(0, strobes).boxed().toList());
    }

    /** The clock of a controller's memory, made of the board's; empty if it can't be. */
    static Optional<MemoryClock> clock(MemoryController controller, double boardMhz) {
        return MemoryClock.of(boardMhz, 1e6 / Mig6Wrapper.picoseconds(controller));
    }

    /** The generated sources that our own top stands on. */
    static Stream<String> sources() {
        return MODULES.stream().map(module -> FOLDER + "/" + COMPONENT + "/user_design/rtl/" + module + ".v");
    }

    static void write(String part, XilinxTop.Memory memory, ProjectFiles files) {
        files.put(PROJECT, "# Generated by Millrace.\n" + options(part) + "SET workingdirectory = ./tmp/\n")
                .put(CORE, core(part))
                .put(MigProject.FILE, text(part, memory.controller()))
                .put("sim/" + COMPONENT + ".v", Mig6Wrapper.declarations());
    }

    private static Matcher part(String part) {
        var matcher = PART.matcher(part);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(part + " is no part of Virtex-6");
        }
        return matcher;
    }

    private static String options(String name) {
        var part = part(name);
        return """
                SET addpads = false
                SET asysymbol = false
                SET busformat = BusFormatAngleBracketNotRipped
                SET createndf = false
                SET designentry = Verilog
                SET device = %s
                SET devicefamily = virtex6
                SET flowvendor = Other
                SET formalverification = false
                SET foundationsym = false
                SET implementationfiletype = Ngc
                SET package = %s
                SET removerpms = false
                SET simulationfiles = Behavioral
                SET speedgrade = -%s
                SET verilogsim = true
                SET vhdlsim = false
                """.formatted(part.group(1), part.group(3), part.group(2));
    }

    private static String core(String part) {
        return """
                # Generated by Millrace.
                # BEGIN Project Options
                %s# END Project Options
                # BEGIN Select
                SELECT MIG_Virtex-6_and_Spartan-6 family Xilinx,_Inc. 3.92
                # END Select
                # BEGIN Parameters
                CSET component_name=%s
                CSET xml_input_file=%s
                # END Parameters
                GENERATE
                """.formatted(options(part), COMPONENT, MigProject.FILE);
    }

    private static String text(String name, MemoryController c) {
        var part = part(name);
        var text = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Project NoOfControllers=\"1\" >\n");
        MigProject.element(text, "ModuleName", COMPONENT);
        MigProject.element(text, "dci_inouts_inputs", "1");
        MigProject.element(text, "dci_outputs", "0");
        MigProject.element(text, "Debug_En", "OFF");
        MigProject.element(text, "TargetFPGA", "%s-%s/-%s".formatted(part.group(1), part.group(3), part.group(2)));
        MigProject.element(text, "Version", "3.92");
        MigProject.element(text, "SystemClock", "Differential");
        MigProject.element(text, "PinSelectionFlag", "FALSE");
        MigProject.element(text, "IODelayHighPerformanceMode", "HIGH");
        MigProject.element(text, "InternalVref", c.setting("InternalVref"));
        text.append("<Controller number=\"0\" >\n");
        MigProject.element(text, "MemoryDevice", c.setting("MemoryDevice"));
        MigProject.element(text, "TimePeriod", c.setting("TimePeriod"));
        MigProject.element(text, "DataWidth", c.setting("DataWidth"));
        MigProject.element(text, "DeepMemory", "1");
        MigProject.element(text, "DataMask", "1");
        MigProject.element(text, "CustomPart", "FALSE");
        MigProject.element(text, "NewPartName", "");
        for (String setting : List.of("RowAddress", "ColAddress", "BankAddress", "MasterBanks")) {
            MigProject.element(text, setting, c.setting(setting));
        }
        text.append("<TimingParameters>\n<Parameters");
        c.timing().forEach((time, value) -> text.append(" %s=\"%s\"".formatted(time, value)));
        text.append(" />\n</TimingParameters>\n");
        MigProject.element(text, "ECC", "Disabled");
        MigProject.element(text, "DiscreteBankSelections", "1");
        MigProject.element(text, "CaptureClock", c.setting("CaptureClock"));
        MigProject.element(text, "UserMemoryAddressMap", "ROW_BANK_COLUMN");
        MigProject.element(text, "Ordering", "Strict");
        text.append("<BankSelection>\n");
        var data = banks(c, "DataBanks");
        var address = banks(c, "AddressBanks");
        var clocks = banks(c, "SysClkBanks");
        Stream.of(data, address, clocks)
                .flatMap(List::stream)
                .distinct()
                .sorted()
                .forEach(bank ->
                        text.append("<Bank SysClk=\"%s\" Data=\"%s\" name=\"%s\" Address=\"%s\" wasso=\"40\" />\n"
                                .formatted(
                                        flag(clocks.contains(bank)),
                                        flag(data.contains(bank)),
                                        bank,
                                        flag(address.contains(bank)))));
        text.append("</BankSelection>\n");
        MigProject.modes(text, c, "Read Burst Type", false);
        MigProject.element(text, "PortInterface", "NATIVE");
        return text.append("</Controller>\n</Project>\n").toString();
    }

    private static List<String> banks(MemoryController c, String setting) {
        return List.of(c.setting(setting).split(" "));
    }

    private static int flag(boolean set) {
        return set ? 1 : 0;
    }

    /** Pins, impedance, and where the clocks of read data are made; times that no period says. */
    static String constraints(MemoryController c) {
        var text = new StringBuilder("# " + c.source() + "\n");
        c.pins().stream()
                .flatMap(group -> group.wires(c.source()))
                .forEach(pin -> text.append("NET \"%s\" LOC = \"%s\" | IOSTANDARD = %s;\n"
                        .formatted(IseProject.net(pin.port()), pin.pin(), pin.standard())));
        c.dciCascades()
                .forEach(cascade ->
                        text.append("""
                # %s
                CONFIG DCI_CASCADE = "%d %s";
                """.formatted(cascade.source(), cascade.master(), cascade.slaveNumbers())));
        var capture = c.capture().orElseThrow();
        text.append("# %s\n# Cells of these pins make clocks.\n".formatted(capture.source()));
        prohibit(text, capture.columns().stream().map(MemoryController.Column::place));
        prohibit(text, capture.strobes().stream());
        String physical = "memory/" + Mig6Wrapper.CONTROLLER + "/u_mem_intfc/phy_top0";
        String clocks = physical + "/u_phy_read/u_phy_rdclk_gen";
        for (int i = 0; i < capture.columns().size(); i++) {
            var column = capture.columns().get(i);
            String cells = clocks + "/gen_loop_col" + i + ".u_";
            place(text, cells + "oserdes_rsync", "OLOGIC_" + column.place().site());
            place(text, cells + "odelay_rsync", "IODELAY_" + column.place().site());
            place(text, cells + "bufr_rsync", "BUFR_" + column.region());
        }
        for (int i = 0; i < capture.strobes().size(); i++) {
            String cells = clocks + "/gen_ck_cpt[" + i + "].u_";
            String site = capture.strobes().get(i).site();
            place(text, cells + "oserdes_cpt", "OLOGIC_" + site);
            place(text, cells + "odelay_cpt", "IODELAY_" + site);
        }
        place(text, "memory/" + Mig6Wrapper.CLOCKS + "/u_mmcm_adv", "MMCM_ADV_" + capture.clockManager());
        double nanoseconds = Mig6Wrapper.RATIO * Mig6Wrapper.picoseconds(c) / 1000.0;
        return text.append("""
                # The clocks of the columns, which no other period reaches.
                NET "%1$s/clk_rsync[?]" TNM_NET = "TNM_clk_rsync";
                TIMESPEC "TS_clk_rsync" = PERIOD "TNM_clk_rsync" %2$s ns;
                # Used with a whole clock between them alone.
                TIMEGRP "TG_clk_rsync_rise" = RISING "TNM_clk_rsync";
                TIMEGRP "TG_clk_rsync_fall" = FALLING "TNM_clk_rsync";
                TIMESPEC "TS_clk_rsync_rise_to_fall" = FROM "TG_clk_rsync_rise" TO "TG_clk_rsync_fall" %2$s ns;
                # Changes once, and has two clocks to settle.
                INST "%1$s/u_phy_init/u_ff_phy_init_data_sel" TNM = "TNM_PHY_INIT_SEL";
                TIMESPEC "TS_MC_PHY_INIT_SEL" = FROM "TNM_PHY_INIT_SEL" TO FFS %3$s ns;
                """.formatted(
                                physical, VivadoProject.number(nanoseconds), VivadoProject.number(2 * nanoseconds)))
                .toString();
    }

    private static void prohibit(StringBuilder text, Stream<MemoryController.Place> places) {
        text.append("CONFIG PROHIBIT = %s;\n"
                .formatted(places.map(MemoryController.Place::pin).sorted().collect(Collectors.joining(","))));
    }

    private static void place(StringBuilder text, String cell, String site) {
        text.append("INST \"%s\" LOC = \"%s\";\n".formatted(cell, site));
    }
}
