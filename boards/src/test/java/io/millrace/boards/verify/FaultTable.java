package io.millrace.boards.verify;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** What became of each planted fault: found, shown to change nothing, or missed. */
final class FaultTable {
    /** A fault that changes nothing, by a pattern of its place, kind and description, and why. */
    private record Equivalent(Pattern pattern, String reason) {}

    private record Row(String place, FaultKind kind, String description, String found, String reason) {
        String state() {
            if (!found.isEmpty()) {
                return "found";
            }
            return reason.isEmpty() ? "missed" : "equivalent";
        }
    }

    private static final List<Equivalent> EQUIVALENT = equivalent();

    private final String name;
    private final Map<String, Row> rows = new LinkedHashMap<>();

    FaultTable(String name) {
        this.name = name;
    }

    /** A fault, and what a proof said of it; of several proofs of one fault one has to find it. */
    void add(String place, FaultKind kind, String description, String found) {
        add(place, kind, description, found, Optional.empty());
    }

    /** @param shown why the fault changes nothing, if that was worked out */
    void add(String place, FaultKind kind, String description, String found, Optional<String> shown) {
        String text = place + " " + kind + " " + description;
        String full = name + " " + text;
        String reason = shown.or(() -> EQUIVALENT.stream()
                        .filter(e -> e.pattern.matcher(full).find())
                        .map(Equivalent::reason)
                        .findFirst())
                .orElse("");
        var row = new Row(place, kind, description, found.lines().findFirst().orElse(""), reason);
        var other = rows.putIfAbsent(text, row);
        if (other != null && (other.found.isEmpty() && !row.found.isEmpty() || !other.reason.isEmpty())) {
            rows.put(text, other.found.isEmpty() ? row : other);
        }
    }

    /** Whether a fault has been found already, by another program. */
    boolean isFound(String place, FaultKind kind, String description) {
        var row = rows.get(place + " " + kind + " " + description);
        return row != null && !row.found.isEmpty();
    }

    int size() {
        return rows.size();
    }

    /** Whether all are found, and placed, or shown to change nothing; the table goes to {@code target}. */
    void check() throws IOException {
        var counts = new TreeMap<String, Integer>();
        var lines = new ArrayList<String>();
        for (var row : rows.values()) {
            counts.merge(row.place + " " + row.kind + " " + row.state(), 1, Integer::sum);
            counts.merge("all " + row.state(), 1, Integer::sum);
            lines.add("%s | %s | %s | %s | %s"
                    .formatted(
                            row.state(),
                            row.place,
                            row.kind,
                            row.description,
                            row.found.isEmpty() ? row.reason : row.found));
        }
        counts.forEach((what, count) -> lines.add(what + ": " + count));
        var text = String.join("\n", lines) + "\n";
        Files.writeString(Files.createDirectories(Path.of("target")).resolve("faults-" + name + ".txt"), text);
        var missed = lines.stream().filter(l -> l.startsWith("missed")).toList();
        assertTrue(missed.isEmpty(), () -> missed.size() + " faults missed:\n" + String.join("\n", missed));
        for (var row : rows.values()) {
            assertTrue(
                    row.found.isEmpty() || isPlaced(row.found),
                    () -> row.description + " found, but not placed: " + row.found);
        }
    }

    /** Layer, channel, row and value; or firing, beat or write and cycle. */
    private static boolean isPlaced(String found) {
        return found.matches(".*layer '.*', frame \\d+, channel \\d+, row \\d+, .*(golden|hardware) -?\\d+.*")
                || found.matches(".*unit '\\w+' (firing|beat|write) \\d+.*cycle.*")
                || found.matches("error\\[SIM-\\d+\\].*");
    }

    /** Lines of {@code pattern | reason}. */
    private static List<Equivalent> equivalent() {
        try (var in = FaultTable.class.getResourceAsStream("/verify/equivalent-faults.txt")) {
            if (in == null) {
                throw new IllegalStateException("equivalent-faults.txt is missing");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(l -> !l.isBlank() && !l.startsWith("#"))
                    .map(l -> new Equivalent(
                            Pattern.compile(l.substring(0, l.lastIndexOf(" | ")).strip()),
                            l.substring(l.lastIndexOf(" | ") + 3)))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
