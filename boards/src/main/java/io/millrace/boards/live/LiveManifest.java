package io.millrace.boards.live;

import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import io.millrace.quantizer.InputSpec;
import io.millrace.quantizer.MapType;
import io.millrace.quantizer.QNode;
import io.millrace.runtime.Manifest;
import io.millrace.runtime.TensorInfo;
import io.millrace.scheduler.Actor;
import io.millrace.scheduler.FiringList;
import io.millrace.scheduler.FollowerFrames;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.Identity;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Unit;
import io.millrace.scheduler.Work;
import java.util.ArrayList;
import java.util.List;

/** Makes the manifest that a host needs to use a board that runs a schedule. */
public final class LiveManifest {
    private final Schedule schedule;

    private LiveManifest(Schedule schedule) {
        this.schedule = schedule;
    }

    /**
     * The manifest of a schedule.
     *
     * @param board name of the board
     * @param design identity of the design, {@code program} of its program
     * @param inputs what the pixels of each input mean, in the order of {@code QuantizedGraph.inputs()}; empty if they are unknown
     * @throws CompileException exit code 4, {@code LNK-0115}, if frames of several inputs overlap in the input list
     */
    public static Manifest of(
            Schedule schedule, String board, Identity design, Identity program, List<InputSpec> inputs) {
        var maker = new LiveManifest(schedule);
        return new Manifest(
                schedule.graph().name(),
                board,
                design,
                program,
                schedule.graph().precision(),
                maker.lanes(true),
                maker.lanes(false),
                schedule.target().clockMhz(),
                FollowerFrames.of(schedule),
                maker.inputs(inputs),
                maker.outputs(),
                maker.inputOrder(),
                List.of());
    }

    private int lanes(boolean in) {
        for (Unit unit : schedule.machine().units()) {
            if (in && unit instanceof Unit.HostIn h) {
                return h.lanes();
            }
            if (!in && unit instanceof Unit.HostOut h) {
                return h.lanes();
            }
        }
        throw new IllegalStateException("invariant: a machine has a host-in and a host-out unit");
    }

    private List<TensorInfo> inputs(List<InputSpec> specs) {
        var tensors = new ArrayList<TensorInfo>();
        List<QNode> nodes = schedule.graph().inputs();
        for (int i = 0; i < nodes.size(); i++) {
            boolean known = i < specs.size();
            List<Double> mean = known ? specs.get(i).mean() : List.of();
            List<Double> scale = known ? List.of(specs.get(i).scale()) : List.of();
            tensors.add(tensor(nodes.get(i).name(), i, nodes.get(i).type(), mean, scale));
        }
        return tensors;
    }

    private List<TensorInfo> outputs() {
        var graph = schedule.graph();
        var tensors = new ArrayList<TensorInfo>();
        for (Actor actor : schedule.actors()) {
            if (actor.work() instanceof Work.Send(int output)) {
                if (output != tensors.size()) {
                    throw new IllegalStateException("invariant: senders are in the order of the outputs");
                }
                var node = graph.node(graph.outputs().get(output));
                tensors.add(tensor(graph.outputNames().get(output), output, node.type(), List.of(), List.of()));
            }
        }
        return tensors;
    }

    private static TensorInfo tensor(String name, int id, MapType type, List<Double> mean, List<Double> scale) {
        return new TensorInfo(
                name, id, type.channels(), type.rows(), type.columns(), type.scale(), type.zeroPoint(), mean, scale);
    }

    /** Rows of one frame in the order of the list; every frame must be the same, and none begin before the last has ended. */
    private List<Manifest.RowRun> inputOrder() {
        var receivers = schedule.actors().stream()
                .filter(a -> a.work() instanceof Work.Receive)
                .toList();
        if (receivers.size() == 1) {
            return List.of();
        }
        FiringList list = schedule.lists().get(receivers.getFirst().unit());
        var walk = new ReceivedRows(schedule, list);
        List<Manifest.RowRun> first = frame(walk, receivers);
        int frames = 4;
        for (int f = 1; f < frames; f++) {
            if (!frame(walk, receivers).equals(first)) {
                throw overlapping();
            }
        }
        return first;
    }

    private List<Manifest.RowRun> frame(ReceivedRows walk, List<Actor> receivers) {
        var runs = new ArrayList<Manifest.RowRun>();
        int[] rows = new int[receivers.size()];
        int left = 0;
        for (Actor a : receivers) {
            left += Geometry.of(schedule.graph(), a).outputRows();
        }
        while (left > 0) {
            var firing = walk.next();
            int input = ((Work.Receive) schedule.actor(firing.actor()).work()).input();
            if (firing.firstRow() != rows[input]) {
                throw overlapping();
            }
            rows[input] += firing.rows();
            left -= firing.rows();
            if (!runs.isEmpty() && runs.getLast().tensor() == input) {
                var before = runs.removeLast();
                runs.add(new Manifest.RowRun(input, before.firstRow(), before.rows() + firing.rows()));
            } else {
                runs.add(new Manifest.RowRun(input, firing.firstRow(), firing.rows()));
            }
        }
        return runs;
    }

    private CompileException overlapping() {
        return new CompileException(
                4,
                new Diagnostic(
                        "LNK-0115",
                        SourceRef.file(schedule.graph().name()),
                        "the machine takes rows of one input before it has all inputs of the frame before",
                        "schedule with the layered order, or give the network one input"));
    }
}
