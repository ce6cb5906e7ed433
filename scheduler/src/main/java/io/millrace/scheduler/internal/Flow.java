package io.millrace.scheduler.internal;

import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.Actor;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.Unit;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A graph laid on units, before memories, buffers and lists are sized.
 *
 * @param units the machine's units; capacities may still be 0
 * @param actors producers before consumers; their edges are positions in {@code links}
 * @param geometries by actor id
 * @param buffers where the rows of the links lie, see {@link Link#buffer}
 * @param batch most frames that a firing computes together
 */
public record Flow(
        QuantizedGraph graph,
        List<Unit> units,
        List<Actor> actors,
        List<Geometry> geometries,
        List<Link> links,
        List<Buffer> buffers,
        int batch) {
    public Flow {
        units = List.copyOf(units);
        actors = List.copyOf(actors);
        geometries = List.copyOf(geometries);
        links = List.copyOf(links);
        buffers = List.copyOf(buffers);
    }

    /** A token edge without a place; the consumer's operand that it is. Links from one producer to one unit share a buffer. */
    public record Link(int producer, int consumer, int operand, int buffer) {}

    /** A producer's rows in the memory that a unit reads. */
    public record Buffer(int producer, int reader) {}

    public Geometry geometry(Actor actor) {
        return geometries.get(actor.id());
    }

    public Unit unit(Actor actor) {
        return units.get(actor.unit());
    }

    /** How often an actor fires R rows of a frame, or of all frames of its batch, all ranges of their columns at once. */
    public int firings(Actor actor) {
        return geometry(actor).firings(actor.rowsPerFiring());
    }

    /** Actors on a unit, by id. */
    public List<Actor> actorsOn(int unit) {
        return actors.stream().filter(a -> a.unit() == unit).toList();
    }

    /** Elements from a row that a producer writes to the next: as many as it has, in DRAM whole bursts. */
    public int rowPitch(Link link) {
        return rowPitch(link.producer());
    }

    /** The same of the rows in a buffer. */
    public int rowPitch(Buffer buffer) {
        return rowPitch(buffer.producer());
    }

    private int rowPitch(int producer) {
        int elements = geometries.get(producer).outputRowElements();
        return unit(actors.get(producer)) instanceof Unit.Store s
                ? s.rowBursts(elements) * s.burstElements()
                : elements;
    }

    /** The number of the buffer in which a unit reads a producer's rows. */
    int buffer(int producer, int reader) {
        return IntStream.range(0, buffers.size())
                .filter(b ->
                        buffers.get(b).producer() == producer && buffers.get(b).reader() == reader)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("unit " + reader + " reads nothing of " + producer));
    }

    public int writer(Link link) {
        return actors.get(link.producer()).unit();
    }

    public int reader(Link link) {
        return actors.get(link.consumer()).unit();
    }
}
