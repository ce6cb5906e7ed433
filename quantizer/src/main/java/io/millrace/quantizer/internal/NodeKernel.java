package io.millrace.quantizer.internal;

import java.util.List;

/** One node of a graph, prepared for evaluation. */
@FunctionalInterface
public interface NodeKernel {
    /** Codes of the result, from the codes of the operands; all in row, column, channel order. */
    short[] run(List<short[]> operands);
}
