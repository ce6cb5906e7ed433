package io.millrace.boards.build;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A bitstream by the open tools.
 *
 * @param bitstream the file to load
 * @param clockMhz core clock of the bitstream
 * @param fmaxMhz highest clock by the placed design's timing analysis
 * @param baud bits a second of the serial line
 * @param seed of the placement that was taken
 * @param parts each kind of part: what it was estimated to need, what it needs, what the device has
 * @param bitstreamBytes size of the file
 * @param seconds of each step
 */
public record BuildReport(
        Path bitstream,
        double clockMhz,
        double fmaxMhz,
        int baud,
        int seed,
        List<Part> parts,
        long bitstreamBytes,
        Map<String, Double> seconds)
        implements BuildResult {
    public BuildReport {
        parts = List.copyOf(parts);
        seconds = new LinkedHashMap<>(seconds);
    }

    /**
     * One kind of part.
     *
     * @param name as in every JSON document
     * @param placed in the placed design
     */
    public record Part(String name, int estimated, int placed, int budget) {}

    /** Whether the clock is met. */
    public boolean timingMet() {
        return fmaxMhz >= clockMhz;
    }
}
