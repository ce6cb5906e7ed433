package io.millrace.boards;

import io.millrace.boards.internal.BoardJson;
import io.millrace.boards.internal.Resources;
import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import io.millrace.ir.Suggestion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** The boards Millrace knows, and the board files its users write. */
public final class Boards {
    private static final int FILE_BYTES_MAX = 1 << 20;
    private static final List<String> NAMES =
            List.of("ml605", "vc707", "vc709", "kc705", "zc706", "arty-a7-100", "icebreaker", "upduino", "hx8k");

    private Boards() {}

    /** The bundled boards' names, in the order in which they are listed. */
    public static List<String> names() {
        return NAMES;
    }

    /** Every bundled board, in the order of {@link #names()}. */
    public static List<BoardSpec> all() {
        return NAMES.stream().map(Boards::bundled).toList();
    }

    /**
     * The board of that name, or the board described by a user's own file.
     *
     * @param nameOrPath a bundled name, letter case, blanks and dashes aside; or the path of a board file, told by a
     *     file separator in it or its ending {@code .json}
     * @throws CompileException CFG-0001 if there is no such board, CFG-0002 if the file can't be read, CFG-0003 to
     *     CFG-0007 for every fault in it
     */
    public static BoardSpec byName(String nameOrPath) {
        if (nameOrPath.endsWith(".json") || nameOrPath.contains("/") || nameOrPath.contains("\\")) {
            return fromFile(nameOrPath);
        }
        return NAMES.stream()
                .filter(name -> plain(name).equals(plain(nameOrPath)))
                .findFirst()
                .map(Boards::bundled)
                .orElseThrow(() -> unknown(nameOrPath));
    }

    private static BoardSpec bundled(String name) {
        var file = name + ".json";
        return BoardJson.read(file, new String(Resources.bytes("/boards/" + file), StandardCharsets.UTF_8));
    }

    private static BoardSpec fromFile(String path) {
        var shown = path.substring(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
        try (var in = Files.newInputStream(Path.of(path))) {
            var bytes = in.readNBytes(FILE_BYTES_MAX + 1);
            if (bytes.length > FILE_BYTES_MAX) {
                throw unreadable(shown, "it is larger than " + FILE_BYTES_MAX + " bytes, so it is no board file");
            }
            return BoardJson.read(shown, new String(bytes, StandardCharsets.UTF_8));
        } catch (IOException | InvalidPathException e) {
            throw unreadable(shown, "it can't be read (" + e.getClass().getSimpleName() + ")");
        }
    }

    private static CompileException unreadable(String file, String problem) {
        return new CompileException(
                3,
                new Diagnostic(
                        "CFG-0002",
                        SourceRef.file(file),
                        problem,
                        "check the path, or name one of: " + String.join(", ", NAMES)));
    }

    private static CompileException unknown(String name) {
        return new CompileException(
                2,
                new Diagnostic(
                        "CFG-0001",
                        SourceRef.file("--board"),
                        "no board is called '" + name + "'",
                        Suggestion.didYouMean(name, NAMES) + "the boards are " + String.join(", ", NAMES)
                                + ", or give the path of a board file"));
    }

    private static String plain(String name) {
        return name.toLowerCase(Locale.ROOT).replaceAll("[-_ ]", "");
    }
}
