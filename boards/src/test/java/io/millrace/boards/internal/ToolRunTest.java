package io.millrace.boards.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ToolRunTest {
    @TempDir
    private Path folder;

    @Test
    void whatAToolHasStartedEndsWithIt() throws IOException {
        var command = List.of("sh", "-c", "sleep 600 & echo $!; wait");
        Path log = folder.resolve("log");
        assertEquals(OptionalInt.empty(), ToolRun.run(command, folder, log, Duration.ofSeconds(2)));
        long started = Long.parseLong(Files.readString(log).strip());
        var child = ProcessHandle.of(started);
        child.ifPresent(c -> c.onExit().orTimeout(20, TimeUnit.SECONDS).join());
        assertFalse(child.map(ProcessHandle::isAlive).orElse(false));
    }
}
