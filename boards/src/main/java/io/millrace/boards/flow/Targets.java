package io.millrace.boards.flow;

import io.millrace.boards.BoardSpec;
import io.millrace.boards.MemoryKind;
import io.millrace.scheduler.Target;

/** Scheduler budgets from board facts. */
public final class Targets {
    private Targets() {}

    /** The whole device of a board, at its assumed core clock, behind its preferred link. */
    public static Target of(BoardSpec board) {
        var target = new Target(
                board.name(),
                family(board),
                board.coreClockMhz().value(),
                board.dsps().value(),
                board.memoryBlocks(MemoryKind.BRAM36),
                board.memoryBlocks(MemoryKind.EBR4K),
                board.memoryBlocks(MemoryKind.SPRAM256K),
                board.luts().value(),
                board.flipFlops().value(),
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
