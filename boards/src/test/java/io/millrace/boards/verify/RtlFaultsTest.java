package io.millrace.boards.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.boards.verilator.BuildProfile;
import io.millrace.boards.verilator.VerilatedCore;
import io.millrace.hdl.DesignGenerator;
import io.millrace.scheduler.MachineOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Single faults in the RTL, many of each kind: the proof chain has to find each and say where. */
@Tag("slow")
class RtlFaultsTest {
    private static final int OF_EACH_KIND = 16;
    private static final int PROGRAMS = 14;

    @TempDir
    Path folder;

    @Test
    void narrowMachine() throws IOException {
        sweep("rtl-narrow", FaultCases.narrow(), 1);
    }

    @Test
    void wideMachine() throws IOException {
        sweep("rtl-wide", FaultCases.wide(), 2);
    }

    private void sweep(String name, MachineOptions options, long seed) throws IOException {
        var cases = FaultCases.of(options, 1000 * seed, PROGRAMS);
        var right = DesignGenerator.core(cases.getFirst().schedule(), folder.resolve("right"));
        var faulty = VerilogFaults.plant(right, folder.resolve("faulty"), OF_EACH_KIND, seed);
        var core = VerilatedCore.build(faulty.design(), BuildProfile.VERIFICATION);
        assertEquals("", FaultCases.verdict(cases, core), "the design with all its faults asleep");
        var machine = cases.getFirst().schedule().machine();
        var table = new FaultTable(name);
        for (var fault : faulty.faults()) {
            var awake = core.withArguments(List.of("+fault=" + fault.number()));
            table.add(
                    "RTL",
                    fault.kind(),
                    fault.description(),
                    FaultCases.verdict(cases, awake),
                    NoChange.rowMemory(machine, fault.description()));
        }
        table.check();
    }
}
