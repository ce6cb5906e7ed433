package io.millrace.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class SessionStateTest {
    /** The table in the document and the one in the code are the same. */
    @Test
    void isTheTableOfTheDocument() throws IOException {
        List<String> lines = Files.readAllLines(Path.of("../docs/protocol.md"));
        int head = lines.indexOf("| state | OPEN | INFO | LOADED | FRAME | DONE | LOST | REFUSED | SILENT | CLOSE |");
        assertTrue(head > 0);
        var events = cells(lines.get(head)).subList(1, 10).stream()
                .map(SessionState.Event::valueOf)
                .toList();
        assertEquals(List.of(SessionState.Event.values()), events);
        int checked = 0;
        for (SessionState state : SessionState.values()) {
            var row = cells(lines.get(head + 2 + state.ordinal()));
            assertEquals(state.name(), row.getFirst());
            for (SessionState.Event event : events) {
                String expected = row.get(1 + event.ordinal());
                assertEquals(expected, state.after(event).map(Enum::name).orElse(""), state + " at " + event);
                checked++;
            }
        }
        assertEquals(63, checked);
    }

    private static List<String> cells(String line) {
        return Arrays.stream(line.substring(1, line.length() - 1).split("\\|", -1))
                .map(String::strip)
                .toList();
    }

    /** From everywhere the session can be closed, every state can be reached, and only CLOSE leaves FAILED. */
    @Test
    void hasNoTrapAndNoIsland() {
        var reached = EnumSet.of(SessionState.CLOSED);
        for (int i = 0; i < SessionState.values().length; i++) {
            for (SessionState state : EnumSet.copyOf(reached)) {
                for (SessionState.Event event : SessionState.Event.values()) {
                    state.after(event).ifPresent(reached::add);
                }
            }
        }
        assertEquals(EnumSet.allOf(SessionState.class), reached);
        for (SessionState state : SessionState.values()) {
            assertEquals(
                    SessionState.CLOSED, state.after(SessionState.Event.CLOSE).orElseThrow());
        }
        assertEquals(
                1,
                Arrays.stream(SessionState.Event.values())
                        .filter(e -> SessionState.FAILED.after(e).isPresent())
                        .count());
    }
}
