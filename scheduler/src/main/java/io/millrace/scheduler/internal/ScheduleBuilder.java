package io.millrace.scheduler.internal;

import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.Actor;
import io.millrace.scheduler.FiringList;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.Pacing;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.ScheduleVerifier;
import io.millrace.scheduler.Target;
import java.util.ArrayList;
import java.util.List;

/** From a mapped graph to a schedule: order, buffer depths, machine, places. */
public final class ScheduleBuilder {
    private static final List<Integer> SLACKS = List.of(0, 100, 25, 200, 50);
    private static final int FRAMES = 12;

    private ScheduleBuilder() {}

    /** Lists and buffer depths of one network. */
    private record Plan(Flow flow, List<FiringList> lists, int[] slots) {
        Demand demand() {
            return Demand.of(flow, lists, slots);
        }
    }

    /** Builds the machine that the options ask for and puts the graph on it. */
    public static Schedule onNewMachine(QuantizedGraph graph, Target target, MachineOptions options) {
        var skeleton = Skeleton.of(graph, options);
        var plan = plan(Mapper.map(graph, skeleton, options::rowsOf), target, options);
        var demand = plan.demand();
        for (var other : options.also()) {
            var engineOf = Mapper.assignInTurn(other, skeleton.matrices(), skeleton.vectors());
            var flow = Mapper.map(
                    other, new Skeleton(skeleton.units(), skeleton.matrices(), skeleton.vectors(), engineOf), _ -> 1);
            demand = demand.max(plan(flow, target, options).demand());
        }
        var machine = Placement.machine(
                options.name(), skeleton.units(), demand, options.reserve(), options.descriptorBits());
        return verified(Placement.place(plan.flow(), plan.lists(), plan.slots(), machine, target));
    }

    private static Schedule verified(Schedule schedule) {
        var wrong = ScheduleVerifier.verify(schedule);
        if (!wrong.isEmpty()) {
            throw new IllegalStateException("an illegal schedule was made: " + wrong);
        }
        return schedule;
    }

    private static Plan plan(Flow flow, Target target, MachineOptions options) {
        var pacing = options.pacing();
        boolean automatic = pacing.slackPercent() < 0;
        Plan best = null;
        double bestPeriod = Double.POSITIVE_INFINITY;
        double bound = new FiringCosts(flow).period();
        for (int slack : automatic ? SLACKS : List.of(pacing.slackPercent())) {
            var order = GlobalOrder.of(flow, pacing.order(), slack);
            var plan = deepened(
                    new Plan(flow, order.lists(), slotsWithSpare(flow, order, pacing)), order.slots(), target, options);
            double period = period(plan, target, options);
            if (best == null || period < bestPeriod * 0.995) {
                best = plan;
                bestPeriod = period;
            }
            if (bestPeriod <= bound * 1.002) {
                break;
            }
        }
        if (best == null) {
            throw new IllegalStateException("no slack was tried");
        }
        return best;
    }

    private static int[] slotsWithSpare(Flow flow, GlobalOrder order, Pacing pacing) {
        var slots = order.slots();
        for (var actor : flow.actors()) {
            if (slots[actor.id()] > 0) {
                slots[actor.id()] += pacing.spareFirings() * actor.rowsPerFiring();
            }
        }
        return slots;
    }

    /**
     * Adds rows to buffers until the period is the largest load of a unit or nothing helps: a firing's rows to the one buffer that shortens the
     * period, else to all. Then takes away again what does not lengthen it.
     *
     * @param least slots without which the order cannot be followed
     */
    private static Plan deepened(Plan plan, int[] least, Target target, MachineOptions options) {
        if (options.pacing().spareFirings() < 1) {
            return plan;
        }
        double bound = new FiringCosts(plan.flow()).period() * 1.002;
        double period = period(plan, target, options);
        boolean better = true;
        while (period > bound && better) {
            better = false;
            for (var deeper : deeper(plan)) {
                double shorter = period(deeper, target, options);
                if (shorter < period * 0.998) {
                    plan = deeper;
                    period = shorter;
                    better = true;
                    break;
                }
            }
        }
        return trimmed(plan, least, period, target, options);
    }

    /** The plan with one buffer deeper, for each buffer, and with all deeper by 1, 2 and 4 firings. */
    private static List<Plan> deeper(Plan plan) {
        var plans = new ArrayList<Plan>();
        for (var actor : writers(plan)) {
            plans.add(withMore(plan, List.of(actor), 1));
        }
        for (int firings : List.of(1, 2, 4)) {
            plans.add(withMore(plan, writers(plan), firings));
        }
        return plans;
    }

    private static Plan trimmed(Plan plan, int[] least, double period, Target target, MachineOptions options) {
        for (var actor : writers(plan).reversed()) {
            while (true) {
                var less = withMore(plan, List.of(actor), -1);
                if (less.slots()[actor.id()] < least[actor.id()] || period(less, target, options) > period * 1.0005) {
                    break;
                }
                plan = less;
            }
        }
        return plan;
    }

    private static Plan withMore(Plan plan, List<Actor> actors, int firings) {
        var slots = plan.slots().clone();
        for (var actor : actors) {
            slots[actor.id()] += firings * actor.rowsPerFiring();
        }
        return new Plan(plan.flow(), plan.lists(), slots);
    }

    private static List<Actor> writers(Plan plan) {
        return plan.flow().actors().stream().filter(a -> !a.outputs().isEmpty()).toList();
    }

    private static double period(Plan plan, Target target, MachineOptions options) {
        Machine machine = Placement.machine(
                options.name(), plan.flow().units(), plan.demand(), options.reserve(), options.descriptorBits());
        var schedule = Placement.place(plan.flow(), plan.lists(), plan.slots(), machine, target);
        return SelfTimed.run(schedule, FRAMES).period();
    }
}
