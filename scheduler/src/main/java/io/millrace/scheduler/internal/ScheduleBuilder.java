package io.millrace.scheduler.internal;

import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.Order;
import io.millrace.scheduler.MachineOptions.Pacing;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.ScheduleVerifier;
import io.millrace.scheduler.SharedProgram;
import io.millrace.scheduler.Target;
import io.millrace.scheduler.Unit;
import io.millrace.scheduler.internal.Planner.Plan;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** From a graph to a schedule: map, order, buffer depths, machine, places, proof. */
public final class ScheduleBuilder {
    /** What is tried in turn on a machine that exists: from few waits to little memory. */
    private static final List<Pacing> PACINGS = List.of(
            Pacing.AUTOMATIC,
            new Pacing(Order.LAYERED, -1, 1),
            new Pacing(Order.SPREAD, 0, 1),
            new Pacing(Order.SPREAD, 0, 0),
            Pacing.FRUGAL);

    static final String OWN_DESIGN = "make a design for this network, or one for both networks together";

    private ScheduleBuilder() {}

    /** Builds the machine that the options ask for and puts the graph on it. */
    public static Schedule onNewMachine(QuantizedGraph graph, Target target, MachineOptions options) {
        Mapper.refuseUnsupported(graph);
        options.also().forEach(Mapper::refuseUnsupported);
        var skeleton = Skeleton.of(graph, options);
        var plan = plan(map(graph, skeleton, options), target, options);
        var demand = plan.demand();
        for (var other : options.also()) {
            demand = demand.max(plan(mapOther(other, skeleton), target, options).demand());
        }
        var machine = machine(skeleton, demand, options);
        return verified(Placement.place(plan, machine, target));
    }

    /**
     * The same without proof, with buffers as deep as they help and as fits; none if not even the least do.
     *
     * @param most cycles a frame that it has to be faster than: less is done for one that is far from it
     * @param patient whether more is tried than what is quick
     */
    static Optional<Schedule> fitting(
            QuantizedGraph graph,
            Target target,
            MachineOptions options,
            Predicate<Schedule> fits,
            double most,
            boolean patient) {
        var skeleton = Skeleton.of(graph, options);
        var plan = plan(map(graph, skeleton, options), target, options, fits, most, patient);
        var schedule = Placement.place(plan, machine(skeleton, plan.demand(), options), target);
        return fits.test(schedule) ? Optional.of(schedule) : Optional.empty();
    }

    /** Cycles a frame that no machine of these options is faster than, whatever its buffers are; by what firings take. */
    static double leastCycles(QuantizedGraph graph, MachineOptions options) {
        var flow = map(graph, Skeleton.of(graph, options), options);
        double period = (double) new FiringCosts(flow).period() / flow.batch();
        return Math.max(period, PortShares.portCycles(flow, options.streams().dram()));
    }

    /** The same with buffers as small as can be and without proof, to see what no such machine is smaller than. */
    static Schedule leanest(QuantizedGraph graph, Target target, MachineOptions options) {
        var skeleton = Skeleton.of(graph, options);
        var plan = plan(
                map(graph, skeleton, options),
                target,
                options.withPacing(options.pacing().leanest()));
        var machine = machine(skeleton, plan.demand(), options);
        return Placement.place(plan, machine, target);
    }

    /** Builds one machine for several programs and puts each on it. */
    public static List<Schedule> together(List<SharedProgram> programs, Target target, MachineOptions options) {
        programs.forEach(p -> Mapper.refuseUnsupported(p.graph()));
        var first = programs.getFirst();
        var others = programs.stream().skip(1).map(SharedProgram::graph).toList();
        var spills = programs.stream().flatMap(p -> p.spills().stream()).toList();
        var skeleton = Skeleton.of(
                first.graph(),
                options.withAlso(others).withSpills(options.streams().dram(), spills));
        var plans = new ArrayList<Plan>();
        for (var program : programs) {
            var graph = program.graph();
            if (graph.precision() != first.graph().precision()) {
                throw refused(
                        graph,
                        "'" + first.graph().name() + "' is in " + first.graph().precision() + ", this network in "
                                + graph.precision());
            }
            refuseMissingEngines(graph, skeleton.matrices(), skeleton.vectors(), "of these options");
            var engineOf = program == first
                    ? skeleton.engineOf()
                    : Mapper.assignInTurn(graph, skeleton.matrices(), skeleton.vectors());
            var engines = new Skeleton(skeleton.units(), skeleton.matrices(), skeleton.vectors(), engineOf);
            var own = options.withRows(program.rows()).withRanges(program.ranges());
            var flow = Mapper.map(graph, engines, firings(own), program.spills(), options.batch());
            plans.add(plan(flow, target, options));
        }
        var demand = plans.stream().map(Plan::demand).reduce(Demand::max).orElseThrow();
        var machine = machine(skeleton, demand, options);
        return plans.stream()
                .map(p -> verified(Placement.place(p, machine, target)))
                .toList();
    }

    /** The graph laid on the units that the options ask for. */
    static Flow map(QuantizedGraph graph, Skeleton skeleton, MachineOptions options) {
        return Mapper.map(graph, skeleton, firings(options), options.streams().spills(), options.batch());
    }

    private static Mapper.Firings firings(MachineOptions options) {
        return new Mapper.Firings(options::rowsOf, options::rangesOf);
    }

    private static Flow mapOther(QuantizedGraph graph, Skeleton engines) {
        refuseMissingEngines(graph, engines.matrices(), engines.vectors(), "of these options");
        var engineOf = Mapper.assignInTurn(graph, engines.matrices(), engines.vectors());
        return Mapper.map(
                graph,
                new Skeleton(engines.units(), engines.matrices(), engines.vectors(), engineOf),
                Mapper.Firings.OF_A_ROW);
    }

    private static Plan plan(Flow flow, Target target, MachineOptions options) {
        return plan(flow, target, options, _ -> true, Double.POSITIVE_INFINITY, false);
    }

    private static Plan plan(
            Flow flow, Target target, MachineOptions options, Predicate<Schedule> fits, double most, boolean patient) {
        var skeleton = Skeleton.of(flow.units(), List.of());
        var machines =
                new Planner.Machines(demand -> Optional.of(machine(skeleton, demand, options)), fits, most, patient);
        return new Planner(flow, target, options.pacing(), machines).plan();
    }

    private static Machine machine(Skeleton skeleton, Demand demand, MachineOptions options) {
        return Placement.machine(skeleton.units(), demand, options);
    }

    /** Puts the graph on a machine that exists: the k-th layer on the k-th engine of its kind, the rest on the last. */
    public static Schedule onMachine(QuantizedGraph graph, Target target, Machine machine, int batch) {
        var name = "'" + machine.name() + "'";
        if (graph.precision() != machine.precision()) {
            throw refused(
                    graph,
                    "the machine " + name + " computes in " + machine.precision() + ", the network is quantized to "
                            + graph.precision());
        }
        var all = Skeleton.of(machine.units(), List.of());
        refuseMissingEngines(graph, all.matrices(), all.vectors(), name);
        var skeleton = Skeleton.of(machine.units(), Mapper.assignInTurn(graph, all.matrices(), all.vectors()));
        Mapper.refuseUnsupported(graph);
        var flow = Mapper.map(graph, skeleton, Mapper.Firings.OF_A_ROW, List.of(), batch);
        List<String> lacks = List.of();
        for (var pacing : PACINGS) {
            var plan = new Planner(
                            flow,
                            target,
                            pacing,
                            new Planner.Machines(
                                    d -> Shortfall.of(d, machine).isEmpty() ? Optional.of(machine) : Optional.empty(),
                                    _ -> true,
                                    Double.POSITIVE_INFINITY,
                                    false))
                    .plan();
            lacks = Shortfall.of(plan.demand(), machine);
            if (lacks.isEmpty()) {
                return verified(Placement.place(plan, machine, target));
            }
        }
        String remedy = remedy(machine, batch);
        throw new CompileException(
                5,
                lacks.stream()
                        .map(problem -> diagnostic(graph, problem, remedy))
                        .toList());
    }

    private static String remedy(Machine machine, int batch) {
        if (batch > 1) {
            return "take a batch of fewer frames, or " + OWN_DESIGN;
        }
        boolean spills = machine.units().stream().anyMatch(u -> u instanceof Unit.Store);
        return spills
                ? "this design spills maps to DRAM for the network it was made for, but programs for a design that exists spill none: "
                        + OWN_DESIGN
                : OWN_DESIGN;
    }

    private static void refuseMissingEngines(QuantizedGraph graph, int matrices, int vectors, String name) {
        var live = Skeleton.live(graph);
        if (matrices == 0 && live.stream().anyMatch(Skeleton::onMatrix)) {
            throw refused(graph, "the machine " + name + " has no matrix engine");
        }
        if (vectors == 0 && live.stream().anyMatch(Skeleton::onVector)) {
            throw refused(
                    graph,
                    "the machine " + name
                            + " has no vector engine for its pooling layers, additions and depthwise convolutions");
        }
    }

    private static CompileException refused(QuantizedGraph graph, String problem) {
        return new CompileException(5, diagnostic(graph, problem, OWN_DESIGN));
    }

    private static Diagnostic diagnostic(QuantizedGraph graph, String problem, String remedy) {
        return new Diagnostic("SCH-0302", SourceRef.file(graph.name()), problem, remedy);
    }

    /** The same schedule, proved to be legal. */
    static Schedule verified(Schedule schedule) {
        var wrong = ScheduleVerifier.verify(schedule);
        if (!wrong.isEmpty()) {
            throw new IllegalStateException("an illegal schedule was made: " + wrong);
        }
        return schedule;
    }
}
