package io.millrace.boards.live;

import io.millrace.boards.flow.Compilation;
import io.millrace.runtime.Frame;
import io.millrace.runtime.Manifest;
import io.millrace.runtime.Peer;
import io.millrace.runtime.board.ProtocolBoard;
import io.millrace.scheduler.Schedule;
import io.millrace.simulator.SimulationOptions;
import io.millrace.simulator.Simulator;
import java.util.ArrayList;
import java.util.List;

/**
 * The board behind {@code sim:}: it answers the packet protocol in this process, and every frame's values go through the cycle simulator's
 * row buffers.
 */
public final class SimulatedBoard {
    private final Simulator simulator;

    private SimulatedBoard(Schedule schedule) {
        simulator = new Simulator(schedule);
    }

    /** A board that holds the compilation's design, without a program. */
    public static Peer of(Compilation compilation) {
        return of(compilation.schedule(), compilation.manifest());
    }

    /** A board that holds the schedule's design, without a program. */
    public static Peer of(Schedule schedule, Manifest manifest) {
        var board = new SimulatedBoard(schedule);
        return ProtocolBoard.of(manifest, board::run);
    }

    private Frame run(Frame input) {
        var codes = new ArrayList<short[]>();
        for (int t = 0; t < input.tensors(); t++) {
            codes.add(narrow(input.codes(t)));
        }
        var options = SimulationOptions.values(List.of(codes)).withThreads(1);
        var outputs = simulator.run(options).outputs().getFirst();
        return Frame.of(outputs.toArray(short[][]::new));
    }

    private static short[] narrow(int[] codes) {
        var out = new short[codes.length];
        for (int i = 0; i < codes.length; i++) {
            out[i] = (short) codes[i];
        }
        return out;
    }
}
