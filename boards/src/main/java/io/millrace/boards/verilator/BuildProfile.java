package io.millrace.boards.verilator;

import java.util.List;

/** What a Verilated core is compiled for. */
public enum BuildProfile {
    /** Soon ready, runs of some 100,000 cycles. Registers and memories start with random bits, so that nothing leans on their being 0. */
    VERIFICATION(List.of(
            "-O3",
            "--x-assign",
            "unique",
            "--x-initial",
            "unique",
            "--output-split",
            "8000",
            "-MAKEFLAGS",
            "OPT_FAST=-O1",
            "-MAKEFLAGS",
            "OPT_SLOW=-O0",
            "-MAKEFLAGS",
            "OPT_GLOBAL=-O1")),

    /** Cells of a synthesised netlist, whose warnings say nothing about us; they begin as configured, at 0. */
    NETLIST(List.of(
            "-Wno-fatal",
            "-Wno-lint",
            "-O3",
            "--x-assign",
            "0",
            "--x-initial",
            "0",
            "--output-split",
            "8000",
            "-MAKEFLAGS",
            "OPT_FAST=-O1",
            "-MAKEFLAGS",
            "OPT_SLOW=-O0",
            "-MAKEFLAGS",
            "OPT_GLOBAL=-O1")),

    /** Long to compile, fast to run. */
    SPEED(List.of(
            "-O3",
            "--x-assign",
            "fast",
            "--x-initial",
            "fast",
            "-MAKEFLAGS",
            "OPT_FAST=-O3",
            "-MAKEFLAGS",
            "OPT_GLOBAL=-O2"));

    private final List<String> options;

    BuildProfile(List<String> options) {
        this.options = List.copyOf(options);
    }

    /** Options of the {@code verilator} command. */
    List<String> options() {
        return options;
    }
}
