package io.millrace.scheduler;

import io.millrace.quantizer.QuantizedGraph;
import java.util.List;

/**
 * One of several programs for one machine.
 *
 * @param rows rows a firing, as in {@link MachineOptions}
 * @param spills its maps that go through DRAM
 * @param ranges of columns, as in {@link MachineOptions}
 */
public record SharedProgram(
        QuantizedGraph graph, List<Integer> rows, List<MachineOptions.Spill> spills, List<Integer> ranges) {
    public SharedProgram {
        ranges = List.copyOf(ranges);
        rows = List.copyOf(rows);
        spills = List.copyOf(spills);
    }

    /** With firings of whole rows. */
    public SharedProgram(QuantizedGraph graph, List<Integer> rows, List<MachineOptions.Spill> spills) {
        this(graph, rows, spills, List.of(1));
    }

    /** The same with all maps on chip. */
    public SharedProgram(QuantizedGraph graph, List<Integer> rows) {
        this(graph, rows, List.of());
    }

    /** The same with firings of ranges of columns. */
    public SharedProgram withRanges(List<Integer> ofColumns) {
        return new SharedProgram(graph, rows, spills, ofColumns);
    }
}
