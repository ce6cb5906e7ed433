package io.millrace.hdl.bridge;

import java.nio.file.Path;
import java.util.List;

/**
 * What a generation wrote.
 *
 * @param topName name of the top module
 * @param files the Verilog files, one a module, sorted by name
 * @param memoryFiles contents for {@code $readmemb}, empty unless asked for
 * @param warnings what the generator had to say, a line each
 */
public record RtlReport(String topName, List<Path> files, List<Path> memoryFiles, List<String> warnings) {
    public RtlReport {
        files = List.copyOf(files);
        memoryFiles = List.copyOf(memoryFiles);
        warnings = List.copyOf(warnings);
    }
}
