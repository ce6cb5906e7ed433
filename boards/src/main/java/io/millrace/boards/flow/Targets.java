package io.millrace.boards.flow;

import io.millrace.boards.BoardSpec;
import io.millrace.boards.MemoryKind;
import io.millrace.scheduler.Target;

/** Scheduler budgets from board facts. */
public final class Targets {
    /** Block RAMs of a lean host port on iCE40: two of its program, one of its packets. */
    public static final int ICE40_PORT_EBR = 3;

    /** Logic cells of a lean host port with its serial line, board top included, beyond the loader in words that it takes the place of. */
    public static final int ICE40_PORT_CELLS = 240;

    private Targets() {}

    /** The device of a board, at its assumed core clock, behind its preferred link; of an iCE40 what its host port leaves. */
    public static Target of(BoardSpec board) {
        boolean ice = family(board) == Target.Family.ICE40;
        int cells = ice ? ICE40_PORT_CELLS : 0;
        var target = new Target(
                board.name(),
                family(board),
                board.coreClockMhz().value(),
                board.dsps().value(),
                board.memoryBlocks(MemoryKind.BRAM36),
                board.memoryBlocks(MemoryKind.EBR4K) - (ice ? ICE40_PORT_EBR : 0),
                board.memoryBlocks(MemoryKind.SPRAM256K),
                board.luts().value() - cells,
                board.flipFlops().value() - cells,
                board.links().isEmpty() ? 0 : board.links().getFirst().payloadBytesPerSecond());
        if (board.dram().isEmpty()) {
            return target;
        }
        var dram = board.dram().getFirst();
        return target.withDram(DramPorts.at(dram, target.clockMhz()), dram.megabytes());
    }

    private static Target.Family family(BoardSpec board) {
        return switch (board.family()) {
            case VIRTEX6 -> Target.Family.VIRTEX6;
            case VIRTEX7, KINTEX7, ARTIX7, ZYNQ7 -> Target.Family.SERIES7;
            case ICE40UP, ICE40HX -> Target.Family.ICE40;
        };
    }
}
