package io.millrace.ir;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Guesses what a mistyped word was meant to be, for a diagnostic's remedy. */
public final class Suggestion {
    private Suggestion() {}

    /** The choice with the fewest edits from {@code word}, if no more than a third of its letters differ (at least 2). */
    public static Optional<String> closest(String word, Collection<String> choices) {
        var typed = word.toLowerCase(Locale.ROOT);
        var limit = Math.max(2, typed.length() / 3);
        return choices.stream()
                .filter(choice -> edits(typed, choice.toLowerCase(Locale.ROOT)) <= limit)
                .min(Comparator.comparingInt(choice -> edits(typed, choice.toLowerCase(Locale.ROOT))));
    }

    /** {@code did you mean 'x'? }, or nothing if no choice is close. */
    public static String didYouMean(String word, Collection<String> choices) {
        return closest(word, choices)
                .map(close -> "did you mean '" + close + "'? ")
                .orElse("");
    }

    /** Levenshtein's distance: insertions, deletions and replacements of one letter. */
    static int edits(String a, String b) {
        var previous = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            var row = new int[b.length() + 1];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(replaced, 1 + Math.min(previous[j], row[j - 1]));
            }
            previous = row;
        }
        return previous[b.length()];
    }
}
