package io.millrace.scheduler.internal;

import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.Engines;
import io.millrace.scheduler.MachineOptions.MatrixSize;
import io.millrace.scheduler.MachineOptions.VectorSize;
import io.millrace.scheduler.ProgramLayout;
import io.millrace.scheduler.Unit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;

/**
 * Who multiplies in the DSPs that arrays leave: the requantizers of an engine or the lanes of one, those first that take most logic where they do not. All others multiply in
 * logic.
 */
final class SpareDsps {
    private final QuantizedGraph graph;
    private final List<MatrixSize> matrices;
    private final List<VectorSize> vectors;

    private SpareDsps(QuantizedGraph graph, List<MatrixSize> matrices, List<VectorSize> vectors) {
        this.graph = graph;
        this.matrices = new ArrayList<>(matrices);
        this.vectors = new ArrayList<>(vectors);
    }

    /**
     * Multipliers that are all in DSPs or all in logic.
     *
     * @param luts that one takes in logic
     */
    private record Part(int multipliers, int luts, Runnable inDsp) {}

    /** @param dsps that the machine may have */
    static MachineOptions given(QuantizedGraph graph, MachineOptions options, int dsps) {
        return switch (options.engines()) {
            case Engines.One(var matrix, var vector) -> {
                var engineOf = Collections.nCopies(graph.nodes().size(), 0);
                var spare = new SpareDsps(graph, List.of(matrix), List.of(vector));
                spare.give(engineOf, dsps);
                yield options.withEngines(new Engines.One(spare.matrices.getFirst(), spare.vectors.getFirst()));
            }
            case Engines.Assigned(var matrices, var vectors, var engineOf) -> {
                var spare = new SpareDsps(graph, matrices, vectors);
                spare.give(engineOf, dsps);
                yield options.withEngines(new Engines.Assigned(spare.matrices, spare.vectors, engineOf));
            }
            case Engines.EachLayer _, Engines.CycleTarget _ -> options;
        };
    }

    private void give(List<Integer> engineOf, int dsps) {
        int left = dsps - matrices.stream().mapToInt(MatrixSize::dsps).sum();
        var parts = new ArrayList<Part>();
        int requantizer = LogicProduct.of(Unit.SATURATED_BITS, ProgramLayout.MULTIPLIER_BITS)
                .lut();
        for (int i = 0; i < vectors.size(); i++) {
            vector(i, engineOf, requantizer, parts);
        }
        for (int i = 0; i < matrices.size(); i++) {
            int engine = i;
            var m = matrices.get(i);
            matrices.set(i, m.withDrain(m.drain().inDsp(false)));
            parts.add(new Part(
                    m.drain().lanes(),
                    requantizer,
                    () -> matrices.set(engine, m.withDrain(m.drain().inDsp(true)))));
        }
        parts.sort(Comparator.comparingInt(Part::luts).reversed());
        for (var part : parts) {
            if (part.multipliers <= left) {
                part.inDsp.run();
                left -= part.multipliers;
            }
        }
    }

    /** The requantizers of a vector engine and its lanes, where its layers want such. */
    private void vector(int engine, List<Integer> engineOf, int requantizer, List<Part> parts) {
        var size = vectors.get(engine);
        vectors.set(engine, size.withDrain(size.drain().inDsp(false)).inDsp(false));
        var layers = Skeleton.live(graph).stream()
                .filter(n -> Skeleton.onVector(n) && engineOf.get(n.id()) == engine)
                .toList();
        if (layers.stream().anyMatch(n -> Demand.requantizer(n.op()).isPresent())) {
            parts.add(new Part(size.drain().lanes(), requantizer, () -> {
                var now = vectors.get(engine);
                vectors.set(engine, now.withDrain(now.drain().inDsp(true)));
            }));
        }
        var features = layers.stream().map(n -> Demand.features(n.op())).reduce(Unit.Features.NONE, Unit.Features::or);
        if (features.multiplies()) {
            int bits = graph.precision().bits();
            var product = features.factors()
                    ? LogicProduct.of(ProgramLayout.MULTIPLIER_BITS, bits + 1)
                    : LogicProduct.of(bits, bits);
            parts.add(new Part(
                    size.lanes(),
                    product.lut(),
                    () -> vectors.set(engine, vectors.get(engine).inDsp(true))));
        }
    }
}
