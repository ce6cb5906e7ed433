package io.millrace.simulator;

import io.millrace.ir.SourceRef;
import io.millrace.ir.Window;
import io.millrace.quantizer.MapType;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.quantizer.Requantizer;
import io.millrace.quantizer.Weights;
import io.millrace.scheduler.Actor;
import io.millrace.scheduler.Edge;
import io.millrace.scheduler.FiringList;
import io.millrace.scheduler.FiringList.Entry;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.Reduction;
import io.millrace.scheduler.RowMemory;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Target;
import io.millrace.scheduler.Unit;
import io.millrace.scheduler.Work;
import java.util.List;
import java.util.Optional;

/**
 * Hand-made schedules: host-in, one matrix engine with one convolution, host-out. Descriptors are one word, so the head
 * takes 3 cycles and a drain descriptor 3; a chain of one and one lane make the drain delay 9; a commit takes 7.
 */
record TinySchedules(
        int rows,
        int columns,
        int inputChannels,
        int outputChannels,
        int kernelRows,
        int outputs,
        int lanes,
        int weightLanes,
        int drainLanes,
        Work.TileOrder order,
        int hostInLanes,
        int hostOutLanes,
        int slotsIn,
        int slotsOut) {

    /** A 1x1 convolution of one channel on 2 rows of 3 columns, one multiplier, hosts of 4 lanes. */
    static TinySchedules plain() {
        return new TinySchedules(2, 3, 1, 1, 1, 1, 1, 1, 1, Work.TileOrder.OUTPUTS_OUTER, 4, 4, 4, 4);
    }

    TinySchedules withMap(int newRows, int newColumns) {
        return new TinySchedules(
                newRows,
                newColumns,
                inputChannels,
                outputChannels,
                kernelRows,
                outputs,
                lanes,
                weightLanes,
                drainLanes,
                order,
                hostInLanes,
                hostOutLanes,
                slotsIn,
                slotsOut);
    }

    TinySchedules withChannels(int in, int out) {
        return new TinySchedules(
                rows,
                columns,
                in,
                out,
                kernelRows,
                outputs,
                lanes,
                weightLanes,
                drainLanes,
                order,
                hostInLanes,
                hostOutLanes,
                slotsIn,
                slotsOut);
    }

    TinySchedules withEngine(int p, int s, int weights, int drain, Work.TileOrder tileOrder) {
        return new TinySchedules(
                rows,
                columns,
                inputChannels,
                outputChannels,
                kernelRows,
                p,
                s,
                weights,
                drain,
                tileOrder,
                hostInLanes,
                hostOutLanes,
                slotsIn,
                slotsOut);
    }

    TinySchedules withHost(int in, int out) {
        return new TinySchedules(
                rows,
                columns,
                inputChannels,
                outputChannels,
                kernelRows,
                outputs,
                lanes,
                weightLanes,
                drainLanes,
                order,
                in,
                out,
                slotsIn,
                slotsOut);
    }

    TinySchedules withSlots(int in, int out) {
        return new TinySchedules(
                rows,
                columns,
                inputChannels,
                outputChannels,
                kernelRows,
                outputs,
                lanes,
                weightLanes,
                drainLanes,
                order,
                hostInLanes,
                hostOutLanes,
                in,
                out);
    }

    TinySchedules withKernelRows(int k) {
        return new TinySchedules(
                rows,
                columns,
                inputChannels,
                outputChannels,
                k,
                outputs,
                lanes,
                weightLanes,
                drainLanes,
                order,
                hostInLanes,
                hostOutLanes,
                slotsIn,
                slotsOut);
    }

    int outputRows() {
        return rows - kernelRows + 1;
    }

    QuantizedGraph graph() {
        var weights = new short[outputChannels * inputChannels * kernelRows];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (short) (1 + i % 3);
        }
        var input = new MapType(inputChannels, List.of(rows, columns), 1, 0);
        var output = new MapType(outputChannels, List.of(outputRows(), columns), 1, 0);
        var requantizer = new Requantizer(
                0,
                java.util.Collections.nCopies(outputChannels, 2),
                java.util.Collections.nCopies(outputChannels, 1),
                0,
                -128,
                127);
        var conv = new QOp.Conv(
                Window.of(kernelRows, 1),
                outputChannels,
                new Weights(weights),
                java.util.Collections.nCopies(outputChannels, 0L),
                requantizer,
                Optional.empty());
        return new QuantizedGraph(
                "tiny",
                Precision.INT8,
                List.of(
                        new QNode(0, "image", new QOp.Input(), List.of(), input, SourceRef.layer("tiny.onnx", "image")),
                        new QNode(1, "conv", conv, List.of(0), output, SourceRef.layer("tiny.onnx", "conv"))),
                List.of(1),
                List.of("result"));
    }

    Machine machine() {
        var capacity = new Unit.Capacity(1, 8, 16);
        var drain = new Unit.Drain(drainLanes, 1, true, true, 31, false, 16, 0);
        return new Machine(
                "tiny",
                Precision.INT8,
                List.of(
                        new Unit.HostIn(0, "in", hostInLanes, capacity),
                        new Unit.Matrix(
                                1,
                                "m",
                                outputs,
                                lanes,
                                1,
                                List.of(),
                                1,
                                false,
                                true,
                                weightLanes,
                                64,
                                0,
                                1,
                                0,
                                64,
                                0,
                                24,
                                false,
                                drain,
                                capacity),
                        new Unit.HostOut(2, "out", hostOutLanes, capacity)),
                List.of(new RowMemory(0, 0, 1, 4, 64), new RowMemory(1, 1, 2, 4, 64)),
                List.of(new Machine.EdgeSlot(0, 0), new Machine.EdgeSlot(1, 0)),
                new Machine.Limits(1 << 20, 8, 8, 10, 8, 8),
                Machine.Control.LOADED);
    }

    /** One row a firing. */
    Schedule schedule() {
        return schedule(
                perRow(0, rows, List.of(), List.of()), convolve(), perRow(2, outputRows(), List.of(1), List.of(1)));
    }

    /** Rows of a frame one by one, all alike. */
    static FiringList perRow(int unit, int count, List<Integer> need, List<Integer> free) {
        var last = new Entry(unit, 1, 1, need, free, true);
        return new FiringList(
                unit, count == 1 ? List.of(last) : List.of(new Entry(unit, count - 1, 1, need, free, false), last), 0);
    }

    private FiringList convolve() {
        var k = List.of(kernelRows);
        return outputRows() == 1
                ? new FiringList(1, List.of(new Entry(1, 1, 1, k, k, true)), 0)
                : new FiringList(
                        1,
                        List.of(
                                new Entry(1, outputRows() - 1, 1, k, List.of(1), false),
                                new Entry(1, 1, 1, k, k, true)),
                        0);
    }

    Schedule schedule(FiringList in, FiringList convolution, FiringList out) {
        var graph = graph();
        var target = new Target("none", Target.Family.SERIES7, 100, 1000, 1000, 0, 0, 100000, 100000, 0);
        var g = new Geometry(
                rows,
                columns,
                inputChannels,
                outputRows(),
                columns,
                outputChannels,
                kernelRows,
                1,
                1,
                1,
                1,
                1,
                0,
                0,
                0,
                1,
                List.of(inputChannels),
                List.of(false),
                1);
        var multiply = new Work.Multiply(
                order, Math.ceilDiv(outputChannels, outputs), Reduction.segments(g, outputs, lanes), 1, inputChannels);
        return new Schedule(
                graph,
                target,
                machine(),
                List.of(
                        new Actor(0, "image", 0, 0, new Work.Receive(0), List.of(), List.of(0), 1),
                        new Actor(1, "conv", 1, 1, multiply, List.of(0), List.of(1), 1),
                        new Actor(2, "result", 2, 1, new Work.Send(0), List.of(1), List.of(), 1)),
                List.of(
                        new Edge(0, 0, 1, 0, 0, columns * inputChannels, slotsIn),
                        new Edge(1, 1, 2, 1, 0, columns * outputChannels, slotsOut)),
                List.of(in, convolution, out));
    }
}
