package io.millrace.hdl.bridge;

import java.time.Duration;

/**
 * How Verilog is written.
 *
 * @param romFiles whether memory contents go to files read by {@code $readmemb}, named relative to the folder of the Verilog, and not
 *     into the Verilog itself
 * @param timeLimit how long a generation may take before it is given up
 */
public record RtlOptions(boolean romFiles, Duration timeLimit) {
    /** Contents inside the Verilog, ten minutes. */
    public static RtlOptions defaults() {
        return new RtlOptions(false, Duration.ofMinutes(10));
    }

    public RtlOptions withRomFiles() {
        return new RtlOptions(true, timeLimit);
    }

    public RtlOptions withTimeLimit(Duration limit) {
        return new RtlOptions(romFiles, limit);
    }
}
