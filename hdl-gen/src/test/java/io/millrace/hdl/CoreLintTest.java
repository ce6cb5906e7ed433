package io.millrace.hdl;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.quantizer.Precision;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.RowMemory;
import io.millrace.scheduler.Unit;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The whole machine elaborates, and Verilator's lint finds nothing. */
class CoreLintTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource
    void oneEngineMachineIsLintClean(Precision precision) throws Exception {
        lint(machine(precision));
    }

    private void lint(Machine machine) throws Exception {
        var design = DesignGenerator.core(machine, folder);
        var command = new ArrayList<>(List.of("verilator", "--lint-only", "-Wall", "--top-module", design.top()));
        design.files().forEach(f -> command.add(f.toString()));
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        assertEquals("", output);
        assertEquals(0, process.waitFor());
    }

    private static Machine machine(Precision precision) {
        var capacity = new Unit.Capacity(4, 32, 32);
        var joining = new Unit.Capacity(4, 32, 32, 2);
        var drain = new Unit.Drain(4, 1, true, true, 0, true, 64, 2);
        List<Unit> units = List.of(
                new Unit.HostIn(0, "host_in", 8, capacity),
                new Unit.Matrix(
                        1,
                        "matrix0",
                        4,
                        5,
                        2,
                        List.of(1),
                        1,
                        false,
                        true,
                        20,
                        128,
                        0,
                        1,
                        0,
                        64,
                        0,
                        24,
                        true,
                        drain,
                        joining),
                new Unit.Vector(
                        2,
                        "vector0",
                        4,
                        64,
                        28,
                        new Unit.Features(true, true, true, true, true, true, true),
                        true,
                        40,
                        new Unit.Drain(4, 1, true, true, 0, false, 16, 0),
                        joining),
                new Unit.HostOut(3, "host_out", 4, capacity));
        var memories = List.of(
                new RowMemory(0, 0, 1, 8, 64),
                new RowMemory(1, 1, 2, 4, 64),
                new RowMemory(2, 2, 1, 8, 64),
                new RowMemory(3, 1, 3, 4, 16));
        var edges = List.of(
                new Machine.EdgeSlot(0, 0),
                new Machine.EdgeSlot(1, 0),
                new Machine.EdgeSlot(2, 0),
                new Machine.EdgeSlot(3, 0));
        return new Machine(
                "test",
                precision,
                units,
                memories,
                edges,
                new Machine.Limits(64, 8, 8, 10, 8, 8),
                Machine.Control.LOADED);
    }
}
