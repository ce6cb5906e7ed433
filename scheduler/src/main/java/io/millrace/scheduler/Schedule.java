package io.millrace.scheduler;

import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QuantizedGraph;
import java.util.ArrayList;
import java.util.List;

/**
 * A network mapped onto a machine: everything simulator, RTL and program image need.
 *
 * @param edges by ascending id; a machine made for several networks may have more edge slots than the schedule uses, so
 *     that ids leave gaps
 * @param lists one for each unit, by unit id, without entries where nothing is on the unit
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

    /** The edge in the slot {@code id} of the machine. */
    public Edge edge(int id) {
        int from = Math.min(id, edges.size() - 1);
        for (int i = from; i >= 0; i--) {
            if (edges.get(i).id() == id) {
                return edges.get(i);
            }
        }
        throw new IllegalArgumentException("no edge in slot " + id);
    }

    /**
     * Edges whose buffers share elements with those that an actor writes, and that have to be empty before it fires: their rows are never
     * there at the same time.
     */
    public List<Integer> sharing(Actor actor) {
        var written = new ArrayList<Edge>();
        for (int id : actor.outputs()) {
            var edge = edge(id);
            // Edges of one producer in one memory have the same buffer.
            if (machine.memories().get(edge.memory()).shared()
                    && written.stream().noneMatch(e -> e.memory() == edge.memory())) {
                written.add(edge);
            }
        }
        var sharing = new ArrayList<Integer>();
        for (var edge : written.isEmpty() ? List.<Edge>of() : edges) {
            if (edge.producer() != actor.id() && overlapsAny(edge, written)) {
                sharing.add(edge.id());
            }
        }
        return List.copyOf(sharing);
    }

    private static boolean overlapsAny(Edge edge, List<Edge> others) {
        for (var other : others) {
            if (edge.overlaps(other)) {
                return true;
            }
        }
        return false;
    }

    /** The quantized node an actor stands for. */
    public QNode node(Actor actor) {
        return graph.node(actor.node());
    }

    /** Most frames that a firing computes together: results come in as many frames at a time. */
    public int batch() {
        return actors.stream().mapToInt(Actor::batch).max().orElse(1);
    }

    /** The geometry of an actor's rows of one frame. */
    public Geometry frameGeometry(Actor actor) {
        return actor.batch() > 1 ? Geometry.ofNode(graph, actor.node()) : geometry(actor);
    }

    /** The geometry of an actor's rows, of all frames of its batch. */
    public Geometry geometry(Actor actor) {
        return Geometry.of(graph, actor);
    }
}
