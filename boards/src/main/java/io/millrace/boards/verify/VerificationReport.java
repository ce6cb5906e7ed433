package io.millrace.boards.verify;

import java.util.Optional;

/**
 * What a proof run compared, and the first thing that differed.
 *
 * @param simulator rows of the simulator against the integer evaluator
 * @param hardware rows of the Verilated RTL against the integer evaluator
 * @param firings starts, last reads and commits compared between simulator and RTL, and host beats
 * @param cycleDifference largest difference of any of these cycles
 * @param firstTiming the first firing or beat that differs
 * @param firstMark the first output beat whose tensor or end of tensor is marked wrong
 * @param restart where a machine stopped in the middle of its work and started again did otherwise than at first
 * @param cycles cycles the RTL ran
 * @param cut whether the RTL ran into the cycle limit before its last result
 */
public record VerificationReport(
        int framesCompared,
        RowComparison simulator,
        RowComparison hardware,
        long firings,
        long cycleDifference,
        Optional<String> firstTiming,
        Optional<String> firstMark,
        Optional<String> restart,
        long cycles,
        boolean cut) {

    /**
     * Committed rows compared with the golden model.
     *
     * @param mismatches values that differ
     */
    public record RowComparison(long rows, long values, long mismatches, Optional<Mismatch> first) {}

    /** Values that differ, in simulator or hardware. */
    public long mismatchedValues() {
        return simulator.mismatches + hardware.mismatches;
    }

    /** Whether evaluator, simulator and RTL agree in every value and every cycle. */
    public boolean passed() {
        return !cut
                && mismatchedValues() == 0
                && cycleDifference == 0
                && firstTiming.isEmpty()
                && firstMark.isEmpty()
                && restart.isEmpty();
    }

    /** The first difference in words: values before cycles, as a wrong value may change no cycle. */
    public Optional<String> firstDifference() {
        return simulator
                .first
                .map(m -> "simulator: " + m)
                .or(() -> hardware.first.map(m -> "RTL: " + m))
                .or(() -> firstTiming)
                .or(() -> firstMark)
                .or(() -> restart)
                .or(() -> cut ? Optional.of("the RTL gave no result within " + cycles + " cycles") : Optional.empty());
    }
}
