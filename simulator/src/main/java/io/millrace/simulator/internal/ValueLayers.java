package io.millrace.simulator.internal;

import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.quantizer.QOp;
import io.millrace.scheduler.Actor;
import io.millrace.scheduler.Unit;
import io.millrace.scheduler.Work;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** The kernels of a schedule's actors, in an order in which operands come first. Immutable: runs and threads share them. */
public final class ValueLayers {
    private final CompiledSchedule p;
    private final List<Actor> order;
    private final List<Optional<Layer>> layers;

    public ValueLayers(CompiledSchedule program) {
        p = program;
        order = p.schedule.actors().stream()
                .sorted(Comparator.comparingInt((Actor a) -> p.sends[a.id()] ? 1 : 0)
                        .thenComparingInt(Actor::node))
                .toList();
        layers = p.schedule.actors().stream().map(this::layer).toList();
    }

    List<Actor> order() {
        return order;
    }

    /** The kernel of an actor; none for those that only move a map. */
    Optional<Layer> of(int actor) {
        return layers.get(actor);
    }

    private Optional<Layer> layer(Actor a) {
        var graph = p.schedule.graph();
        var g = p.schedule.frameGeometry(a);
        return switch (p.schedule.node(a).op()) {
            case QOp.Input _, QOp.View _, QOp.Concat _ -> Optional.empty();
            case QOp.Conv conv
            when a.work().computes() -> {
                if (a.work() instanceof Work.Multiply work) {
                    requireCovered(a, work);
                }
                yield Optional.of(new ConvLayer(g, conv, graph.precision()));
            }
            case QOp.MaxPool pool when a.work().computes() -> Optional.of(new PoolLayer(g, pool.table()));
            case QOp.SumPool pool when a.work().computes() -> Optional.of(new PoolLayer(g, pool));
            case QOp.Add add when a.work().computes() -> Optional.of(new AddLayer(g, add));
            case QOp.Extreme extreme when a.work().computes() -> Optional.of(new ExtremeLayer(g, extreme));
            case QOp.ArgMax _ when a.work().computes() -> Optional.of(new ArgMaxLayer(g));
            case QOp.Mul mul when a.work().computes() -> Optional.of(new MulLayer(g, mul));
            case QOp.Gather gather when a.work().computes() -> Optional.of(new GatherLayer(g, gather));
            case QOp.DepthToSpace op when a.work().computes() -> Optional.of(new DepthToSpaceLayer(g, op.block()));
            case QOp.Conv _, QOp.MaxPool _, QOp.SumPool _, QOp.Add _, QOp.Mul _ -> Optional.empty();
            case QOp.Extreme _, QOp.ArgMax _, QOp.Gather _ -> Optional.empty();
            case QOp.DepthToSpace _ -> Optional.empty();
        };
    }

    private void requireCovered(Actor a, Work.Multiply work) {
        if (!(p.schedule.machine().unit(a.unit()) instanceof Unit.Matrix m)) {
            throw new IllegalStateException("a convolution is on a unit without weights: " + a.name());
        }
        var g = p.schedule.frameGeometry(a);
        var conv = (QOp.Conv) p.schedule.node(a).op();
        var found = work.single() ? Coverage.firstMissing(g, conv, work, m) : Coverage.firstMissing(g, work, m);
        if (found.isPresent()) {
            int missing = found.getAsInt();
            throw new CompileException(
                    3,
                    new Diagnostic(
                            "SIM-0003",
                            p.schedule.node(a).source(),
                            "no segment of '" + a.name() + "' reads channel " + missing % g.inputChannels()
                                    + " of kernel row " + missing / g.inputChannels() / g.kernelColumns()
                                    + ", column " + missing / g.inputChannels() % g.kernelColumns(),
                            "compile the model again; a schedule written by the scheduler covers the kernel"));
        }
    }
}
