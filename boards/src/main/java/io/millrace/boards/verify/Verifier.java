package io.millrace.boards.verify;

import io.millrace.boards.verilator.VerilatedCore;
import io.millrace.hdl.ProgramAssembler;
import io.millrace.quantizer.IntegerEvaluator;
import io.millrace.scheduler.ProgramImage;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Unit;
import io.millrace.simulator.LinkTrace;
import io.millrace.simulator.SimulationOptions;
import io.millrace.simulator.SimulationResult;
import io.millrace.simulator.Simulator;
import java.util.List;

/**
 * The proof chain on one schedule: the same frames through the integer evaluator, the simulator with values and the Verilated RTL; every row
 * written to every row buffer and the cycles of every firing compared.
 */
public final class Verifier {
    private Verifier() {}

    /**
     * Runs the chain.
     *
     * @param core the Verilated design of the schedule's machine
     * @param frames by frame, the codes of each input tensor
     * @param link stalls of the host link, given to simulator and RTL alike
     */
    public static VerificationReport verify(
            Schedule schedule, VerilatedCore core, List<List<short[]>> frames, LinkTrace link) {
        return verify(schedule, ProgramAssembler.assemble(schedule), core, frames, link);
    }

    /** As above with a program image that may differ from the schedule's own: that difference has to show. */
    public static VerificationReport verify(
            Schedule schedule, ProgramImage program, VerilatedCore core, List<List<short[]>> frames, LinkTrace link) {
        var evaluator = new IntegerEvaluator(schedule.graph());
        var codes = frames.stream().map(evaluator::runAll).toList();

        var simulatorGolden = new Golden(schedule, codes);
        SimulationResult simulated = Simulator.run(
                schedule,
                SimulationOptions.values(frames)
                        .withLink(link)
                        .withListener((edge, actor, frame, row, cycle, rowCodes) ->
                                simulatorGolden.compare(actor, frame, row, cycle, rowCodes, 0)));

        long limit = Math.min(Integer.MAX_VALUE, 2 * simulated.endCycle() + 10_000);
        var trace = core.run(new VerilatedCore.Job(
                program.loaderWords(),
                HostBeatPacking.pack(schedule, frames),
                runs(link.in()),
                runs(link.out()),
                beatsOut(simulated),
                (int) limit,
                true));
        var hardwareGolden = new Golden(schedule, codes);
        new RowCheck(schedule, hardwareGolden).check(trace);
        var timing = new TimingCheck(simulated, trace);
        return new VerificationReport(
                frames.size(),
                simulatorGolden.result(),
                hardwareGolden.result(),
                timing.compared(),
                timing.worst(),
                timing.first(),
                trace.cycles(),
                trace.cut());
    }

    /** With several outputs, beats of later frames may leave before the last one asked for. */
    private static int beatsOut(SimulationResult simulated) {
        return (int) simulated.schedule().machine().units().stream()
                .filter(u -> u instanceof Unit.HostOut)
                .flatMapToLong(u -> simulated.hostBeats(u.id()))
                .filter(c -> c <= simulated.endCycle())
                .count();
    }

    private static int[] runs(List<Integer> runs) {
        return runs.stream().mapToInt(Integer::intValue).toArray();
    }
}
