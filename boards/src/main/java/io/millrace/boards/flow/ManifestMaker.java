package io.millrace.boards.flow;

import io.millrace.hdl.DesignGenerator;
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
public final class ManifestMaker {
    private final Schedule schedule;

    private ManifestMaker(Schedule schedule) {
        this.schedule = schedule;
    }

    /**
     * The manifest of a schedule.
     *
     * @param board name of the board
     * @param program identity of the schedule's program
     * @param input what the pixels of all inputs mean
     * @throws CompileException exit code 4, {@code LNK-0115}, if frames of several inputs overlap in the input list
     */
    public static Manifest of(String model, String board, Schedule schedule, Identity program, InputSpec input) {
        var maker = new ManifestMaker(schedule);
        return new Manifest(
                model,
                board,
                DesignGenerator.identity(schedule),
                program,
                schedule.graph().precision(),
                maker.lanes(true),
                maker.lanes(false),
                schedule.target().clockMhz(),
                FollowerFrames.of(schedule),
                maker.inputs(input),
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

    private List<TensorInfo> inputs(InputSpec input) {
        var pixelMean = input.mean().stream().map(m -> m / input.scale()).toList();
        var pixelScale = List.of(input.scale());
        var tensors = new ArrayList<TensorInfo>();
        for (QNode node : schedule.graph().inputs()) {
            tensors.add(tensor(node.name(), tensors.size(), node.type(), pixelMean, pixelScale));
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
        var walk = new ListedFirings(schedule, list);
        List<Manifest.RowRun> first = frame(walk, receivers);
        int frames = 4;
        for (int f = 1; f < frames; f++) {
            if (!frame(walk, receivers).equals(first)) {
                throw overlapping();
            }
        }
        return first;
    }

    private List<Manifest.RowRun> frame(ListedFirings walk, List<Actor> receivers) {
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
