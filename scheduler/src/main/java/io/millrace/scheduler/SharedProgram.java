package io.millrace.scheduler;

import io.millrace.quantizer.QuantizedGraph;
import java.util.List;

/**
 * One of several programs for one machine.
 *
 * @param rows rows a firing, as in {@link MachineOptions}
 */
public record SharedProgram(QuantizedGraph graph, List<Integer> rows) {
    public SharedProgram {
        rows = List.copyOf(rows);
    }
}
