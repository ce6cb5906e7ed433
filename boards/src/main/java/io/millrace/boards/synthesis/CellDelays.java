package io.millrace.boards.synthesis;

import io.millrace.boards.synthesis.Netlist.Cell;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Delays of 7-series primitives in picoseconds: those of the {@code specify} blocks in yosys' cell models for xc7, which are the slow corner of Artix-7
 * in the prjxray database. Inputs of a LUT can be exchanged, so that they are by rank and not by pin.
 */
final class CellDelays {
    /** Of a LUT's input, by how many other inputs arrive later. */
    private static final int[] LUT = {127, 238, 407, 472, 631, 642};

    /** Rows S0 to S3, DI0 to DI3, CI, CYINIT; columns O0 to O3, CO0 to CO3; 0 where there is no way. */
    private static final int[][] CARRY4 = {
        {223, 400, 523, 582, 340, 433, 512, 508},
        {0, 205, 558, 618, 0, 469, 548, 528},
        {0, 0, 226, 330, 0, 0, 292, 378},
        {0, 0, 0, 227, 0, 0, 0, 380},
        {0, 407, 556, 615, 379, 465, 540, 526},
        {0, 0, 537, 596, 0, 445, 520, 507},
        {0, 0, 0, 438, 0, 0, 356, 398},
        {0, 0, 0, 0, 0, 0, 0, 385},
        {222, 334, 239, 313, 271, 157, 228, 114},
        {482, 598, 584, 642, 536, 494, 592, 580},
    };

    private static final Map<String, Integer> MUXF7 = Map.of("I0", 217, "I1", 223, "S", 296);
    private static final Map<String, Integer> MUXF8 = Map.of("I0", 104, "I1", 94, "S", 273);
    private static final int CLOCK_TO_Q = 303;
    private static final int CLOCK_TO_SHIFTED = 1472;
    private static final int CLOCK_TO_STORED = 1190;
    private static final int CLOCK_TO_BLOCK = 2454;
    private static final int CLOCK_TO_BLOCK_REGISTER = 882;
    private static final int ENABLE = 109;
    private static final int RESET = 404;

    private CellDelays() {}

    static boolean isLut(Cell cell) {
        return cell.type().startsWith("LUT") || cell.type().equals("INV");
    }

    static boolean isCarry(Cell cell) {
        return cell.type().equals("CARRY4");
    }

    static boolean isMux(Cell cell) {
        return cell.type().equals("MUXF7") || cell.type().equals("MUXF8");
    }

    static boolean isRegister(Cell cell) {
        return cell.type().startsWith("FD");
    }

    static boolean isLutMemory(Cell cell) {
        return cell.type().matches("RAM(32|64|128|256)[MX].*");
    }

    static boolean isShiftRegister(Cell cell) {
        return cell.type().startsWith("SRL");
    }

    static boolean isBlockRam(Cell cell) {
        return cell.type().startsWith("RAMB");
    }

    static boolean isDsp(Cell cell) {
        return cell.type().equals("DSP48E1");
    }

    static int lut(int later) {
        return LUT[later];
    }

    static int muxf(Cell cell, String pin) {
        var delays = cell.type().equals("MUXF7") ? MUXF7 : MUXF8;
        Integer delay = delays.get(pin);
        if (delay == null) {
            throw new IllegalArgumentException(cell.type() + " has no input " + pin);
        }
        return delay;
    }

    /** From an input of a CARRY4 to an output, nothing where the one does not count for the other. */
    static OptionalInt carry(String pin, int bit, String out, int outBit) {
        int row = switch (pin) {
            case "S" -> bit;
            case "DI" -> 4 + bit;
            case "CI" -> 8;
            case "CYINIT" -> 9;
            default -> throw new IllegalArgumentException("CARRY4 has no input " + pin);
        };
        int delay = CARRY4[row][out.equals("O") ? outBit : 4 + outBit];
        return delay == 0 ? OptionalInt.empty() : OptionalInt.of(delay);
    }

    /** From a read address of a memory in LUTs, or of a shift register's tap, to what is read. */
    static int lutMemory() {
        return LUT[LUT.length - 1];
    }

    /** From the clock to an output. */
    static int clockTo(Cell cell, String out) {
        if (isRegister(cell)) {
            return CLOCK_TO_Q;
        }
        if (isShiftRegister(cell)) {
            return CLOCK_TO_SHIFTED;
        }
        if (isLutMemory(cell)) {
            return CLOCK_TO_STORED;
        }
        if (isBlockRam(cell)) {
            boolean first = out.startsWith("DOA") || out.startsWith("DOPA");
            return cell.number(first ? "DOA_REG" : "DOB_REG") == 1 ? CLOCK_TO_BLOCK_REGISTER : CLOCK_TO_BLOCK;
        }
        return clockToDsp(cell, out.equals("PCOUT"));
    }

    private static int clockToDsp(Cell cell, boolean cascade) {
        if (cell.number("PREG") != 0) {
            return cascade ? 435 : 329;
        }
        int wires = cascade ? 148 : 0;
        if (cell.number("MREG") != 0) {
            return 1671 + wires;
        }
        return (cell.number("AREG") != 0 ? 2952 : 2813) + wires;
    }

    /** Before the clock, at an input that is kept; nothing of a clock or of an input that nothing keeps. */
    static OptionalInt setup(Cell cell, String pin) {
        if (isRegister(cell)) {
            return switch (pin) {
                case "D" -> OptionalInt.of(0);
                case "CE" -> OptionalInt.of(ENABLE);
                case "R", "S", "CLR", "PRE" -> OptionalInt.of(RESET);
                default -> OptionalInt.empty();
            };
        }
        if (isShiftRegister(cell)) {
            return switch (pin) {
                case "D" -> OptionalInt.of(173);
                case "CE" -> OptionalInt.of(ENABLE);
                default -> OptionalInt.empty();
            };
        }
        if (isLutMemory(cell)) {
            return pin.equals("WE")
                    ? OptionalInt.of(654)
                    : pin.startsWith("DI") || pin.equals("D")
                            ? OptionalInt.of(461)
                            : pin.equals("ADDRD") || pin.matches("A\\d*") ? OptionalInt.of(616) : OptionalInt.empty();
        }
        if (isBlockRam(cell)) {
            return blockSetup(pin);
        }
        return dspSetup(cell, pin);
    }

    private static OptionalInt blockSetup(String pin) {
        if (pin.startsWith("ADDR")) {
            return OptionalInt.of(566);
        }
        if (pin.startsWith("DI")) {
            return OptionalInt.of(737);
        }
        if (pin.startsWith("WE") || pin.startsWith("EN")) {
            return OptionalInt.of(532);
        }
        return pin.startsWith("REGCE") ? OptionalInt.of(360) : OptionalInt.empty();
    }

    private static OptionalInt dspSetup(Cell cell, String pin) {
        boolean kept = cell.number("MREG") != 0;
        return switch (pin) {
            case "A" -> OptionalInt.of(cell.number("AREG") != 0 ? 254 : kept ? 1416 : 2739);
            case "B" -> OptionalInt.of(cell.number("BREG") != 0 ? 324 : kept ? 1285 : 2608);
            case "C" -> OptionalInt.of(cell.number("CREG") != 0 ? 168 : 1244);
            case "PCIN" -> OptionalInt.of(1025);
            default ->
                List.of("OPMODE", "ALUMODE", "INMODE").contains(pin) || pin.startsWith("CE") || pin.startsWith("RST")
                        ? OptionalInt.of(RESET)
                        : OptionalInt.empty();
        };
    }
}
