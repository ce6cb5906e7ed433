package io.millrace.boards.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.boards.verilator.BuildProfile;
import io.millrace.boards.verilator.VerilatedCore;
import io.millrace.hdl.DesignGenerator;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A sample of single faults of each kind in RTL, program image and simulator: the proof chain finds each and says where. The sweeps of the slow lane
 * plant many more.
 */
class FaultsTest {
    private static final int FAULTS_MIN = 40;
    private static final int PROGRAMS = 12;
    private static final int OF_EACH_KIND_IN_RTL = 3;
    private static final int OF_EACH_KIND_IN_PROGRAM = 4;
    private static final int PROGRAMS_CHANGED = 6;
    private static final int SEED = 3;

    @TempDir
    Path folder;

    @Test
    void aSampleOfEveryKindIsFound() throws IOException {
        var cases = FaultCases.of(FaultCases.narrow(), 3000, PROGRAMS);
        var right = DesignGenerator.core(cases.getFirst().schedule(), folder.resolve("right"));
        var faulty = VerilogFaults.plant(right, folder.resolve("faulty"), OF_EACH_KIND_IN_RTL, SEED);
        var core = VerilatedCore.build(faulty.design(), BuildProfile.VERIFICATION);
        assertEquals("", FaultCases.verdict(cases, core), "the design with all its faults asleep");
        var first = cases.getFirst();
        var table = new FaultTable("sample");
        for (var fault : faulty.faults()) {
            var awake = core.withArguments(List.of("+fault=" + fault.number()));
            table.add(
                    "RTL",
                    fault.kind(),
                    fault.description(),
                    FaultCases.verdict(cases, awake),
                    NoChange.rowMemory(first.schedule().machine(), fault.description()));
        }
        for (var c : cases.subList(0, PROGRAMS_CHANGED)) {
            var both = List.of(c, c.onAnotherLink());
            var planted = new HashMap<FaultKind, Integer>();
            for (var fault : ProgramFaults.of(c.schedule(), c.image())) {
                if (planted.merge(fault.kind(), 1, Integer::sum) <= OF_EACH_KIND_IN_PROGRAM
                        && !table.isFound("program", fault.kind(), fault.name())) {
                    String found = FaultCases.verdict(both, core, fault.image());
                    table.add("program", fault.kind(), fault.name(), found, fault.shown());
                }
            }
            for (var fault : ScheduleFaults.of(c.schedule())) {
                if (!table.isFound("simulator", fault.kind(), fault.name())) {
                    String found = FaultCases.simulatorVerdict(both, core, fault.schedule());
                    table.add("simulator", fault.kind(), fault.name(), found, fault.shown());
                }
            }
        }
        assertTrue(table.size() >= FAULTS_MIN, () -> "only " + table.size() + " faults");
        table.check();
    }
}
