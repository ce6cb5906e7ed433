package io.millrace.scheduler.internal;

import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.Actor;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.Unit;
import java.util.List;

/**
 * A graph laid on units, before memories, buffers and lists are sized.
 *
 * @param units the machine's units; capacities may still be 0
 * @param actors producers before consumers; their edges are positions in {@code links}
 * @param geometries by actor id
 */
public record Flow(
        QuantizedGraph graph, List<Unit> units, List<Actor> actors, List<Geometry> geometries, List<Link> links) {
    public Flow {
        units = List.copyOf(units);
        actors = List.copyOf(actors);
        geometries = List.copyOf(geometries);
        links = List.copyOf(links);
    }

    /** A token edge without a place; the consumer's operand that it is. */
    public record Link(int producer, int consumer, int operand) {}

    public Geometry geometry(Actor actor) {
        return geometries.get(actor.id());
    }

    public Unit unit(Actor actor) {
        return units.get(actor.unit());
    }

    /** Firings a frame of an actor. */
    public int firings(Actor actor) {
        return geometry(actor).firings(actor.rowsPerFiring());
    }

    /** Actors on a unit, by id. */
    public List<Actor> actorsOn(int unit) {
        return actors.stream().filter(a -> a.unit() == unit).toList();
    }

    /** Elements from a row that a producer writes to the next: as many as it has, in DRAM whole bursts. */
    public int rowPitch(Link link) {
        int elements = geometries.get(link.producer()).outputRowElements();
        return units.get(writer(link)) instanceof Unit.Store s ? s.rowBursts(elements) * s.burstElements() : elements;
    }

    public int writer(Link link) {
        return actors.get(link.producer()).unit();
    }

    public int reader(Link link) {
        return actors.get(link.consumer()).unit();
    }
}
