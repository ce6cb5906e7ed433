package io.millrace.boards.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.boards.verify.FaultCases.Case;
import io.millrace.boards.verilator.BuildProfile;
import io.millrace.boards.verilator.VerilatedCore;
import io.millrace.hdl.DesignGenerator;
import io.millrace.scheduler.MachineOptions;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Single faults in program images and in what the simulator runs: the proof chain has to find each and say where. */
@Tag("slow")
class ProgramFaultsTest {
    private static final int PROGRAMS = 20;

    @TempDir
    Path folder;

    @Test
    void narrowMachine() throws IOException {
        sweep("program-narrow", FaultCases.narrow(), 1000);
    }

    @Test
    void wideMachine() throws IOException {
        sweep("program-wide", FaultCases.wide(), 2000);
    }

    private void sweep(String name, MachineOptions options, long seed) throws IOException {
        var cases = FaultCases.of(options, seed, PROGRAMS);
        var core = VerilatedCore.build(
                DesignGenerator.core(cases.getFirst().schedule(), folder.resolve("core")), BuildProfile.VERIFICATION);
        assertEquals("", FaultCases.verdict(cases, core), "without a fault");
        var table = new FaultTable(name);
        for (Case c : cases) {
            FaultSweep.programAndSimulator(table, c, core, Integer.MAX_VALUE);
        }
        table.check();
    }
}
