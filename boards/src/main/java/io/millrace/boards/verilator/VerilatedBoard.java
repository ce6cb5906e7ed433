package io.millrace.boards.verilator;

import io.millrace.hdl.Design;
import io.millrace.hdl.EthernetOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A board (machine and host port) translated by Verilator and compiled, kept in a cache folder by the hash of its sources. */
public final class VerilatedBoard {
    private final Design design;
    private final Path program;
    private final Duration buildTime;

    private VerilatedBoard(Design design, Path program, Duration buildTime) {
        this.design = design;
        this.program = program;
        this.buildTime = buildTime;
    }

    /** Builds the board for long runs, or takes it from the cache; see {@link #build(Design, BuildProfile)}. */
    public static VerilatedBoard build(Design design) {
        return build(design, BuildProfile.SPEED);
    }

    /**
     * Builds a board that {@link io.millrace.hdl.DesignGenerator#board} wrote, or takes it from the cache.
     *
     * @throws io.millrace.ir.CompileException if Verilator is missing or fails (exit code 10)
     */
    public static VerilatedBoard build(Design design, BuildProfile profile) {
        long start = System.nanoTime();
        Path program = VerilatorBuild.cached(
                design.files(), design.top(), BoardHarness.source(design.machine(), design.top()), profile);
        return new VerilatedBoard(design, program, Duration.ofNanos(System.nanoTime() - start));
    }

    /**
     * As {@link #build(Design, BuildProfile)}, of a board that {@link io.millrace.hdl.DesignGenerator#uartBoard} wrote.
     *
     * @param clocksPerBit what it was written for
     */
    public static VerilatedBoard buildSerial(Design design, int clocksPerBit, BuildProfile profile) {
        long start = System.nanoTime();
        String harness = BoardHarness.serialSource(design.machine(), design.top(), clocksPerBit);
        Path program = VerilatorBuild.cached(design.files(), design.top(), harness, profile);
        return new VerilatedBoard(design, program, Duration.ofNanos(System.nanoTime() - start));
    }

    /**
     * As {@link #build(Design, BuildProfile)}, of a board that {@link io.millrace.hdl.DesignGenerator#ethernetBoard} wrote.
     *
     * @param options what it was written for
     * @param coreKhz the core's clock, whose relation to those of the line is kept
     */
    public static VerilatedBoard buildEthernet(
            Design design, EthernetOptions options, int coreKhz, BuildProfile profile) {
        long start = System.nanoTime();
        String harness = EthernetHarness.source(design.machine(), design.top(), options, coreKhz);
        Path program = VerilatorBuild.cached(design.files(), design.top(), harness, profile);
        return new VerilatedBoard(design, program, Duration.ofNanos(System.nanoTime() - start));
    }

    /** A design in a program that is there. */
    static VerilatedBoard of(Design design, Path program) {
        return new VerilatedBoard(design, program, Duration.ZERO);
    }

    /** The command whose link is a pseudo-terminal, which it names; it ends with its standard input. */
    public List<String> terminalCommand() {
        return List.of(program.toString(), "pty");
    }

    /** The command of a board on Ethernet, for hosts at a UDP port of this machine, 0 for any; it ends with its standard input. */
    public List<String> udpCommand(int port, LineFaults faults) {
        return List.of(
                program.toString(),
                Integer.toString(port),
                Integer.toString(faults.seed()),
                Double.toString(faults.lost()),
                Double.toString(faults.twice()),
                Integer.toString(faults.window()));
    }

    /** The design that runs in it. */
    public Design design() {
        return design;
    }

    /** Time that the build took, next to nothing when it was cached. */
    public Duration buildTime() {
        return buildTime;
    }

    /** The command whose standard input and output are the board's link: what follows {@code pipe:}. */
    public List<String> pipeCommand() {
        return List.of(program.toString(), "-");
    }

    /** The command that listens for hosts on a TCP port of this machine, 0 for any; it ends with its standard input. */
    public List<String> tcpCommand(int port) {
        return List.of(program.toString(), Integer.toString(port));
    }
}
