package io.millrace.boards.verify;

import io.millrace.hdl.Design;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Single faults in a design's Verilog text. All of them go into one copy of the design, where the plus-argument {@code +fault=N} awakes one, so
 * that they cost one build.
 */
final class VerilogFaults {
    private static final Pattern ASSIGN = Pattern.compile("^(\\s*assign [\\w\\[\\]:]+ = )(.*);$");
    private static final Pattern CONDITION = Pattern.compile("^(\\s*)if\\((.*)\\) begin$");
    private static final Pattern CLOCKED = Pattern.compile("^(\\s*)(\\w+ <= .*;)$");
    private static final Pattern CONSTANT = Pattern.compile("\\b\\d+'h[0-9a-f]+");
    private static final String PREFIX = "/* verilator lint_off WIDTH */\n/* verilator lint_off UNSIGNED */\n"
            + "/* verilator lint_off CMPCONST */\n/* verilator lint_off DECLFILENAME */\n"
            + "/* verilator lint_off UNUSED */\n/* verilator lint_off LATCH */\n/* verilator lint_off TIMESCALEMOD */\n";
    private static final String SELECTOR = PREFIX
            + "package faults;\n  int fault = 0;\n  function automatic int selected(); return fault; endfunction\nendpackage\n";

    private VerilogFaults() {}

    /** A fault: its number, and what it changes where. */
    record Fault(int number, String description) {}

    /** A design that holds the faults. */
    record Faulty(Design design, List<Fault> faults) {}

    private record Site(int file, int line, String description, String text) {}

    /** Picks {@code count} places by the seed, each with one way to be wrong. */
    static Faulty plant(Design design, Path folder, int count, long seed) throws IOException {
        var files = new ArrayList<List<String>>();
        var sites = new ArrayList<Site>();
        for (Path file : design.files()) {
            var lines = new ArrayList<>(Files.readAllLines(file));
            for (int i = 0; i < lines.size(); i++) {
                collect(sites, files.size(), file.getFileName() + ":" + (i + 1), i, lines.get(i));
            }
            files.add(lines);
        }
        var random = new SplittableRandom(seed);
        var faults = new ArrayList<Fault>();
        while (faults.size() < count) {
            var site = sites.remove(random.nextInt(sites.size()));
            sites.removeIf(s -> s.file == site.file && s.line == site.line);
            int number = faults.size() + 1;
            files.get(site.file).set(site.line, site.text.replace("@", String.valueOf(number)));
            faults.add(new Fault(number, site.description));
        }
        Files.createDirectories(folder);
        var paths = new ArrayList<Path>();
        Path selector = folder.resolve("a_faults.v");
        Files.writeString(selector, SELECTOR);
        paths.add(selector);
        for (int f = 0; f < files.size(); f++) {
            Path path = folder.resolve(design.files().get(f).getFileName());
            var text = PREFIX + String.join("\n", files.get(f)) + "\n";
            if (design.files().get(f).getFileName().toString().startsWith(design.top() + ".")) {
                text = text.replaceFirst(
                        "\nendmodule",
                        "\n  initial if (!\\$value\\$plusargs(\"fault=%d\", faults::fault)) faults::fault = 0;\nendmodule");
            }
            Files.writeString(path, text);
            paths.add(path);
        }
        return new Faulty(new Design(design.machine(), design.id(), design.top(), paths), faults);
    }

    private static void collect(List<Site> sites, int file, String place, int line, String text) {
        Matcher assign = ASSIGN.matcher(text);
        if (assign.matches()) {
            String right = assign.group(2);
            for (var swap : List.of(
                    List.of(" + ", " - "),
                    List.of(" - ", " + "),
                    List.of(" == ", " != "),
                    List.of(" && ", " || "),
                    List.of(" || ", " && "),
                    List.of(" < ", " <= "),
                    List.of(" <= ", " < "))) {
                if (right.contains(swap.getFirst())) {
                    String wrong = right.replaceFirst(
                            Pattern.quote(swap.getFirst()), Matcher.quoteReplacement(swap.getLast()));
                    add(sites, file, place, line, text, assign.group(1), right, wrong);
                }
            }
            Matcher constant = CONSTANT.matcher(right);
            if (constant.find()) {
                String wrong = right.substring(0, constant.start()) + "(" + constant.group() + " + 1'b1)"
                        + right.substring(constant.end());
                if (!right.contains("{")) {
                    add(sites, file, place, line, text, assign.group(1), right, wrong);
                }
            }
            return;
        }
        Matcher condition = CONDITION.matcher(text);
        if (condition.matches()) {
            String c = condition.group(2);
            sites.add(new Site(
                    file,
                    line,
                    place + " condition " + c + " negated",
                    condition.group(1) + "if((faults::fault == @) ? !(" + c + ") : (" + c + ")) begin"));
            return;
        }
        Matcher clocked = CLOCKED.matcher(text);
        if (clocked.matches()) {
            sites.add(new Site(
                    file,
                    line,
                    place + " dropped " + clocked.group(2),
                    clocked.group(1) + "if(faults::fault != @) " + clocked.group(2)));
        }
    }

    private static void add(
            List<Site> sites, int file, String place, int line, String text, String left, String right, String wrong) {
        sites.add(new Site(
                file,
                line,
                place + " " + text.strip() + " became " + wrong,
                left + "((faults::fault == @) ? (" + wrong + ") : (" + right + "));"));
    }
}
