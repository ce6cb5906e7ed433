package io.millrace.scheduler.internal;

import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.Actor;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.ScheduleVerifier;
import io.millrace.scheduler.Work;
import java.util.Optional;
import java.util.stream.IntStream;

/** A network of the same layers as another one, with weights and scales of its own, such as one that was trained further, in the other one's place on a machine. */
public final class SameLayers {
    private SameLayers() {}

    /**
     * The schedule with the graph in place of its own: engines, rows of firings, orders and buffers stay. None if the layers are not the same.
     *
     * @throws CompileException with exit code 5 if the weights or scales need more of something than the machine has
     */
    public static Optional<Schedule> put(QuantizedGraph graph, Schedule design) {
        if (!same(graph, design.graph())) {
            return Optional.empty();
        }
        var named = new Schedule(
                graph,
                design.target(),
                design.machine(),
                design.actors().stream()
                        .map(a -> a.withName(name(a, graph, design)))
                        .toList(),
                design.edges(),
                design.lists());
        var lacks = ScheduleVerifier.verify(named);
        if (!lacks.isEmpty()) {
            throw new CompileException(
                    5,
                    lacks.stream()
                            .map(d -> new Diagnostic("SCH-0302", d.where(), d.problem(), ScheduleBuilder.OWN_DESIGN))
                            .toList());
        }
        return Optional.of(named);
    }

    private static boolean same(QuantizedGraph a, QuantizedGraph b) {
        return a.precision() == b.precision()
                && a.nodes().size() == b.nodes().size()
                && a.outputs().equals(b.outputs())
                && IntStream.range(0, a.nodes().size()).allMatch(n -> same(a, b, n));
    }

    /** Whether what a layer reads, computes and writes is the same but for numbers in it; what else may differ, the proof of the schedule finds. */
    private static boolean same(QuantizedGraph a, QuantizedGraph b, int node) {
        var left = a.node(node);
        var right = b.node(node);
        return left.op().getClass() == right.op().getClass()
                && left.inputs().equals(right.inputs())
                && Geometry.ofMap(left.type()).equals(Geometry.ofMap(right.type()))
                && (!isLayer(left)
                        || Geometry.ofNode(a, node)
                                .withPadValue(0)
                                .equals(Geometry.ofNode(b, node).withPadValue(0)));
    }

    private static boolean isLayer(QNode node) {
        return Skeleton.onMatrix(node) || Skeleton.onVector(node);
    }

    private static String name(Actor actor, QuantizedGraph graph, Schedule design) {
        var node = graph.node(actor.node());
        return switch (actor.work()) {
            case Work.Receive _, Work.Multiply _, Work.Reduce _ -> node.name();
            case Work.Send s -> ActorNames.send(graph, s.output());
            case Work.Spill _ -> ActorNames.store(node);
            case Work.Reload _ -> {
                var reader =
                        design.actor(design.edge(actor.outputs().getFirst()).consumer());
                yield ActorNames.load(node, graph.node(reader.node()));
            }
        };
    }
}
