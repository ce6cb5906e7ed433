package io.millrace.scheduler.internal;

import io.millrace.scheduler.Cost.Resources;
import io.millrace.scheduler.CostModel;
import io.millrace.scheduler.Target;
import io.millrace.scheduler.Timing;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Parts that one simple dual-port memory of the generated Verilog takes, as yosys maps it. */
final class Rams {
    /** Largest memory, in bits, that is registers on iCE40, which has no LUT memory. */
    private static final int REGISTER_BITS = 128;

    private static final int BRAM18_COST = 129;
    private static final int BRAM36_COST = 257;
    private static final int CASCADE_COST = 513;
    /** Cost of a bit of a two-way multiplexer. */
    private static final double MULTIPLEXER_COST = 0.5;

    /** Shapes of blocks with a write and a read port, which may share their address. */
    private static final List<Shape> BRAM18 = List.of(
            new Shape(16384, 1, 1),
            new Shape(8192, 2, 2),
            new Shape(4096, 4, 4),
            new Shape(2048, 9, 9),
            new Shape(1024, 18, 9),
            new Shape(512, 36, 9));

    private static final List<Shape> BRAM36 = Stream.concat(
                    BRAM18.stream().map(s -> new Shape(2 * s.depth(), s.width(), s.granule())),
                    Stream.of(new Shape(512, 72, 9)))
            .toList();

    /** Two whole blocks in cascade, which make one of twice the depth without multiplexers. */
    private static final List<Shape> CASCADE = BRAM36.stream()
            .filter(s -> s.width() <= 9)
            .map(s -> new Shape(2 * s.depth(), s.width(), s.granule()))
            .toList();

    private static final List<Shape> EBR =
            List.of(new Shape(256, 16, 1), new Shape(512, 8, 8), new Shape(1024, 4, 4), new Shape(2048, 2, 2));
    private static final int SPRAM_DEPTH = 16384;
    private static final int SPRAM_WIDTH = 16;

    private Rams() {}

    /**
     * A shape that a block can take. A memory is cut into pieces of at most {@code depth} words; pieces lie beside each other in the
     * width of the blocks, each rounded up to the granule of the write enables.
     */
    private record Shape(int depth, int width, int granule) {
        int blocks(int words, int bits) {
            int piece = Math.ceilDiv(bits, granule) * granule;
            return Math.ceilDiv(Math.ceilDiv(words, depth) * piece, width);
        }
    }

    /** A memory with one write and one read port, read clocked. */
    static Resources dualPort(Target target, int depth, int width) {
        if (depth < 1 || width < 1) {
            return Resources.NONE;
        }
        return switch (target.family()) {
            case ICE40 -> new Resources(0, 0, 0, blocks(EBR, depth, width), 0, 0, 0);
            case VIRTEX6, SERIES7 -> xilinx(depth, width, LutMemory.twoPorts(depth, width));
        };
    }

    /** A memory that is asked to be a block RAM, with one write and one read port. */
    static Resources block(Target target, int depth, int width) {
        return switch (target.family()) {
            case ICE40 -> dualPort(target, depth, width);
            case VIRTEX6, SERIES7 -> new Resources(0, 0, blocks(BRAM18, depth, width), 0, 0, 0, 0);
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
        boolean spram = target.spram256k() > 0 && (long) depth * width > CostModel.SPRAM_FROM_BITS;
        if (!spram) {
            return switch (target.family()) {
                case ICE40 -> dualPort(target, depth, width);
                case VIRTEX6, SERIES7 -> xilinx(depth, width, LutMemory.onePort(depth, width));
            };
        }
        int blocks = Math.ceilDiv(width, SPRAM_WIDTH) * Math.ceilDiv(depth, SPRAM_DEPTH);
        return new Resources(0, 0, 0, 0, blocks, 0, 0);
    }

    /**
     * A memory of LUTs, in banks of at most 64 words (256 with one port for both) beside multiplexers.
     *
     * @param luts with the multiplexers
     * @param cost in the units of yosys' libraries; it counts half a unit for each bit of each two-way multiplexer
     */
    private record LutMemory(int luts, double cost) {
        private static final int LUTS = 4;
        private static final int COST = 8;

        /** RAM32M or RAM64M, whichever is cheaper. */
        static LutMemory twoPorts(int depth, int width) {
            var shallow = twoPorts(depth, width, 32, 6);
            var deep = twoPorts(depth, width, 64, 3);
            return shallow.cost <= deep.cost ? shallow : deep;
        }

        /** One unit of a primitive's cost is fixed, the rest goes with the bits used. */
        private static LutMemory twoPorts(int depth, int width, int words, int bits) {
            int rest = width % bits;
            double cost = width / bits * COST + (rest == 0 ? 0 : 1 + (COST - 1.0) * rest / bits);
            return banked(Math.ceilDiv(depth, words), LUTS * Math.ceilDiv(width, bits), cost, width);
        }

        /** Single-port memories of the same four LUTs, of 8 bits at 32 words to 1 bit at 256; the cost goes with the bits used. */
        static LutMemory onePort(int depth, int width) {
            int addressBits = Math.clamp(Timing.log2Of(depth), 5, 8);
            int bits = 8 >> (addressBits - 5);
            int banks = Math.ceilDiv(depth, 1 << addressBits);
            return banked(banks, Math.ceilDiv(LUTS * width, bits), (double) COST * width / bits, width);
        }

        private static LutMemory banked(int banks, int luts, double cost, int width) {
            int multiplexers = banks == 1 ? 0 : width * Math.ceilDiv(banks, 4);
            return new LutMemory(banks * luts + multiplexers, banks * cost + (banks - 1) * width * MULTIPLEXER_COST);
        }
    }

    /** The cheaper of LUT memory and block RAM by the costs in yosys' libraries (lutrams_xc5v.txt, brams_xc4v.txt). */
    private static Resources xilinx(int depth, int width, LutMemory lut) {
        var half = cheapest(BRAM18, BRAM18_COST, depth, width);
        var one = cheapest(BRAM36, BRAM36_COST, depth, width);
        var pairs = cheapest(CASCADE, CASCADE_COST, depth, width);
        var whole = one.cost() <= pairs.cost() ? one : new Blocks(2 * pairs.blocks(), pairs.cost());
        if (lut.cost() < Math.min(half.cost(), whole.cost())) {
            return new Resources(0, 0, 0, 0, 0, lut.luts(), width);
        }
        return whole.cost() <= half.cost()
                ? new Resources(0, whole.blocks(), 0, 0, 0, 0, 0)
                : new Resources(0, 0, half.blocks(), 0, 0, 0, 0);
    }

    /** Blocks of one shape; the cost, in the units of yosys' libraries, counts the multiplexers behind them and the write enables before them too. */
    private record Blocks(int blocks, double cost) {}

    private static Blocks cheapest(List<Shape> shapes, int costOfOne, int depth, int width) {
        return shapes.stream()
                .map(s -> {
                    int blocks = s.blocks(depth, width);
                    int pieces = Math.ceilDiv(depth, s.depth());
                    return new Blocks(blocks, blocks * costOfOne + (pieces - 1) * (width + 1) * MULTIPLEXER_COST);
                })
                .min(Comparator.comparingDouble(Blocks::cost))
                .orElseThrow();
    }

    /** Least number of blocks over all shapes a block can take. */
    private static int blocks(List<Shape> shapes, int depth, int width) {
        return shapes.stream().mapToInt(s -> s.blocks(depth, width)).min().orElseThrow();
    }
}
