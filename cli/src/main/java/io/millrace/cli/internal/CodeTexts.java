package io.millrace.cli.internal;

import io.millrace.ir.ImportCode;
import io.millrace.quantizer.QuantizeCode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The long texts of error codes. A module keeps those of the codes it raises in an enumeration, or in its resource
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
        for (var it : ImportCode.values()) {
            add(new CodeText(it.code(), title(it), it.explanation()), texts);
        }
        for (var it : QuantizeCode.values()) {
            add(new CodeText(it.code(), title(it), it.explanation()), texts);
        }
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
            add(
                    new CodeText(
                            matcher.group(1),
                            matcher.group(2).strip(),
                            matcher.group(3).strip()),
                    texts);
        }
    }

    private static void add(CodeText text, SortedMap<String, CodeText> texts) {
        if (texts.put(text.code(), text) != null) {
            throw new IllegalStateException("two texts for the code " + text.code());
        }
    }

    /** {@code NOT_ONNX} is titled "Not onnx". */
    private static String title(Enum<?> constant) {
        var words = constant.name().toLowerCase(Locale.ROOT).replace('_', ' ');
        return Character.toUpperCase(words.charAt(0)) + words.substring(1);
    }
}
