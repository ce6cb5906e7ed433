package io.millrace.boards.project;

import io.millrace.boards.BoardSpec;
import io.millrace.boards.flow.Targets;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.quantizer.random.RandomQuantizedGraphs;
import io.millrace.scheduler.DramPort;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.Streams;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Scheduler;
import java.util.List;

/** A machine of a few multipliers, so that a test of what stands around it takes seconds. */
final class SmallDesign {
    private static final DramPort DRAM = new DramPort(4, 4, 20, 64, 5, 300, 30);

    private SmallDesign() {}

    static QuantizedGraph graph() {
        return RandomQuantizedGraphs.mixed(41_000, 4, Precision.INT8);
    }

    static Schedule of(BoardSpec board) {
        return Scheduler.schedule(graph(), Targets.of(board), options(2, 3));
    }

    /** The same with its weights in DRAM. */
    static Schedule streamed(BoardSpec board) {
        return streamed(board, DRAM, options(2, 3));
    }

    /** Behind the board's own port, as compilations have it; its multipliers take the weights of several beats. */
    static Schedule streamedWide(BoardSpec board) {
        return streamed(board, Targets.of(board).dram(), options(16, 8));
    }

    private static Schedule streamed(BoardSpec board, DramPort port, MachineOptions options) {
        return Scheduler.schedule(graph(), Targets.of(board), options.withStreams(new Streams(port, List.of(0), 0)));
    }

    private static MachineOptions options(int rows, int columns) {
        return MachineOptions.oneEngine(rows, columns, 1, 2, 1).withHost(2, 2);
    }
}
