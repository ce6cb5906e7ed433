package io.millrace.boards.project;

import io.millrace.boards.Family;
import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.BlackBox;
import io.millrace.hdl.bridge.Type;

/** The vendor's cells that a board top is made of (UG623 for Virtex-6, UG768 for the 7 series). */
final class Primitives {
    /** What the delays of input pins are calibrated by (UG471). */
    static final double REFERENCE_MHZ = 200;

    private Primitives() {}

    /** A clock input of two pins. */
    static final class DifferentialBuffer extends BlackBox {
        final Bit p = in("I", Type.bit());
        final Bit n = in("IB", Type.bit());
        final Bit out = out("O", Type.bit());

        DifferentialBuffer() {
            super("IBUFDS");
        }
    }

    /** What drives a clock tree. */
    static final class ClockBuffer extends BlackBox {
        final Bit in = in("I", Type.bit());
        final Bit out = out("O", Type.bit());

        ClockBuffer() {
            super("BUFG");
        }
    }

    /** Drives the registers in the pads of one bank. */
    static final class PadClockBuffer extends BlackBox {
        final Bit in = in("I", Type.bit());
        final Bit out = out("O", Type.bit());

        PadClockBuffer() {
            super("BUFIO");
        }
    }

    /** Drives the clocks of a region, in step with {@link PadClockBuffer}; enabled and not cleared by the parent. */
    static final class RegionalClockBuffer extends BlackBox {
        final Bit in = in("I", Type.bit());
        final Bit enable = in("CE", Type.bit());
        final Bit clear = in("CLR", Type.bit());
        final Bit out = out("O", Type.bit());

        RegionalClockBuffer() {
            super("BUFR");
            generic("BUFR_DIVIDE", "BYPASS");
        }
    }

    /** A pad that shows one bit while the clock is high and one while it is low; of the clock it is made in. */
    static final class DoubleRateOutput extends BlackBox {
        final Bit whileHigh = in("D1", Type.bit());
        final Bit whileLow = in("D2", Type.bit());
        final Bit enable = in("CE", Type.bit());
        final Bit reset = in("R", Type.bit());
        final Bit set = in("S", Type.bit());
        final Bit out = out("Q", Type.bit());

        DoubleRateOutput() {
            super("ODDR");
            generic("DDR_CLK_EDGE", "SAME_EDGE");
            clock("C");
        }
    }

    /** Makes one clock of another; {@code reset} and the feedback are driven by the parent. */
    static final class ClockManager extends BlackBox {
        final Bit in = in("CLKIN1", Type.bit());
        final Bit feedbackIn = in("CLKFBIN", Type.bit());
        final Bit reset = in("RST", Type.bit());
        final Bit powerDown = in("PWRDWN", Type.bit());
        final Bit feedbackOut = out("CLKFBOUT", Type.bit());
        final Bit out = out("CLKOUT0", Type.bit());
        /** 200 MHz where a reference is wanted. */
        final Bit reference = out("CLKOUT1", Type.bit());

        /** Clock of Ethernet where one is wanted. */
        final Bit line = out("CLKOUT2", Type.bit());

        final Bit locked = out("LOCKED", Type.bit());

        /** @param lineMhz clock of Ethernet to be made; 0 for none */
        ClockManager(Family family, ClockPlan plan, boolean withReference, double lineMhz) {
            super(cell(family));
            generic("BANDWIDTH", "OPTIMIZED");
            generic("CLKIN1_PERIOD", plan.inNanoseconds());
            generic("DIVCLK_DIVIDE", plan.divide());
            generic("CLKFBOUT_MULT_F", plan.multiply());
            generic("CLKOUT0_DIVIDE_F", plan.outputDivide());
            if (withReference) {
                generic("CLKOUT1_DIVIDE", plan.divideFor(REFERENCE_MHZ));
            }
            if (lineMhz > 0) {
                generic("CLKOUT2_DIVIDE", plan.divideFor(lineMhz));
            }
        }

        private static String cell(Family family) {
            return switch (family) {
                case VIRTEX6 -> "MMCM_BASE";
                case VIRTEX7, KINTEX7, ARTIX7, ZYNQ7 -> "MMCME2_BASE";
                case ICE40UP, ICE40HX ->
                    throw new IllegalArgumentException(family + " has no mixed-mode clock manager");
            };
        }
    }
}
