package io.millrace.boards.verify;

import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.quantizer.Requantizer;
import io.millrace.quantizer.Weights;
import io.millrace.scheduler.Edge;
import io.millrace.scheduler.FiringList;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Unit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Schedules with one number changed, for a simulator that runs them against the RTL of the right one. */
final class ScheduleFaults {
    private ScheduleFaults() {}

    /** @param shown why the fault can't change anything, where that follows from the schedule */
    record Fault(FaultKind kind, String name, Schedule schedule, Optional<String> shown) {
        Fault(FaultKind kind, String name, Schedule schedule) {
            this(kind, name, schedule, Optional.empty());
        }
    }

    static List<Fault> of(Schedule right) {
        var faults = new ArrayList<Fault>();
        for (Edge e : right.edges()) {
            if (e.slots() > 1) {
                var edges = new ArrayList<>(right.edges());
                edges.set(
                        edges.indexOf(e),
                        new Edge(
                                e.id(), e.producer(), e.consumer(), e.memory(), e.base(), e.rowPitch(), e.slots() - 1));
                faults.add(new Fault(
                        FaultKind.TOKEN_COUNT,
                        "edge " + e.id() + " one slot less",
                        with(right, edges, right.lists()),
                        NoChange.slots(right, e, e.slots() - 1)));
            }
        }
        for (FiringList list : right.lists()) {
            for (int i = 0; i < Math.min(2, list.entries().size()); i++) {
                var e = list.entries().get(i);
                if (!e.need().isEmpty()) {
                    var need = List.of(e.need().getFirst() + 1);
                    var changed = new FiringList.Entry(
                            e.actor(),
                            e.times(),
                            e.rows(),
                            need,
                            e.free(),
                            e.endsFrame(),
                            e.jumpBack(),
                            e.jumpTimes(),
                            e.range());
                    var entries = new ArrayList<>(list.entries());
                    entries.set(i, changed);
                    var lists = new ArrayList<>(right.lists());
                    lists.set(list.unit(), new FiringList(list.unit(), entries, list.loopStart()));
                    faults.add(new Fault(
                            FaultKind.TOKEN_COUNT,
                            "unit " + list.unit() + " entry " + i + " needs one row more",
                            with(right, right.edges(), lists)));
                }
            }
        }
        faults.add(new Fault(FaultKind.OFF_BY_ONE, "weight one off", graph(right, ScheduleFaults::otherWeight)));
        faults.add(new Fault(FaultKind.OFF_BY_ONE, "biases one off", graph(right, ScheduleFaults::otherBias)));
        faults.add(new Fault(FaultKind.OFF_BY_ONE, "shifts one off", graph(right, ScheduleFaults::otherShift)));
        faults.add(new Fault(FaultKind.OPERATOR, "multipliers negated", graph(right, ScheduleFaults::otherMultiplier)));
        var l = right.machine().limits();
        faults.add(new Fault(
                FaultKind.PIPELINE_CONSTANT,
                "descriptors of half the width",
                machine(
                        right,
                        right.machine().units(),
                        new Machine.Limits(
                                l.descriptorBits() / 2,
                                l.rows(),
                                l.columns(),
                                l.positions(),
                                l.channels(),
                                l.tiles()))));
        for (Unit unit : right.machine().units()) {
            if (unit instanceof Unit.Matrix m) {
                var units = new ArrayList<>(right.machine().units());
                units.set(m.id(), matrix(m, m.chain() + 1, m.weightLanes()));
                faults.add(new Fault(FaultKind.PIPELINE_CONSTANT, "cascade one longer", machine(right, units, l)));
                units.set(m.id(), matrix(m, m.chain(), Math.max(1, m.weightLanes() / 2)));
                faults.add(
                        new Fault(FaultKind.PIPELINE_CONSTANT, "weight load twice as long", machine(right, units, l)));
            }
        }
        return faults;
    }

    private static Schedule with(Schedule s, List<Edge> edges, List<FiringList> lists) {
        return new Schedule(s.graph(), s.target(), s.machine(), s.actors(), edges, lists);
    }

    private static Schedule machine(Schedule s, List<Unit> units, Machine.Limits limits) {
        var m = s.machine();
        var machine =
                new Machine(m.name(), m.precision(), units, m.memories(), m.edges(), limits, m.control(), m.dram());
        return new Schedule(s.graph(), s.target(), machine, s.actors(), s.edges(), s.lists());
    }

    private static Unit.Matrix matrix(Unit.Matrix m, int chain, int weightLanes) {
        return new Unit.Matrix(
                m.id(),
                m.name(),
                m.outputs(),
                m.lanes(),
                m.pixels(),
                m.pixelSteps(),
                chain,
                m.packed(),
                m.multipliersInDsp(),
                weightLanes,
                m.weightWords(),
                m.fifoWords(),
                m.tilesPerBeat(),
                m.weightTiles(),
                m.accumulatorWords(),
                m.slots(),
                m.accumulatorBits(),
                m.ownSegments(),
                m.drain(),
                m.capacity());
    }

    private static Schedule graph(Schedule s, UnaryOperator<QOp.Conv> change) {
        var g = s.graph();
        var nodes = new ArrayList<QNode>();
        boolean done = false;
        for (QNode n : g.nodes()) {
            if (!done && n.op() instanceof QOp.Conv c) {
                nodes.add(new QNode(n.id(), n.name(), change.apply(c), n.inputs(), n.type(), n.source()));
                done = true;
            } else {
                nodes.add(n);
            }
        }
        var changed = new QuantizedGraph(g.name(), g.precision(), nodes, g.outputs(), g.outputNames());
        return new Schedule(changed, s.target(), s.machine(), s.actors(), s.edges(), s.lists());
    }

    private static QOp.Conv otherWeight(QOp.Conv c) {
        var weights = new short[c.weights().size()];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (short) c.weights().get(i);
        }
        weights[0] += (short) (weights[0] > 0 ? -1 : 1);
        return new QOp.Conv(
                c.window(), c.outputChannels(), c.groups(), new Weights(weights), c.bias(), c.requantizer(), c.table());
    }

    private static QOp.Conv otherBias(QOp.Conv c) {
        var bias = new ArrayList<>(c.bias());
        bias.replaceAll(b -> b + 1);
        return new QOp.Conv(c.window(), c.outputChannels(), c.groups(), c.weights(), bias, c.requantizer(), c.table());
    }

    private static QOp.Conv otherShift(QOp.Conv c) {
        var r = c.requantizer();
        var shifts = new ArrayList<>(r.shifts());
        shifts.replaceAll(s -> s + 1);
        return with(c, new Requantizer(r.preShift(), r.multipliers(), shifts, r.zeroPoint(), r.low(), r.high()));
    }

    private static QOp.Conv otherMultiplier(QOp.Conv c) {
        var r = c.requantizer();
        var multipliers = new ArrayList<>(r.multipliers());
        multipliers.replaceAll(m -> -m);
        return with(c, new Requantizer(r.preShift(), multipliers, r.shifts(), r.zeroPoint(), r.low(), r.high()));
    }

    private static QOp.Conv with(QOp.Conv c, Requantizer r) {
        return new QOp.Conv(c.window(), c.outputChannels(), c.groups(), c.weights(), c.bias(), r, c.table());
    }
}
