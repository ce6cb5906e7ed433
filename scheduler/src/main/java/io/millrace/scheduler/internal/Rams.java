package io.millrace.scheduler.internal;

import io.millrace.scheduler.Cost.Resources;
import io.millrace.scheduler.Target;

/** Parts that one simple dual-port memory of the generated Verilog takes, as yosys maps it. */
final class Rams {
    /** Deepest memory that yosys builds of LUTs on Xilinx when a block RAM would be nearly empty. */
    private static final int LUTRAM_DEPTH = 64;

    /** Largest memory, in bits, that is built of LUTs on Xilinx whatever its depth. */
    private static final int LUTRAM_BITS = 2048;

    /** Largest memory, in bits, that is registers on iCE40, which has no LUT memory. */
    private static final int REGISTER_BITS = 512;

    private static final int[] BRAM18_DEPTH = {512, 1024, 2048, 4096, 8192, 16384};
    private static final int[] BRAM18_WIDTH = {36, 18, 9, 4, 2, 1};
    private static final int[] EBR_DEPTH = {256, 512, 1024, 2048};
    private static final int[] EBR_WIDTH = {16, 8, 4, 2};
    private static final int SPRAM_DEPTH = 16384;
    private static final int SPRAM_WIDTH = 16;

    private Rams() {}

    /** A memory with one write and one read port, read clocked. */
    static Resources dualPort(Target target, int depth, int width) {
        if (depth < 1 || width < 1) {
            return Resources.NONE;
        }
        return switch (target.family()) {
            case ICE40 -> new Resources(0, 0, 0, blocks(EBR_DEPTH, EBR_WIDTH, depth, width), 0, 0, 0);
            case VIRTEX6, SERIES7 -> xilinx(depth, width);
        };
    }

    /** A program memory: like any other, but registers where the part has no LUT memory and it is small. */
    static Resources program(Target target, int depth, int width) {
        return target.family() == Target.Family.ICE40 && depth * width <= REGISTER_BITS
                ? new Resources(0, 0, 0, 0, 0, depth * width / 2, depth * width)
                : dualPort(target, depth, width);
    }

    /** A memory that is written before and read during a run, one address a clock: SPRAM where the part has it. */
    static Resources singlePort(Target target, int depth, int width) {
        boolean spram = target.spram256k() > 0 && (long) depth * width > 16_384;
        if (!spram) {
            return dualPort(target, depth, width);
        }
        int blocks = Math.ceilDiv(width, SPRAM_WIDTH) * Math.ceilDiv(depth, SPRAM_DEPTH);
        return new Resources(0, 0, 0, 0, blocks, 0, 0);
    }

    private static Resources xilinx(int depth, int width) {
        if (depth <= LUTRAM_DEPTH || (long) depth * width <= LUTRAM_BITS) {
            // RAM32M holds 6 bits of 32 words in 4 LUTs, RAM64M 3 bits of 64 words in 4.
            int luts = depth <= 32 ? 4 * Math.ceilDiv(width, 6) : 4 * Math.ceilDiv(width, 3) * Math.ceilDiv(depth, 64);
            return new Resources(0, 0, 0, 0, 0, luts, width);
        }
        int halves = blocks(BRAM18_DEPTH, BRAM18_WIDTH, depth, width);
        return new Resources(0, halves / 2, halves % 2, 0, 0, 0, 0);
    }

    /** Least number of blocks over all shapes a block can take. */
    private static int blocks(int[] depths, int[] widths, int depth, int width) {
        int least = Integer.MAX_VALUE;
        for (int i = 0; i < depths.length; i++) {
            least = Math.min(least, Math.ceilDiv(depth, depths[i]) * Math.ceilDiv(width, widths[i]));
        }
        return least;
    }
}
