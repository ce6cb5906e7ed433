package io.millrace.scheduler.internal.verify;

import io.millrace.quantizer.QOp;
import io.millrace.scheduler.Actor;
import io.millrace.scheduler.Edge;
import io.millrace.scheduler.Operands;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Unit;
import io.millrace.scheduler.Work;
import java.util.HashSet;
import java.util.List;
import java.util.TreeSet;

/** SCH-0901: every id names something of the right kind, and actors and edges are the graph's nodes and operands. */
public final class References {
    private static final String CODE = "SCH-0901";

    private final Schedule schedule;
    private final Findings findings;

    private References(Schedule schedule, Findings findings) {
        this.schedule = schedule;
        this.findings = findings;
    }

    /** Checks; when it finds something, other checks may fail with exceptions and are not to be made. */
    public static void check(Schedule schedule, Findings findings) {
        var check = new References(schedule, findings);
        check.ids();
        if (findings.isEmpty()) {
            check.kinds();
            check.edges();
            check.graph();
        }
    }

    private void ids() {
        var machine = schedule.machine();
        var graph = schedule.graph();
        findings.require(
                machine.precision() == graph.precision(),
                CODE,
                "the machine is made for " + machine.precision() + ", the network for " + graph.precision());
        findings.require(
                schedule.lists().size() == machine.units().size(),
                CODE,
                schedule.lists().size() + " firing lists for " + machine.units().size() + " units");
        for (int u = 0; u < schedule.lists().size(); u++) {
            findings.require(schedule.lists().get(u).unit() == u, CODE, "the list at " + u + " is of another unit");
        }
        for (int i = 0; i < schedule.actors().size(); i++) {
            var a = schedule.actor(i);
            findings.require(a.id() == i, CODE, a, "has id " + a.id() + " at position " + i);
            findings.require(within(a.unit(), machine.units().size()), CODE, a, "no unit " + a.unit());
            findings.require(within(a.node(), graph.nodes().size()), CODE, a, "no node " + a.node());
        }
        int last = -1;
        var slots = new HashSet<Integer>();
        for (var e : schedule.edges()) {
            String name = "edge " + e.id();
            findings.require(e.id() > last, CODE, name + " is out of order");
            last = e.id();
            slots.add(e.id());
            findings.require(within(e.id(), machine.edges().size()), CODE, name + ": the machine has no such slot");
            findings.require(within(e.producer(), schedule.actors().size()), CODE, name + ": no producer");
            findings.require(within(e.consumer(), schedule.actors().size()), CODE, name + ": no consumer");
            findings.require(within(e.memory(), machine.memories().size()), CODE, name + ": no memory");
        }
        for (var a : schedule.actors()) {
            findings.require(slots.containsAll(a.inputs()), CODE, a, "reads an edge that is not there: " + a.inputs());
            findings.require(
                    slots.containsAll(a.outputs()), CODE, a, "writes an edge that is not there: " + a.outputs());
        }
        for (var list : schedule.lists()) {
            for (var e : list.entries()) {
                findings.require(
                        within(e.actor(), schedule.actors().size()),
                        CODE,
                        "unit " + list.unit() + " fires actor " + e.actor() + ", which is not there");
            }
        }
    }

    private void kinds() {
        for (var a : schedule.actors()) {
            var unit = schedule.machine().unit(a.unit());
            var op = schedule.node(a).op();
            boolean fits = switch (a.work()) {
                case Work.Receive r ->
                    unit instanceof Unit.HostIn
                            && within(r.input(), schedule.graph().inputs().size())
                            && schedule.graph().inputs().get(r.input()).id() == a.node();
                case Work.Send s ->
                    unit instanceof Unit.HostOut
                            && within(s.output(), schedule.graph().outputs().size())
                            && schedule.graph().outputs().get(s.output()) == a.node();
                case Work.Spill _ -> unit instanceof Unit.Store;
                case Work.Reload _ -> unit instanceof Unit.Load;
                case Work.Multiply _ -> unit instanceof Unit.Matrix && op instanceof QOp.Conv;
                case Work.Reduce _ -> unit instanceof Unit.Vector && fitsVector(op);
            };
            findings.require(fits, CODE, a, "work, node and unit '" + unit.name() + "' are of different kinds");
        }
    }

    private static boolean fitsVector(QOp op) {
        return switch (op) {
            case QOp.MaxPool _, QOp.SumPool _, QOp.Add _, QOp.Extreme _, QOp.ArgMax _, QOp.Mul _ -> true;
            case QOp.Gather _, QOp.DepthToSpace _ -> true;
            case QOp.Conv conv ->
                conv.groups() == conv.outputChannels() && conv.bands().isEmpty();
            case QOp.Input _, QOp.View _, QOp.Concat _ -> false;
        };
    }

    private void edges() {
        for (var e : schedule.edges()) {
            var memory = schedule.machine().memories().get(e.memory());
            var from = schedule.actor(e.producer());
            var to = schedule.actor(e.consumer());
            String name = "edge " + e.id();
            findings.require(
                    memory.writer() == from.unit() && memory.reader() == to.unit(),
                    CODE,
                    name + " lies in memory " + memory.id() + ", which is between other units");
            var slot = schedule.machine().edges().get(e.id());
            findings.require(
                    slot.memory() == e.memory(), CODE, name + ": the machine's slot belongs to another memory");
            findings.require(
                    to.inputs().indexOf(e.id()) == slot.input(),
                    CODE,
                    to,
                    "reads " + name + " as input " + to.inputs().indexOf(e.id()) + ", its slot is for input "
                            + slot.input());
            findings.require(from.outputs().contains(e.id()), CODE, from, "does not list its output " + name);
            findings.require(to.inputs().contains(e.id()), CODE, to, "does not list its input " + name);
        }
        for (var a : schedule.actors()) {
            a.inputs()
                    .forEach(e -> findings.require(
                            schedule.edge(e).consumer() == a.id(),
                            CODE,
                            a,
                            "lists edge " + e + " of another consumer"));
            a.outputs()
                    .forEach(e -> findings.require(
                            schedule.edge(e).producer() == a.id(),
                            CODE,
                            a,
                            "lists edge " + e + " of another producer"));
        }
    }

    private void graph() {
        var computed = new TreeSet<Integer>();
        var sent = new TreeSet<Integer>();
        var spilled = new TreeSet<Integer>();
        for (var a : schedule.actors()) {
            switch (a.work()) {
                case Work.Send s -> findings.require(sent.add(s.output()), CODE, a, "output sent twice");
                // A map may be spilled once, and read back for several readers.
                case Work.Spill _ -> findings.require(spilled.add(a.node()), CODE, a, "the map is spilled twice");
                case Work.Reload _ -> {}
                case Work.Receive _, Work.Multiply _, Work.Reduce _ ->
                    findings.require(computed.add(a.node()), CODE, a, "the node is computed twice");
            }
            operands(a);
        }
        var needed = new TreeSet<>(schedule.graph().outputs());
        for (int n = schedule.graph().nodes().size() - 1; n >= 0; n--) {
            var node = schedule.graph().node(n);
            if (needed.contains(n) || node.op() instanceof QOp.Input) {
                needed.addAll(node.inputs());
                findings.require(
                        computed.contains(n) || node.op() instanceof QOp.Concat || node.op() instanceof QOp.View,
                        CODE,
                        "no actor computes '" + node.name() + "'");
            }
        }
        findings.require(
                sent.size() == schedule.graph().outputs().size(),
                CODE,
                sent.size() + " of " + schedule.graph().outputs().size() + " outputs are sent");
    }

    private void operands(Actor a) {
        List<Integer> operands = switch (a.work()) {
            case Work.Send _, Work.Spill _, Work.Reload _ -> List.of(a.node());
            case Work.Receive _, Work.Multiply _, Work.Reduce _ -> Operands.of(schedule.graph(), schedule.node(a));
        };
        var read = a.inputs().stream()
                .map(schedule::edge)
                .map(Edge::producer)
                .map(schedule::actor)
                .toList();
        findings.require(
                read.stream()
                                .map(Actor::node)
                                .toList()
                                .equals(operands.stream()
                                        .map(o -> Operands.source(schedule.graph(), o))
                                        .toList())
                        && read.stream().allMatch(p -> mayFeed(p.work(), a.work())),
                CODE,
                a,
                "reads nodes " + read.stream().map(Actor::node).toList() + " instead of " + operands);
    }

    /** What is sent feeds nobody; what is spilled is reloaded, and nothing else is. */
    private static boolean mayFeed(Work producer, Work consumer) {
        return switch (producer) {
            case Work.Send _ -> false;
            case Work.Spill _ -> consumer instanceof Work.Reload;
            case Work.Receive _, Work.Multiply _, Work.Reduce _ -> !(consumer instanceof Work.Reload);
            case Work.Reload _ -> !(consumer instanceof Work.Reload) && !(consumer instanceof Work.Spill);
        };
    }

    private static boolean within(int index, int size) {
        return index >= 0 && index < size;
    }
}
