package io.millrace.boards.live;

import io.millrace.runtime.Frame;
import io.millrace.runtime.Manifest;
import io.millrace.runtime.Peer;
import io.millrace.runtime.board.ProtocolBoard;
import io.millrace.scheduler.Schedule;
import io.millrace.simulator.SimulationOptions;
import io.millrace.simulator.Simulator;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The board behind {@code sim:}: it speaks the link's protocol, and each frame runs through the cycle simulator with values. A frame's result comes when the
 * frame is whole, without others behind it.
 */
public final class SimulatedBoard implements Peer {
    private final ProtocolBoard board;
    private final Schedule schedule;

    /** A board without a program. */
    public SimulatedBoard(Schedule schedule, Manifest manifest) {
        this.schedule = schedule;
        this.board = ProtocolBoard.of(manifest, this::run);
    }

    private Frame run(Frame input) {
        var codes = new ArrayList<short[]>();
        for (int t = 0; t < input.tensors(); t++) {
            codes.add(Codes.shorts(input.codes(t)));
        }
        var result = Simulator.run(
                schedule, SimulationOptions.values(List.of(List.copyOf(codes))).withThreads(1));
        return Frame.of(
                result.outputs().getFirst().stream().map(Codes::ints).toArray(int[][]::new));
    }

    @Override
    public String describe() {
        return schedule.graph().name();
    }

    @Override
    public void accept(byte[] bytes) {
        board.accept(bytes);
    }

    @Override
    public Optional<byte[]> poll() {
        return board.poll();
    }
}
