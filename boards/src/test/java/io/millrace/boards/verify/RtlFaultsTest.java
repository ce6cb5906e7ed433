package io.millrace.boards.verify;

import io.millrace.scheduler.MachineOptions;
import java.io.IOException;
import java.nio.file.Path;
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
        var table = new FaultTable(name);
        FaultSweep.rtl(table, cases, folder, OF_EACH_KIND, seed);
        table.check();
    }
}
