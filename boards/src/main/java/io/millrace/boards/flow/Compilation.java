package io.millrace.boards.flow;

import io.millrace.boards.BoardSpec;
import io.millrace.hdl.DesignGenerator;
import io.millrace.hdl.ProgramAssembler;
import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.quantizer.InputSpec;
import io.millrace.quantizer.MapType;
import io.millrace.quantizer.Quantized;
import io.millrace.runtime.Manifest;
import io.millrace.runtime.TensorInfo;
import io.millrace.scheduler.Cost;
import io.millrace.scheduler.CostModel;
import io.millrace.scheduler.ProgramImage;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.ScheduleVerifier;
import io.millrace.scheduler.Target;
import io.millrace.scheduler.Unit;
import java.util.ArrayList;
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
        List<Diagnostic> faults = ScheduleVerifier.verify(schedule);
        if (!faults.isEmpty()) {
            throw new IllegalStateException("a schedule that its verifier refuses: " + faults);
        }
        var program = ProgramAssembler.assemble(schedule);
        var input = quantized.options().input().orElse(InputSpec.UNIT);
        return new Compilation(
                model,
                board,
                schedule,
                program,
                manifest(model, board, schedule, program, input),
                CostModel.estimate(schedule));
    }

    private static Manifest manifest(
            String model, BoardSpec board, Schedule schedule, ProgramImage program, InputSpec input) {
        var graph = schedule.graph();
        var inputs = new ArrayList<TensorInfo>();
        for (var node : graph.inputs()) {
            var pixelScale = List.of(input.scale());
            var pixelMean = input.mean().stream().map(m -> m / input.scale()).toList();
            inputs.add(tensor(node.name(), inputs.size(), node.type(), pixelMean, pixelScale));
        }
        var outputs = new ArrayList<TensorInfo>();
        for (int i = 0; i < graph.outputs().size(); i++) {
            var type = graph.node(graph.outputs().get(i)).type();
            outputs.add(tensor(graph.outputNames().get(i), i, type, List.of(), List.of()));
        }
        return new Manifest(
                model,
                board.name(),
                DesignGenerator.identity(schedule.machine()),
                program.programId(),
                graph.precision(),
                hostLanes(schedule),
                schedule.target().clockMhz(),
                inputs,
                outputs,
                List.of(),
                List.of());
    }

    private static TensorInfo tensor(
            String name, int id, MapType type, List<Double> pixelMean, List<Double> pixelScale) {
        return new TensorInfo(
                name,
                id,
                type.channels(),
                type.rows(),
                type.columns(),
                type.scale(),
                type.zeroPoint(),
                pixelMean,
                pixelScale);
    }

    private static int hostLanes(Schedule schedule) {
        for (Unit unit : schedule.machine().units()) {
            if (unit instanceof Unit.HostIn h) {
                return h.lanes();
            }
        }
        throw new IllegalStateException("a machine has a host-in unit");
    }
}
