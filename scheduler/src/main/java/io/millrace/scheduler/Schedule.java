package io.millrace.scheduler;

import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QuantizedGraph;
import java.util.List;

/**
 * A network mapped onto a machine: everything simulator, RTL and program image need.
 *
 * @param lists one for each unit, by unit id
 */
public record Schedule(
        QuantizedGraph graph,
        Target target,
        Machine machine,
        List<Actor> actors,
        List<Edge> edges,
        List<FiringList> lists) {
    public Schedule {
        actors = List.copyOf(actors);
        edges = List.copyOf(edges);
        lists = List.copyOf(lists);
    }

    public Actor actor(int id) {
        return actors.get(id);
    }

    public Edge edge(int id) {
        return edges.get(id);
    }

    /** The quantized node an actor stands for. */
    public QNode node(Actor actor) {
        return graph.node(actor.node());
    }

    /** The geometry of an actor's rows. */
    public Geometry geometry(Actor actor) {
        return Geometry.of(graph, actor);
    }
}
