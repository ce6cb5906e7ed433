package io.millrace.cli.internal;

/** Makes text from models and files safe to print: it can't move the cursor, ring, recolour or reorder. */
public final class TerminalText {
    private TerminalText() {}

    /** The text with every control, format and unassigned character written as {@code \}{@code u{hex}}; line ends stay. */
    public static String escape(String text) {
        var safe = new StringBuilder(text.length());
        text.codePoints().forEach(point -> {
            if (point == '\n' || isPlain(point)) {
                safe.appendCodePoint(point);
            } else {
                safe.append("\\u{").append(Integer.toHexString(point)).append('}');
            }
        });
        return safe.toString();
    }

    private static boolean isPlain(int point) {
        return switch (Character.getType(point)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }
}
