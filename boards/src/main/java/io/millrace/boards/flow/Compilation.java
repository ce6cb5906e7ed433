package io.millrace.boards.flow;

import io.millrace.boards.BoardSpec;
import io.millrace.hdl.ProgramAssembler;
import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.quantizer.InputSpec;
import io.millrace.quantizer.Quantized;
import io.millrace.runtime.Manifest;
import io.millrace.scheduler.Cost;
import io.millrace.scheduler.CostModel;
import io.millrace.scheduler.ProgramImage;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.ScheduleVerifier;
import io.millrace.scheduler.Target;
import java.util.List;

/**
 * A compiled model: the schedule, the program image that makes the machine run it, what the host has to know, and the estimate.
 */
public record Compilation(
        String model, BoardSpec board, Schedule schedule, ProgramImage program, Manifest manifest, Cost cost) {

    /**
     * Maps a quantized model onto a board.
     *
     * @param model name for manifest and reports
     * @throws CompileException if it does not fit (exit code 5)
     */
    public static Compilation of(String model, Quantized quantized, BoardSpec board, MachineChoice machine) {
        Target target = Targets.of(board);
        return of(model, quantized, board, machine.schedule(quantized.graph(), target));
    }

    /** The same on a schedule that is already there. */
    public static Compilation of(String model, Quantized quantized, BoardSpec board, Schedule schedule) {
        return of(model, board, schedule, quantized.options().input().orElse(InputSpec.UNIT));
    }

    /**
     * What a schedule comes to on a board.
     *
     * @param input how the host makes codes of pixels
     */
    public static Compilation of(String model, BoardSpec board, Schedule schedule, InputSpec input) {
        List<Diagnostic> faults = ScheduleVerifier.verify(schedule);
        if (!faults.isEmpty()) {
            throw new IllegalStateException("a schedule that its verifier refuses: " + faults);
        }
        var program = ProgramAssembler.assemble(schedule);
        return new Compilation(
                model,
                board,
                schedule,
                program,
                ManifestMaker.of(model, board.name(), schedule, program.programId(), input),
                CostModel.estimate(schedule));
    }
}
