package io.millrace.boards.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.boards.verify.FaultCases.Case;
import io.millrace.boards.verilator.BuildProfile;
import io.millrace.boards.verilator.VerilatedCore;
import io.millrace.hdl.DesignGenerator;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;

/** Plants faults one at a time, and notes in a table what the proof chain says of each. */
final class FaultSweep {
    private FaultSweep() {}

    /**
     * Faults in the RTL of the cases' machine.
     *
     * @param ofEachKind most faults of a kind
     * @return the RTL with all of them asleep, which is seen to be right
     */
    static VerilatedCore rtl(FaultTable table, List<Case> cases, Path folder, int ofEachKind, long seed)
            throws IOException {
        var schedule = cases.getFirst().schedule();
        var right = DesignGenerator.core(schedule, folder.resolve("right"));
        var faulty = VerilogFaults.plant(right, folder.resolve("faulty"), ofEachKind, seed);
        var core = VerilatedCore.build(faulty.design(), BuildProfile.VERIFICATION);
        assertEquals("", FaultCases.verdict(cases, core), "the design with all its faults asleep");
        for (var fault : faulty.faults()) {
            var awake = core.withArguments(List.of("+fault=" + fault.number()));
            table.add(
                    "RTL",
                    fault.kind(),
                    fault.description(),
                    FaultCases.verdict(cases, awake),
                    NoChange.rowMemory(schedule.machine(), fault.description()));
        }
        return core;
    }

    /**
     * Faults in a case's program image and in what the simulator runs; those found before are left out.
     *
     * @param ofEachKind most faults of a kind in the image
     */
    static void programAndSimulator(FaultTable table, Case c, VerilatedCore core, int ofEachKind) {
        var both = List.of(c, c.onAnotherLink());
        var planted = new HashMap<FaultKind, Integer>();
        for (var fault : ProgramFaults.of(c.schedule(), c.image())) {
            if (planted.merge(fault.kind(), 1, Integer::sum) <= ofEachKind
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
}
