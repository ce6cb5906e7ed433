package io.millrace.scheduler.internal;

import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Words of one line: names, numbers, quoted texts and lists in brackets. */
public final class Tokens {
    private static final Pattern TOKEN = Pattern.compile("\\s*(\"(?:[^\"\\\\]|\\\\.)*\"|\\[|\\]|[^\\s\\[\\]\"]+)");

    private final String file;
    private final int line;
    private final List<String> words = new ArrayList<>();
    private int next;

    public Tokens(String file, int line, String text) {
        this.file = file;
        this.line = line;
        Matcher m = TOKEN.matcher(text);
        int at = 0;
        while (at < text.stripTrailing().length()) {
            if (!m.find(at) || m.start() != at) {
                throw wrong("cannot be read from column " + (at + 1));
            }
            words.add(m.group(1));
            at = m.end();
        }
    }

    public boolean isEmpty() {
        return words.isEmpty();
    }

    public boolean hasNext() {
        return next < words.size();
    }

    /** The next word without taking it, empty at the end of the line. */
    public String peek() {
        return hasNext() ? words.get(next) : "";
    }

    public String word() {
        if (!hasNext()) {
            throw wrong("ends too early");
        }
        return words.get(next++);
    }

    /** Takes exactly this word. */
    public void expect(String word) {
        String found = hasNext() ? word() : "the end of the line";
        if (!found.equals(word)) {
            throw wrong("has " + found + " where '" + word + "' belongs");
        }
    }

    public void end() {
        if (hasNext()) {
            throw wrong("goes on with " + peek());
        }
    }

    public int integer() {
        String w = word();
        try {
            return Integer.parseInt(w);
        } catch (NumberFormatException _) {
            throw wrong("has " + w + " where a whole number belongs");
        }
    }

    /** The word {@code name}, then a whole number. */
    public int integer(String name) {
        expect(name);
        return integer();
    }

    public double decimal(String name) {
        expect(name);
        String w = word();
        try {
            return Double.parseDouble(w);
        } catch (NumberFormatException _) {
            throw wrong("has " + w + " where a number belongs");
        }
    }

    public boolean flag(String name) {
        expect(name);
        String w = word();
        if (!w.equals("yes") && !w.equals("no")) {
            throw wrong("has " + w + " where yes or no belongs");
        }
        return w.equals("yes");
    }

    public String text() {
        String w = word();
        if (!w.startsWith("\"")) {
            throw wrong("has " + w + " where a quoted name belongs");
        }
        return w.substring(1, w.length() - 1).replaceAll("\\\\(.)", "$1");
    }

    /** The word {@code name}, then whole numbers in brackets. */
    public List<Integer> integers(String name) {
        expect(name);
        expect("[");
        var all = new ArrayList<Integer>();
        while (!peek().equals("]")) {
            all.add(integer());
        }
        expect("]");
        return all;
    }

    public <E extends Enum<E>> E constant(Class<E> type) {
        String w = word();
        for (E e : type.getEnumConstants()) {
            if (e.name().equals(w)) {
                return e;
            }
        }
        throw wrong("has " + w + " where one of " + List.of(type.getEnumConstants()) + " belongs");
    }

    public CompileException wrong(String problem) {
        return new CompileException(
                3,
                new Diagnostic(
                        "SCH-0401",
                        SourceRef.file(file),
                        "line " + line + " " + problem,
                        "write the schedule again with `millrace compile`"));
    }

    /** A text in quotes. */
    public static String quote(String s) {
        return "\"" + s.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }
}
