package io.millrace.scheduler.internal;

import io.millrace.scheduler.Actor;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.ProgramLayout;
import io.millrace.scheduler.Unit;
import io.millrace.scheduler.Work;

/**
 * The elements of a row memory that are only ever written and read together: the largest power of two that divides every place at which a write or read of its rows begins, and
 * the elements of every write. Maps of 64 channels that engines take 16 at a time are 16 a granule, wherever their rows lie.
 */
final class Granule {
    private final Flow flow;
    /** Greatest common divisor of what has been seen; 0 before. */
    private int common;

    private Granule(Flow flow) {
        this.flow = flow;
    }

    /** Of the rows of one link; that of a memory is the least of its links'. */
    static int of(Flow flow, Flow.Link link) {
        var granule = new Granule(flow);
        granule.written(flow.actors().get(link.producer()));
        granule.read(flow.actors().get(link.consumer()), link.operand());
        return Integer.lowestOneBit(granule.common);
    }

    private void written(Actor producer) {
        var g = flow.geometry(producer);
        switch (flow.unit(producer)) {
            case Unit.HostIn _, Unit.HostOut _, Unit.Store _, Unit.Load _ ->
                beats(g.outputRowElements(), Placement.writtenElements(flow.unit(producer)));
            case Unit.Matrix m -> drained(producer, g.outputChannels(), m.outputs(), m);
            case Unit.Vector v -> drained(producer, ((Work.Reduce) producer.work()).channels(g), v.lanes(), v);
        }
    }

    /** The channels of a position, tile by tile and in each beat by beat. */
    private void drained(Actor producer, int channels, int tile, Unit unit) {
        if (producer.planes()) {
            divides(1);
            return;
        }
        beats(channels, tile);
        beats(Math.min(channels, tile), ProgramLayout.drainOf(unit).lanes());
    }

    /** So many elements, some at a time. */
    private void beats(int elements, int lanes) {
        divides(elements);
        if (elements > lanes) {
            divides(lanes);
        }
    }

    private void read(Actor consumer, int operand) {
        var g = flow.geometry(consumer);
        switch (flow.unit(consumer)) {
            case Unit.HostIn _, Unit.HostOut _, Unit.Store _, Unit.Load _ ->
                beats(g.inputRowElements(), Placement.readElements(flow.unit(consumer)));
            case Unit.Matrix _ -> {
                var work = (Work.Multiply) consumer.work();
                divides(work.single() ? 1 : 0);
                work.segments().stream().filter(s -> s.input() == operand).forEach(s -> divides(s.offset()));
                windows(g, operand, g.outputColumns(), g.columnStride());
            }
            case Unit.Vector v -> {
                var work = (Work.Reduce) consumer.work();
                divides(work.channelGroups() > 1 ? v.lanes() : 0);
                work.taps().stream().filter(s -> s.input() == operand).forEach(s -> divides(s.offset()));
                windows(g, operand, work.columns(g), work.pixels() * g.columnStride());
            }
        }
    }

    /** Where the windows of a row begin. */
    private void windows(Geometry g, int operand, int columns, int step) {
        if (!g.single().get(operand)) {
            int channels = g.parts().get(operand);
            divides(g.padLeft() * channels);
            divides(columns > 1 ? step * channels : 0);
        }
    }

    private void divides(int elements) {
        int a = common;
        int b = elements;
        while (b != 0) {
            int rest = a % b;
            a = b;
            b = rest;
        }
        common = a;
    }
}
