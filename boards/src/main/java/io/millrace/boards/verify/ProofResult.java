package io.millrace.boards.verify;

import java.util.List;

/**
 * What all cases of a proof showed together.
 *
 * @param mismatchedValues values in simulator or RTL that differ from the golden model
 * @param cycleDifference largest difference of a cycle between simulator and RTL
 * @param framesCompared frames, over all cases
 * @param seconds wall-clock time of the proof with its builds
 */
public record ProofResult(
        boolean passed,
        long mismatchedValues,
        long cycleDifference,
        int framesCompared,
        double seconds,
        List<CaseResult> cases) {
    public ProofResult {
        cases = List.copyOf(cases);
    }

    /**
     * What one case showed.
     *
     * @param rowsCompared committed rows of the RTL's row buffers
     * @param cyclesCompared starts, last reads, commits and host beats
     * @param cycles cycles that the RTL ran
     * @param buildSeconds generation and compilation of the RTL, where this case was the first on its machine
     * @param seconds the rest
     * @param firstDifference empty if the case passed
     */
    public record CaseResult(
            String name,
            boolean passed,
            int framesCompared,
            long rowsCompared,
            long valuesCompared,
            long mismatchedValues,
            long cyclesCompared,
            long cycleDifference,
            long cycles,
            double buildSeconds,
            double seconds,
            String firstDifference) {
        static CaseResult of(String name, VerificationReport report, double buildSeconds, double seconds) {
            return new CaseResult(
                    name,
                    report.passed(),
                    report.framesCompared(),
                    report.hardware().rows(),
                    report.hardware().values(),
                    report.mismatchedValues(),
                    report.firings(),
                    report.cycleDifference(),
                    report.cycles(),
                    buildSeconds,
                    seconds,
                    report.firstDifference().orElse(""));
        }
    }

    static ProofResult of(List<CaseResult> cases, double seconds) {
        return new ProofResult(
                cases.stream().allMatch(CaseResult::passed),
                cases.stream().mapToLong(CaseResult::mismatchedValues).sum(),
                cases.stream().mapToLong(CaseResult::cycleDifference).max().orElse(0),
                cases.stream().mapToInt(CaseResult::framesCompared).sum(),
                seconds,
                cases);
    }
}
