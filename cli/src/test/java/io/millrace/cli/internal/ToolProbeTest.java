package io.millrace.cli.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ToolProbeTest {
    @Test
    void versionsAreComparedByNumbers() {
        assertTrue(ToolProbe.atLeast("5.006", "5.006"));
        assertTrue(ToolProbe.atLeast("5.020", "5.006"));
        assertTrue(ToolProbe.atLeast("10.0", "9.9"));
        assertTrue(ToolProbe.atLeast("12.2.0", "12"));
        assertFalse(ToolProbe.atLeast("4.228", "5.006"));
        assertFalse(ToolProbe.atLeast("0.4", "0.4.1"));
    }

    @Test
    void theFirstNumberIsTheVersion() {
        assertEquals(Optional.of("5.006"), ToolProbe.firstNumber("Verilator 5.006 2023-01-22 rev (Debian 5.006-3)"));
        assertEquals(Optional.of("0.4"), ToolProbe.firstNumber("nextpnr-ice40 -- Next Generation (Version 0.4-1)"));
        assertEquals(Optional.empty(), ToolProbe.firstNumber("no version at all"));
    }

    @Test
    void aProgramIsFoundAndAsked(@TempDir Path folder) throws IOException, InterruptedException {
        var program = folder.resolve("tool");
        Files.writeString(program, "#!/bin/sh\necho 'tool 7.31 of today' >&2\n");
        assertEquals(Optional.empty(), ToolProbe.onPath("tool", folder.toString()), "it is not executable yet");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        assertEquals(Optional.of(program), ToolProbe.onPath("tool", "/nowhere:" + folder));
        assertEquals(Optional.of("7.31"), ToolProbe.version(List.of(program.toString())));
        assertEquals(
                Optional.empty(),
                ToolProbe.version(List.of(folder.resolve("none").toString())));
    }
}
