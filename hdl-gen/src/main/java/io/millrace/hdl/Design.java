package io.millrace.hdl;

import io.millrace.scheduler.Identity;
import io.millrace.scheduler.Machine;
import java.nio.file.Path;
import java.util.List;

/**
 * A machine in Verilog.
 *
 * @param id identity of the hardware: equal for equal machines, whatever program they run
 * @param top name of the top module
 * @param files Verilog files, children before parents
 */
public record Design(Machine machine, Identity id, String top, List<Path> files) {
    public Design {
        files = List.copyOf(files);
    }
}
