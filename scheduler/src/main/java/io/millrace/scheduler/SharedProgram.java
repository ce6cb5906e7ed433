package io.millrace.scheduler;

import io.millrace.quantizer.QuantizedGraph;
import java.util.List;

/**
 * One of several programs for one machine.
 *
 * @param rows rows a firing, as in {@link MachineOptions}
 * @param spills its maps that go through DRAM
 */
public record SharedProgram(QuantizedGraph graph, List<Integer> rows, List<MachineOptions.Spill> spills) {
    public SharedProgram {
        rows = List.copyOf(rows);
        spills = List.copyOf(spills);
    }

    /** With all maps on chip. */
    public SharedProgram(QuantizedGraph graph, List<Integer> rows) {
        this(graph, rows, List.of());
    }
}
