package io.millrace.boards.verify;

import io.millrace.boards.verilator.VerilatedCore;
import io.millrace.boards.verilator.VerilatedCore.RestartDifference;
import io.millrace.quantizer.IntegerEvaluator;
import io.millrace.scheduler.ProgramImage;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Unit;
import io.millrace.simulator.LinkTrace;
import io.millrace.simulator.SimulationOptions;
import io.millrace.simulator.SimulationResult;
import io.millrace.simulator.Simulator;
import java.util.List;

/** What evaluator and simulator make of some frames on a schedule: the RTL has to do the same. */
final class Expectation {
    /** Stops in the middle of the work, each at a random cycle. */
    private static final int RESTARTS = 40;

    private final Schedule schedule;
    private final List<List<short[]>> frames;
    private final LinkTrace link;
    private final List<List<short[]>> codes;
    private final SimulationResult simulated;
    private final Golden simulatorGolden;

    private Expectation(
            Schedule schedule,
            List<List<short[]>> frames,
            LinkTrace link,
            List<List<short[]>> codes,
            SimulationResult simulated,
            Golden simulatorGolden) {
        this.schedule = schedule;
        this.frames = frames;
        this.link = link;
        this.codes = codes;
        this.simulated = simulated;
        this.simulatorGolden = simulatorGolden;
    }

    /**
     * Runs evaluator and simulator.
     *
     * @throws io.millrace.ir.CompileException if the simulation stands still
     */
    static Expectation of(Schedule schedule, List<List<short[]>> frames, LinkTrace link) {
        return of(schedule, schedule, frames, link);
    }

    /** The same with a schedule for the simulator that may differ from the one the golden codes are of: that has to show. */
    static Expectation of(Schedule schedule, Schedule forSimulator, List<List<short[]>> frames, LinkTrace link) {
        var evaluator = new IntegerEvaluator(schedule.graph());
        var codes = frames.stream().map(evaluator::runAll).toList();
        var golden = new Golden(schedule, codes);
        var simulated = Simulator.run(
                forSimulator,
                SimulationOptions.values(frames)
                        .withLink(link)
                        .withListener((edge, actor, frame, row, cycle, rowCodes) ->
                                golden.compare(actor, frame, row, cycle, rowCodes, 0)));
        OutputCheck.check(schedule, simulated, golden);
        return new Expectation(schedule, frames, link, codes, simulated, golden);
    }

    /** Runs the RTL with a program image and compares. */
    VerificationReport compare(ProgramImage program, VerilatedCore core) {
        long limit = Math.min(Integer.MAX_VALUE, 2 * simulated.endCycle() + 10_000);
        var trace = core.run(new VerilatedCore.Job(
                program.loaderWords(),
                HostBeatPacking.pack(schedule, frames),
                runs(link.in()),
                runs(link.out()),
                beatsOut(),
                (int) limit,
                true,
                seed(),
                RESTARTS));
        var hardwareGolden = new Golden(schedule, codes);
        new RowCheck(schedule, hardwareGolden).check(trace);
        var marks = OutputCheck.check(schedule, trace, hardwareGolden);
        var timing = new TimingCheck(simulated, trace);
        return new VerificationReport(
                frames.size(),
                simulatorGolden.result(),
                hardwareGolden.result(),
                timing.compared(),
                timing.worst(),
                timing.first(),
                marks,
                trace.restart().map(this::words),
                trace.cycles(),
                trace.cut());
    }

    /** Of the random bits at power-up, another one for each schedule and link. */
    private int seed() {
        return 1 + Math.floorMod(31 * schedule.edges().hashCode() + link.hashCode(), 1 << 20);
    }

    private String words(RestartDifference d) {
        var machine = schedule.machine();
        String where = switch (d.what()) {
            case START -> firing(d.index(), d.before()) + ": start";
            case LAST_READ -> firing(d.index(), d.before()) + ": last read";
            case COMMIT -> firing(d.index(), d.before()) + ": commit";
            case WRITE -> {
                var memory = machine.memories().get(d.index());
                yield "unit '%s' write %d of row memory %d"
                        .formatted(machine.unit(memory.writer()).name(), d.before(), memory.id());
            }
            case OUT_BEAT -> "unit '" + hostUnit(Unit.HostOut.class) + "' beat " + d.before();
            case IN_BEAT -> "unit '" + hostUnit(Unit.HostIn.class) + "' beat " + d.before();
        };
        return "%s: not as in the first run, in cycle %d after a restart (stopped after %d cycles)"
                .formatted(where, d.cycle(), d.stoppedAfter());
    }

    private String firing(int unit, int number) {
        String name = schedule.machine().unit(unit).name();
        return number < simulated.firingCount(unit)
                ? TimingCheck.name(simulated, unit, number)
                : "unit '%s' firing %d".formatted(name, number);
    }

    private String hostUnit(Class<? extends Unit> kind) {
        return schedule.machine().units().stream()
                .filter(kind::isInstance)
                .map(Unit::name)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("a machine has host units"));
    }

    /** With several outputs, beats of later frames may leave before the last one asked for. */
    private int beatsOut() {
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
