package io.millrace.cli.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class TextTableTest {
    @Test
    void columnsAreAsWideAsTheirWidestCell() {
        var table = new TextTable("name", ">MACs", "kind");
        table.row("a longer name", 7, "x");
        table.row("b", 123_456, "");
        assertEquals(
                List.of("name             MACs  kind", "a longer name       7  x", "b              123456"),
                table.lines());
    }

    @Test
    void cellsCannotBreakTheTable() {
        var table = new TextTable("name", "next");
        table.row("a\nb\u001b[2J", "c");
        assertEquals("a b\\u{1b}[2J  c", table.lines().get(1));
        assertThrows(IllegalArgumentException.class, () -> table.row("one"));
    }
}
