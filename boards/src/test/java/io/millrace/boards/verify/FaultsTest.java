package io.millrace.boards.verify;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A sample of single faults of each kind in RTL, program image and simulator: the proof chain finds each and says where. The sweeps of the slow lane
 * plant many more.
 */
class FaultsTest {
    private static final int FAULTS_MIN = 40;
    private static final int PROGRAMS = 24;
    private static final int OF_EACH_KIND_IN_RTL = 3;
    private static final int OF_EACH_KIND_IN_PROGRAM = 4;
    private static final int PROGRAMS_CHANGED = 6;
    private static final int SEED = 3;

    @TempDir
    Path folder;

    @Test
    void aSampleOfEveryKindIsFound() throws IOException {
        var cases = FaultCases.of(FaultCases.narrow(), 3000, PROGRAMS);
        var table = new FaultTable("sample");
        var core = FaultSweep.rtl(table, cases, folder, OF_EACH_KIND_IN_RTL, SEED);
        for (var c : cases.subList(0, PROGRAMS_CHANGED)) {
            FaultSweep.programAndSimulator(table, c, core, OF_EACH_KIND_IN_PROGRAM);
        }
        assertTrue(table.size() >= FAULTS_MIN, () -> "only " + table.size() + " faults");
        table.check();
    }
}
