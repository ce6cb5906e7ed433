package io.millrace.cli.internal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The long texts of error codes. Each module keeps those of the codes it raises in its resource
 * {@code META-INF/millrace/codes.md}: a heading {@code ## CODE Title}, then the text.
 */
public final class CodeTexts {
    private static final String RESOURCE = "META-INF/millrace/codes.md";
    private static final Pattern ENTRY =
            Pattern.compile("^## ([A-Z]{3}-\\d{4}) (.+)\\R((?:(?!## ).*\\R?)*)", Pattern.MULTILINE);

    private CodeTexts() {}

    /** @param text paragraphs of plain text, without the heading */
    public record CodeText(String code, String title, String text) {}

    /** Every code's text, by code. */
    public static SortedMap<String, CodeText> all() {
        var texts = new TreeMap<String, CodeText>();
        try {
            for (var url : Collections.list(CodeTexts.class.getClassLoader().getResources(RESOURCE))) {
                try (var in = url.openStream()) {
                    read(new String(in.readAllBytes(), StandardCharsets.UTF_8), texts);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("reading " + RESOURCE, e);
        }
        return texts;
    }

    private static void read(String file, SortedMap<String, CodeText> texts) {
        var matcher = ENTRY.matcher(file);
        while (matcher.find()) {
            var code = matcher.group(1);
            var text = new CodeText(
                    code, matcher.group(2).strip(), matcher.group(3).strip());
            if (texts.put(code, text) != null) {
                throw new IllegalStateException("two texts for the code " + code);
            }
        }
    }
}
