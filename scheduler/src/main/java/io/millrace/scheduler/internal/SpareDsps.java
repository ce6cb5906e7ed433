package io.millrace.scheduler.internal;

import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.Engines;
import io.millrace.scheduler.MachineOptions.MatrixSize;
import io.millrace.scheduler.MachineOptions.VectorSize;
import java.util.List;

/**
 * Who multiplies in the DSPs that arrays leave: vector engines, a product a lane and their requantizers, then the requantizers of matrix engines, an
 * engine at a time. All others multiply in logic.
 */
final class SpareDsps {
    private int left;

    private SpareDsps(int left) {
        this.left = left;
    }

    /** @param dsps that the machine may have */
    static MachineOptions given(MachineOptions options, int dsps) {
        return switch (options.engines()) {
            case Engines.One(var matrix, var vector) -> {
                var spare = new SpareDsps(dsps - matrix.dsps());
                var vectors = spare.vectors(List.of(vector));
                var matrices = spare.matrices(List.of(matrix));
                yield options.withEngines(new Engines.One(matrices.getFirst(), vectors.getFirst()));
            }
            case Engines.Assigned(var matrices, var vectors, var engineOf) -> {
                int arrays = matrices.stream().mapToInt(MatrixSize::dsps).sum();
                var spare = new SpareDsps(dsps - arrays);
                var first = spare.vectors(vectors);
                yield options.withEngines(new Engines.Assigned(spare.matrices(matrices), first, engineOf));
            }
            case Engines.EachLayer _, Engines.CycleTarget _ -> options;
        };
    }

    private List<VectorSize> vectors(List<VectorSize> sizes) {
        return sizes.stream()
                .map(v -> v.withDrain(v.drain().inDsp(take(v.dsps()))))
                .toList();
    }

    private List<MatrixSize> matrices(List<MatrixSize> sizes) {
        return sizes.stream()
                .map(m -> m.withDrain(m.drain().inDsp(take(m.drain().lanes()))))
                .toList();
    }

    private boolean take(int dsps) {
        boolean enough = dsps <= left;
        left -= enough ? dsps : 0;
        return enough;
    }
}
