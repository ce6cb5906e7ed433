package io.millrace.boards.build;

import io.millrace.boards.project.XilinxProject;
import io.millrace.boards.synthesis.SynthesisReport;
import io.millrace.scheduler.Cost;
import io.millrace.scheduler.Target;
import java.nio.file.Path;
import java.util.List;

/**
 * Cells of a Xilinx board's design as yosys maps it. Nothing is placed or timed, and what MIG makes of a DRAM's controller is not in it.
 *
 * @param project what was counted; out of context, machine and host port without the board's top
 * @param folder of the project; yosys' script, log and statistics are in its folder {@code yosys}
 * @param machine cells of the machine, which is what estimates are of
 * @param whole cells of the whole design: the machine, its host port, the serial line and the board's top
 * @param seconds that yosys took
 */
public record CellCount(
        XilinxProject project, Path folder, SynthesisReport machine, SynthesisReport whole, double seconds)
        implements BuildResult {
    /**
     * One kind of part.
     *
     * @param name as in every JSON document
     * @param estimated of the machine
     */
    public record Part(String name, int estimated, int machine, int whole, int budget) {
        public boolean fits() {
            return whole <= budget;
        }
    }

    /**
     * The kinds of parts that a device is chosen by.
     *
     * @param estimated the estimate of the schedule that was counted
     */
    public List<Part> parts(Cost.Resources estimated, Target target) {
        return List.of(
                new Part("dsp", estimated.dsp(), machine.dsp(), whole.dsp(), target.dsp()),
                new Part("bram36", estimated.bram36Total(), machine.bram36(), whole.bram36(), target.bram36()),
                new Part("lut", estimated.lut(), machine.lut(), whole.lut(), target.lut()),
                new Part("ff", estimated.ff(), machine.ff(), whole.ff(), target.ff()));
    }
}
