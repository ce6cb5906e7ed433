package io.millrace.scheduler;

/**
 * What a design is estimated to draw; by formulas, never measured.
 *
 * <p>Xilinx boards: {@code 3.5 W + 53 pJ * DSPs * f}, a line through three published accelerators that were measured at the board: ZC706 (780 DSPs, 150 MHz, 9.63 W; Qiu et
 * al., FPGA 2016), VC707 (2,240 DSPs, 100 MHz, 18.6 W; Zhang et al., FPGA 2015) and a VX690T (2,833 DSPs, 150 MHz, 26 W; Zhang et al., ICCAD 2016), all recalled, not
 * re-opened. It is within 18 % of each; neuFlow's 10 W on ML605 is 23 % above it. The 53 pJ hold multiplier (about 13 pJ: 1.38 mW per 100 MHz, Virtex-5 product brief,
 * recalled), block RAM, fabric and DRAM of such designs together.
 *
 * <p>iCE40 UltraPlus: {@code I[uA] = 132 + f * (42.8 + 0.16 * cells / 2 + 12.6 * DSPs)} at 1.2 V with f in MHz, a fit to the published currents of tinyVision's ice40_power, where half of the cells are
 * taken to switch. For single-port memories no current is published: 20 pJ an access of each in every cycle is an assumption. The board is not counted: its LED
 * and USB bridge draw more than the device.
 *
 * @param coreMilliwatts the device's, or of Xilinx boards all that grows with the clock
 * @param boardMilliwatts the whole board's; of iCE40 boards the device's alone
 * @param errorFraction half of the band in which the real figure is expected: 0.3 is ±30 %
 */
public record PowerEstimate(double coreMilliwatts, double boardMilliwatts, double errorFraction) {
    private static final double XILINX_STATIC_MILLIWATTS = 3500;
    private static final double XILINX_PICOJOULES_PER_DSP = 53;
    private static final double XILINX_ERROR = 0.3;
    private static final double ICE_IDLE_MICROAMPERES = 132;
    private static final double ICE_CLOCK = 42.8;
    private static final double ICE_CELL = 0.16;
    private static final double ICE_SWITCHING = 0.5;
    private static final double ICE_DSP = 12.6;
    private static final double ICE_VOLTS = 1.2;
    private static final double ICE_PICOJOULES_PER_SPRAM = 20;
    private static final double ICE_ERROR = 0.5;
    private static final double MICRO = 1e-3;

    /** The estimate for parts of a device at a clock. */
    public static PowerEstimate of(Target.Family family, Cost.Resources parts, double clockMhz) {
        return switch (family) {
            case VIRTEX6, SERIES7 -> {
                // pJ * MHz are uW.
                double core = XILINX_PICOJOULES_PER_DSP * parts.dsp() * clockMhz * MICRO;
                yield new PowerEstimate(core, core + XILINX_STATIC_MILLIWATTS, XILINX_ERROR);
            }
            case ICE40 -> {
                double microamperes = ICE_IDLE_MICROAMPERES
                        + clockMhz * (ICE_CLOCK + ICE_CELL * ICE_SWITCHING * parts.lut() + ICE_DSP * parts.dsp());
                double core = microamperes * ICE_VOLTS * MICRO
                        + ICE_PICOJOULES_PER_SPRAM * parts.spram256k() * clockMhz * MICRO;
                yield new PowerEstimate(core, core, ICE_ERROR);
            }
        };
    }

    /** Energy of a frame at the board that takes so many cycles, mJ. */
    public double millijoulesPerFrame(double cycles, double clockMhz) {
        return boardMilliwatts * cycles / (clockMhz * 1e6);
    }

    /** Energy of a frame in the core alone, mJ. */
    public double coreMillijoulesPerFrame(double cycles, double clockMhz) {
        return coreMilliwatts * cycles / (clockMhz * 1e6);
    }

    /** 10^9 operations a second for each watt of the board; a multiply-accumulate is two. */
    public double gopsPerWatt(long macsPerFrame, double cycles, double clockMhz) {
        return 2 * macsPerFrame / (millijoulesPerFrame(cycles, clockMhz) * 1e6);
    }
}
