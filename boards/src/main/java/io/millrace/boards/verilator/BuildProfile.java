package io.millrace.boards.verilator;

import java.util.List;
import java.util.stream.Stream;

/** What a Verilated core is compiled for. */
public enum BuildProfile {
    /** Soon ready, runs of some 100,000 cycles. Registers and memories start with random bits, so that nothing leans on their being 0. */
    VERIFICATION(soonReady("unique")),

    /** Cells of a synthesised netlist, whose warnings say nothing about us; they begin as configured, at 0. */
    NETLIST(joined(List.of("-Wno-fatal", "-Wno-lint"), soonReady("0"))),

    /** Long to compile, fast to run. */
    SPEED(joined(beginning("fast"), make("OPT_FAST=-O3", "OPT_GLOBAL=-O2")));

    private final List<String> options;

    BuildProfile(List<String> options) {
        this.options = List.copyOf(options);
    }

    /** @param unknown what unknown bits are taken for, and registers and memories begin with */
    private static List<String> beginning(String unknown) {
        return List.of("-O3", "--x-assign", unknown, "--x-initial", unknown);
    }

    private static List<String> soonReady(String unknown) {
        var quickToCompile = make("OPT_FAST=-O1", "OPT_SLOW=-O0", "OPT_GLOBAL=-O1");
        return joined(joined(beginning(unknown), List.of("--output-split", "8000")), quickToCompile);
    }

    private static List<String> make(String... settings) {
        return Stream.of(settings).flatMap(s -> Stream.of("-MAKEFLAGS", s)).toList();
    }

    private static List<String> joined(List<String> first, List<String> second) {
        return Stream.of(first, second).flatMap(List::stream).toList();
    }

    /** Options of the {@code verilator} command. */
    List<String> options() {
        return options;
    }
}
