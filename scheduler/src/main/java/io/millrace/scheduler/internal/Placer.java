package io.millrace.scheduler.internal;

import io.millrace.ir.Diagnostic;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.Cost;
import io.millrace.scheduler.CostModel;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.Objective;
import io.millrace.scheduler.Optimizer.Cycles;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;

/** Puts one network on machines of given engines, as far as these fit a part: weights, rows, buffers. Several threads may ask at once. */
final class Placer {
    /** Most elements a clock from or to the host. */
    static final int HOST_LANES_MAX = 16;

    /** How many times as many cycles as are wanted an estimate may have, and the machine still be what is looked for. */
    private static final double ESTIMATES_OFF = 1.06;

    /** Layers of a network for which less is done. */
    private static final int MANY = 30;

    private final QuantizedGraph graph;
    private final Target target;
    private final BiFunction<Schedule, Cost.Resources, List<Diagnostic>> fit;
    private final Cycles cycles;
    private final Residence residence;
    private final RangeChoice ranges;
    /** Whether less is done for machines that are far from what is wanted: a network of many layers has many to try. */
    private final boolean brief;

    private final Map<MachineOptions, Optional<Schedule>> lean = new ConcurrentHashMap<>();

    /**
     * @param fit what a machine has too much of
     * @param cycles of a machine that may be what is looked for
     */
    Placer(
            QuantizedGraph graph,
            Target target,
            Objective objective,
            BiFunction<Schedule, Cost.Resources, List<Diagnostic>> fit,
            Cycles cycles) {
        this.graph = graph;
        this.target = target;
        this.fit = fit;
        this.cycles = cycles;
        residence = new Residence(graph, target, objective);
        ranges = new RangeChoice(graph, target);
        brief = Skeleton.live(graph).stream().filter(Skeleton::onMatrix).count() >= MANY;
    }

    /** What a machine has too much of. */
    List<Diagnostic> tooMuch(Schedule schedule) {
        return fit.apply(schedule, CostModel.resources(schedule.machine(), target));
    }

    boolean fits(Schedule schedule) {
        return tooMuch(schedule).isEmpty();
    }

    /** Whether a machine fits with the least buffers. */
    boolean fitsLean(MachineOptions options) {
        return lean(options).isPresent();
    }

    /** The machine with the least buffers, if it fits. */
    private Optional<Schedule> lean(MachineOptions options) {
        var known = lean.get(options);
        if (known == null) {
            known = Optional.of(ScheduleBuilder.leanest(graph, target, options)).filter(this::fits);
            lean.put(options, known);
        }
        return known;
    }

    /** Whether a machine with the least buffers fits in a part of the block RAMs that it may take. */
    boolean fitsIn(double part, MachineOptions options) {
        var schedule = ScheduleBuilder.leanest(graph, target, options);
        var r = CostModel.resources(schedule.machine(), target);
        int more = (int) (r.bram36Total() * (1 / part - 1));
        return fit.apply(schedule, r.plus(new Cost.Resources(0, more, 0, 0, 0, 0, 0)))
                .isEmpty();
    }

    /** The options with weights on chip as far as a part of the block RAMs holds them, and ranges of columns where rows are wide. */
    MachineOptions resident(MachineOptions options, double part, double cycles) {
        return ranges.choose(residence.of(options, part, cycles));
    }

    /** The machine with buffers as deep as they help and as fits, if it fits. */
    Optional<Found> placed(MachineOptions options) {
        return placed(options, Double.POSITIVE_INFINITY);
    }

    /**
     * The same.
     *
     * @param most cycles a frame that it has to be faster than: none where no such machine is, and less is done for one that is far from it
     */
    Optional<Found> placed(MachineOptions options, double most) {
        return placed(options, most, false);
    }

    /** The same, where all is done for buffers that fit and help, and for a machine that is far from what is wanted as much as for any other. */
    Optional<Found> placedPatiently(MachineOptions options, double most) {
        return placed(options, most, true);
    }

    private Optional<Found> placed(MachineOptions options, double most, boolean patient) {
        var found = new ArrayList<Found>();
        place(options, found, most, patient);
        return Found.fastest(found);
    }

    /**
     * Adds the schedule with buffers as deep as they help and as fits, or the one with the least, if such a machine fits; whether more room would
     * change nothing.
     *
     * @param most cycles a frame that it has to be faster than: nothing is added where no such machine is, and less is done for one that is far from it
     */
    boolean place(MachineOptions options, List<Found> found, double most) {
        return place(options, found, most, false);
    }

    private boolean place(MachineOptions options, List<Found> found, double most, boolean patient) {
        if (ScheduleBuilder.leastCycles(graph, options) >= most) {
            return false;
        }
        var least = lean(options);
        if (least.isEmpty()) {
            return false;
        }
        double mostEstimated = cycles == Cycles.ESTIMATED ? most : most * ESTIMATES_OFF;
        var refused = new AtomicBoolean();
        var deep = ScheduleBuilder.fitting(
                graph,
                target,
                options,
                schedule -> {
                    boolean fits = fits(schedule);
                    if (!fits) {
                        refused.set(true);
                    }
                    return fits;
                },
                brief && !patient ? mostEstimated : Double.POSITIVE_INFINITY,
                patient);
        found.add(found(deep.orElse(least.get()), options, mostEstimated));
        return !refused.get();
    }

    private Found found(Schedule schedule, MachineOptions options, double mostEstimated) {
        var estimated = Found.of(schedule, options);
        return cycles == Cycles.ESTIMATED || estimated.cycles() > mostEstimated
                ? estimated
                : new Found(schedule, options, cycles.of(schedule));
    }

    /** Elements a clock so that the host units are well under the engines. */
    int hostLanes(boolean in, long cycles) {
        for (int lanes = 1; lanes < HOST_LANES_MAX; lanes *= 2) {
            long needed = 0;
            var nodes = in ? graph.inputs().stream().map(n -> n.id()).toList() : graph.outputs();
            for (int node : nodes) {
                var g = Geometry.ofNode(graph, node);
                needed += (long) g.outputRows() * (1 + Math.ceilDiv(g.outputRowElements(), lanes));
            }
            if (needed * 2 <= cycles) {
                return lanes;
            }
        }
        return HOST_LANES_MAX;
    }
}
