package io.millrace.boards.internal;

import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import io.millrace.ir.Suggestion;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;

/**
 * One JSON object read against the keys its reader asks for. Every fault becomes a diagnostic with the path to the
 * value; reading goes on with a harmless value, so that one run reports all of them. {@link #finish} then reports the
 * keys nobody asked for.
 */
final class CheckedObject {
    private final String file;
    private final String path;
    private final JsonNode node;
    private final List<Diagnostic> problems;
    private final Set<String> asked = new LinkedHashSet<>();

    CheckedObject(String file, String path, JsonNode node, List<Diagnostic> problems) {
        this.file = file;
        this.path = path;
        this.node = node;
        this.problems = problems;
        if (!node.isObject()) {
            report("CFG-0006", path, "is " + kindOf(node) + ", not an object", "write it as { \"key\": value, ... }");
        }
    }

    /** Text that says something; {@code "?"} after a fault. */
    String text(String key) {
        return required(key)
                .filter(value -> expect(
                        key, value, value.isString() && !value.stringValue().isBlank(), "some text"))
                .map(JsonNode::stringValue)
                .orElse("?");
    }

    /** Every member, all of which are texts, in their order. */
    Map<String, String> texts() {
        var texts = new LinkedHashMap<String, String>();
        for (var key : node.propertyNames()) {
            texts.put(key, text(key));
        }
        return texts;
    }

    /** Text of a certain form; {@code "?"} after a fault. */
    String matching(String key, Pattern form, String wanted) {
        var text = text(key);
        if (!text.equals("?") && !form.matcher(text).matches()) {
            report("CFG-0006", path + key, "is '" + text + "'", "give " + wanted);
        }
        return text;
    }

    /** Reports a text that an earlier object of the same list had under this key. */
    void unique(String key, String text, Map<String, Integer> earlier) {
        var other = earlier.putIfAbsent(text, earlier.size());
        if (other != null && !text.equals("?")) {
            report("CFG-0008", path + key, "is '" + text + "' a second time", "name each of them once");
        }
    }

    /** Text that may be left out. */
    Optional<String> optionalText(String key) {
        asked.add(key);
        return node.has(key) ? Optional.of(text(key)) : Optional.empty();
    }

    /** A whole number in {@code [min, max]}; {@code min} after a fault. */
    long integer(String key, long min, long max) {
        return required(key)
                .filter(value -> expect(
                        key,
                        value,
                        value.isIntegralNumber()
                                && value.canConvertToLong()
                                && value.longValue() >= min
                                && value.longValue() <= max,
                        "a whole number from " + min + " to " + max))
                .map(JsonNode::longValue)
                .orElse(min);
    }

    /** A number in {@code [min, max]}; {@code min} after a fault. */
    double number(String key, double min, double max) {
        return required(key)
                .filter(value -> expect(
                        key,
                        value,
                        value.isNumber() && value.doubleValue() >= min && value.doubleValue() <= max,
                        "a number from " + min + " to " + max))
                .map(JsonNode::doubleValue)
                .orElse(min);
    }

    /** One of an enumeration's names, in lower case; its first constant after a fault. */
    <E extends Enum<E>> E word(String key, Class<E> type) {
        var constants = type.getEnumConstants();
        var names = Arrays.stream(constants).map(CheckedObject::wordOf).toList();
        var word = text(key);
        var index = names.indexOf(word);
        if (index >= 0) {
            return constants[index];
        }
        if (!word.equals("?")) {
            report(
                    "CFG-0007",
                    path + key,
                    "is '" + word + "', which is not known here",
                    Suggestion.didYouMean(word, names) + "choose one of " + String.join(", ", names));
        }
        return constants[0];
    }

    static String wordOf(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    /** The object under a key; absent after a fault. */
    Optional<CheckedObject> object(String key) {
        return required(key).map(value -> new CheckedObject(file, path + key + ".", value, problems));
    }

    /** Is the key there? Asks for it. */
    boolean has(String key) {
        asked.add(key);
        return node.has(key);
    }

    /** The objects of a list; none after a fault. */
    List<CheckedObject> objects(String key) {
        return required(key)
                .filter(value -> expect(key, value, value.isArray(), "a list [ ... ]"))
                .map(list -> IntStream.range(0, list.size())
                        .mapToObj(i -> new CheckedObject(file, path + key + "[" + i + "].", list.get(i), problems))
                        .toList())
                .orElse(List.of());
    }

    /** The object under a key that may be left out, or the objects of a list there. */
    List<CheckedObject> oneOrMore(String key) {
        if (!has(key)) {
            return List.of();
        }
        return node.path(key).isArray()
                ? objects(key)
                : object(key).map(List::of).orElse(List.of());
    }

    /** Reports every key that was never asked for. Call last. */
    void finish() {
        for (var key : node.propertyNames()) {
            if (!asked.contains(key)) {
                report(
                        "CFG-0005",
                        path + key,
                        "is not a key of a board file",
                        Suggestion.didYouMean(key, asked) + "the keys here are " + String.join(", ", asked));
            }
        }
    }

    private Optional<JsonNode> required(String key) {
        asked.add(key);
        if (!node.has(key)) {
            if (node.isObject()) {
                report(
                        "CFG-0004",
                        path + key,
                        "is missing",
                        "add it; see `millrace boards ml605 --json` for an example");
            }
            return Optional.empty();
        }
        return Optional.of(node.get(key));
    }

    private boolean expect(String key, JsonNode value, boolean holds, String wanted) {
        if (!holds) {
            report("CFG-0006", path + key, "is " + kindOf(value), "give " + wanted);
        }
        return holds;
    }

    private void report(String code, String where, String problem, String remedy) {
        var key = where.endsWith(".") ? where.substring(0, where.length() - 1) : where;
        var subject = key.isEmpty() ? "the whole file" : "'" + key + "'";
        problems.add(new Diagnostic(code, SourceRef.file(file), subject + " " + problem, remedy));
    }

    private static String kindOf(JsonNode value) {
        if (value.isObject()) {
            return "an object";
        }
        if (value.isArray()) {
            return "a list";
        }
        var text = value.toString();
        return text.length() <= 40 ? text : text.substring(0, 40) + "...";
    }
}
