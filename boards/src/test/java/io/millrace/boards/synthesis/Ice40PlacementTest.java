package io.millrace.boards.synthesis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.boards.Boards;
import io.millrace.boards.Family;
import io.millrace.boards.flow.MachineChoice;
import io.millrace.boards.flow.Targets;
import io.millrace.boards.verify.ProofNets;
import io.millrace.hdl.DesignGenerator;
import io.millrace.quantizer.NumberFormat;
import io.millrace.scheduler.CostModel;
import io.millrace.scheduler.Machine;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** LeNet-5 on an iCEBreaker, as the search puts it there, proved, placed and routed. */
class Ice40PlacementTest {
    private static final double CLOCK_MHZ = 21;

    @TempDir
    Path folder;

    @Test
    void lenet5FitsAnUp5kAt20MHz() {
        SynthesisCases.requireTool("yosys");
        SynthesisCases.requireTool("nextpnr-ice40");
        var board = Boards.byName("icebreaker");
        var schedule =
                MachineChoice.FASTEST.schedule(ProofNets.bundled("lenet5", NumberFormat.INT8), Targets.of(board));
        assertEquals(Machine.Control.FIXED, schedule.machine().control());
        var estimate = CostModel.resources(schedule.machine(), schedule.target());
        var seen = Ice40Placement.run(DesignGenerator.core(schedule, folder), Family.ICE40UP, CLOCK_MHZ);
        String both = estimate + " " + seen;
        assertEquals(8, seen.dsp(), both);
        assertEquals(4, seen.spram(), both);
        assertEquals(estimate.ebr4k(), seen.ebr(), both);
        assertTrue(seen.logicCells() <= board.luts().value(), both);
        assertTrue(seen.fmaxMhz() >= 20, both);
    }
}
