package io.millrace.scheduler.internal;

import io.millrace.scheduler.Cost.Resources;
import io.millrace.scheduler.Target;
import java.util.ArrayList;
import java.util.List;

/** Parts that one simple dual-port memory of the generated Verilog takes, as yosys maps it. */
final class Rams {
    /** Largest memory, in bits, that is registers on iCE40, which has no LUT memory. */
    private static final int REGISTER_BITS = 128;

    private static final int BRAM18_COST = 129;
    private static final int BRAM36_COST = 257;

    /** Shapes of an 18-kbit block with one port for both, and with a port each. */
    private static final List<Shape> BRAM18_ONE_PORT = List.of(
            new Shape(16384, 1, 1),
            new Shape(8192, 2, 2),
            new Shape(4096, 4, 4),
            new Shape(2048, 9, 9),
            new Shape(1024, 18, 9));

    private static final List<Shape> BRAM18_TWO_PORTS = with(BRAM18_ONE_PORT, new Shape(512, 36, 9));
    private static final List<Shape> BRAM36_ONE_PORT = BRAM18_ONE_PORT.stream()
            .map(s -> s.width() == 18 ? new Shape(1024, 36, 9) : new Shape(2 * s.depth(), s.width(), s.granule()))
            .toList();
    private static final List<Shape> BRAM36_TWO_PORTS = with(BRAM36_ONE_PORT, new Shape(512, 72, 9));
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

    private static List<Shape> with(List<Shape> shapes, Shape one) {
        var all = new ArrayList<>(shapes);
        all.add(one);
        return List.copyOf(all);
    }

    /** A memory with one write and one read port, read clocked. */
    static Resources dualPort(Target target, int depth, int width) {
        if (depth < 1 || width < 1) {
            return Resources.NONE;
        }
        return switch (target.family()) {
            case ICE40 -> new Resources(0, 0, 0, blocks(EBR, depth, width), 0, 0, 0);
            case VIRTEX6, SERIES7 -> xilinx(depth, width, BRAM18_TWO_PORTS, BRAM36_TWO_PORTS);
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
            return switch (target.family()) {
                case ICE40 -> dualPort(target, depth, width);
                case VIRTEX6, SERIES7 -> xilinx(depth, width, BRAM18_ONE_PORT, BRAM36_ONE_PORT);
            };
        }
        int blocks = Math.ceilDiv(width, SPRAM_WIDTH) * Math.ceilDiv(depth, SPRAM_DEPTH);
        return new Resources(0, 0, 0, 0, blocks, 0, 0);
    }

    /** The cheaper of LUT memory and block RAM by the costs in yosys' libraries (lutrams_xc5v.txt, brams_xc4v.txt). */
    private static Resources xilinx(int depth, int width, List<Shape> bram18, List<Shape> bram36) {
        boolean shallow = depth <= 32;
        int bitsOfOne = shallow ? 6 : 3;
        int deep = shallow ? 1 : Math.ceilDiv(depth, 64);
        int primitives = deep * Math.ceilDiv(width, bitsOfOne);
        double lutCost = deep
                * (width / bitsOfOne * 8.0 + (width % bitsOfOne == 0 ? 0 : 1 + 7.0 * (width % bitsOfOne) / bitsOfOne));
        int halves = blocks(bram18, depth, width);
        int wholes = blocks(bram36, depth, width);
        int blockCost = Math.min(halves * BRAM18_COST, wholes * BRAM36_COST);
        if (lutCost < blockCost) {
            int multiplexers = deep == 1 ? 0 : width * Math.ceilDiv(deep, 4);
            return new Resources(0, 0, 0, 0, 0, 4 * primitives + multiplexers, width);
        }
        boolean pairs = wholes * BRAM36_COST <= halves * BRAM18_COST;
        return pairs ? new Resources(0, wholes, 0, 0, 0, 0, 0) : new Resources(0, 0, halves, 0, 0, 0, 0);
    }

    /** Least number of blocks over all shapes a block can take. */
    private static int blocks(List<Shape> shapes, int depth, int width) {
        return shapes.stream().mapToInt(s -> s.blocks(depth, width)).min().orElseThrow();
    }
}
