package io.millrace.boards.verify;

import io.millrace.boards.verilator.VerilatedCore;
import io.millrace.hdl.ProgramAssembler;
import io.millrace.scheduler.ProgramImage;
import io.millrace.scheduler.Schedule;
import io.millrace.simulator.LinkTrace;
import java.util.List;

/**
 * The proof chain on one schedule: the same frames through the integer evaluator, the simulator with values and the Verilated RTL; every row
 * written to every row buffer, every output and the cycles of every firing compared. The RTL powers up with random bits, gets its program with gaps
 * behind one that was broken off, and is stopped and started again many times.
 */
public final class Verifier {
    private Verifier() {}

    /**
     * Runs the chain.
     *
     * @param core the Verilated design of the schedule's machine
     * @param frames by frame, the codes of each input tensor
     * @param link stalls of the host link, given to simulator and RTL alike
     * @throws io.millrace.ir.CompileException if the simulation stands still
     */
    public static VerificationReport verify(
            Schedule schedule, VerilatedCore core, List<List<short[]>> frames, LinkTrace link) {
        return verify(schedule, ProgramAssembler.assemble(schedule), core, frames, link);
    }

    /** As above with a program image that may differ from the schedule's own: that difference has to show. */
    public static VerificationReport verify(
            Schedule schedule, ProgramImage program, VerilatedCore core, List<List<short[]>> frames, LinkTrace link) {
        return Expectation.of(schedule, frames, link).compare(program, core);
    }
}
