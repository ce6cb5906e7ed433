package io.millrace.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.runtime.Link.Kind;
import java.util.List;
import org.junit.jupiter.api.Test;

class FaultMatrixTest {
    private static final int FRAMES = 12;
    private static final List<Kind> LOSSY = List.of(Kind.PACKETS, Kind.NOISY_BYTES);

    @Test
    void deliversEveryFrameOnceWithoutFaults() {
        for (Kind kind : Kind.values()) {
            for (long seed = 0; seed < 200; seed++) {
                var bench = new Bench(seed, kind);
                var outcome = bench.run(FRAMES);
                outcome.requireAll(FRAMES, seed);
                assertEquals(0, outcome.statistics().packetsResent(), kind + " seed " + seed);
                assertEquals(0, outcome.statistics().timeouts(), kind + " seed " + seed);
            }
        }
    }
}
