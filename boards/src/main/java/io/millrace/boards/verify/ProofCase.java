package io.millrace.boards.verify;

import io.millrace.scheduler.Schedule;
import io.millrace.simulator.LinkTrace;
import java.util.List;

/**
 * One run of the proof chain.
 *
 * @param name shown with its result, unique in a proof
 * @param frames by frame, the codes of each input tensor
 * @param link stalls of the host link, given to simulator and RTL alike
 */
public record ProofCase(String name, Schedule schedule, List<List<short[]>> frames, LinkTrace link) {
    public ProofCase {
        frames = List.copyOf(frames);
    }
}
