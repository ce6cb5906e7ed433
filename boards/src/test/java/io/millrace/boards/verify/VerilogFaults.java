package io.millrace.boards.verify;

import io.millrace.hdl.Design;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Single faults in a design's Verilog text. All of them go into one copy of the design, where the plus-argument {@code +fault=N} awakes one, so
 * that they cost one build.
 */
final class VerilogFaults {
    private static final Pattern ASSIGN = Pattern.compile("^(\\s*assign [\\w\\[\\]: ]+ = )(.*);$");
    private static final Pattern CONDITION = Pattern.compile("^(\\s*)if\\((.*)\\) begin$");
    private static final Pattern CLOCKED = Pattern.compile("^(\\s*)(\\w+) <= (.*);$");
    private static final Pattern CONSTANT = Pattern.compile("\\b\\d+'[hbd][0-9a-f]+");
    private static final Pattern LITERAL = Pattern.compile("\\d+'[hbd][0-9a-f]+");
    private static final Pattern STAGE = Pattern.compile("^(\\w+)_d(\\d+)$");
    private static final List<List<String>> SWAPS = List.of(
            List.of(" + ", " - "),
            List.of(" - ", " + "),
            List.of(" == ", " != "),
            List.of(" && ", " || "),
            List.of(" || ", " && "),
            List.of(" < ", " <= "),
            List.of(" <= ", " < "));
    private static final Pattern PAD = Pattern.compile("pad_|outside|low_3|high_3|row_index_2|input_rows|row_elements");
    private static final Pattern WEIGHTS =
            Pattern.compile("weight_address|load_address|weight_word|load_word|load_shadow|_zz_weights|weights_spinal");
    private static final Pattern TOKENS =
            Pattern.compile("claimed|reserved|released|committed|release_|commit_|available|space|list_head_need|free");
    private static final String PREFIX = "/* verilator lint_off WIDTH */\n/* verilator lint_off UNSIGNED */\n"
            + "/* verilator lint_off CMPCONST */\n/* verilator lint_off DECLFILENAME */\n"
            + "/* verilator lint_off UNUSED */\n/* verilator lint_off LATCH */\n/* verilator lint_off TIMESCALEMOD */\n";
    private static final String SELECTOR = PREFIX
            + "package faults;\n  int fault = 0;\n  function automatic int selected(); return fault; endfunction\nendpackage\n";

    private VerilogFaults() {}

    /** A fault: its number, and what it changes where. */
    record Fault(int number, FaultKind kind, String description) {}

    /** A design that holds the faults. */
    record Faulty(Design design, List<Fault> faults) {}

    /** Lines of a file and their text with the fault, {@code @} for its number. */
    private record Site(int file, FaultKind kind, String description, Map<Integer, String> lines) {}

    /** Picks {@code count} places of each kind by the seed, each with one way to be wrong; fewer where there are no more. */
    static Faulty plant(Design design, Path folder, int count, long seed) throws IOException {
        var files = new ArrayList<List<String>>();
        var sites = new ArrayList<Site>();
        for (Path file : design.files()) {
            var lines = new ArrayList<>(Files.readAllLines(file));
            String module = file.getFileName().toString().replace(".v", "").replace("millrace_", "");
            collect(sites, files.size(), module, lines);
            files.add(lines);
        }
        var random = new SplittableRandom(seed);
        var faults = new ArrayList<Fault>();
        var names = new HashMap<String, Integer>();
        var changed = new HashMap<Integer, java.util.Set<Integer>>();
        for (var kind : FaultKind.values()) {
            var left =
                    new ArrayList<>(sites.stream().filter(s -> s.kind == kind).toList());
            for (int picked = 0; picked < count && !left.isEmpty(); ) {
                var site = left.remove(random.nextInt(left.size()));
                var used = changed.computeIfAbsent(site.file, _ -> new java.util.HashSet<>());
                if (site.lines.keySet().stream().anyMatch(used::contains)) {
                    continue;
                }
                int number = faults.size() + 1;
                site.lines.forEach(
                        (line, text) -> files.get(site.file).set(line, text.replace("@", String.valueOf(number))));
                used.addAll(site.lines.keySet());
                int twin = names.merge(site.description, 1, Integer::sum);
                faults.add(new Fault(number, kind, site.description + (twin > 1 ? " (" + twin + ")" : "")));
                picked++;
            }
        }
        return new Faulty(write(design, folder, files), faults);
    }

    private static Design write(Design design, Path folder, List<List<String>> files) throws IOException {
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
        return new Design(design.machine(), design.id(), design.top(), paths);
    }

    private static void collect(List<Site> sites, int file, String module, List<String> lines) {
        var resets = new TreeMap<String, Map<Integer, String>>();
        String clearing = ""; // what ends the reset or stop branch that a line is in
        for (int i = 0; i < lines.size(); i++) {
            String text = lines.get(i);
            Matcher condition = CONDITION.matcher(text);
            Matcher clocked = CLOCKED.matcher(text);
            Matcher assign = ASSIGN.matcher(text);
            if (condition.matches() && List.of("reset", "(! run)").contains(condition.group(2))) {
                clearing = condition.group(1) + "end";
            } else if (!clearing.isEmpty() && text.startsWith(clearing)) {
                clearing = "";
            } else if (clocked.matches() && !clearing.isEmpty()) {
                if (LITERAL.matcher(clocked.group(3)).matches()) {
                    resets.computeIfAbsent(clocked.group(2), _ -> new LinkedHashMap<>())
                            .put(i, clocked.group(1) + "if(faults::fault != @) " + text.strip());
                }
            } else if (clocked.matches()) {
                clocked(sites, file, module, i, clocked);
            } else if (assign.matches()) {
                expressions(sites, file, module, i, assign.group(1), assign.group(2), ";");
            } else if (condition.matches()) {
                String c = condition.group(2);
                String left = condition.group(1) + "if(";
                site(sites, file, FaultKind.OPERATOR, module, i, c, "!(" + c + ")", left, ") begin");
                expressions(sites, file, module, i, left, c, ") begin");
            }
        }
        resets.forEach((register, changed) ->
                sites.add(new Site(file, FaultKind.DROPPED_RESET, module + ": " + register + " never reset", changed)));
    }

    private static void clocked(List<Site> sites, int file, String module, int line, Matcher m) {
        String left = m.group(1) + m.group(2) + " <= ";
        String right = m.group(3);
        Matcher to = STAGE.matcher(m.group(2));
        Matcher from = STAGE.matcher(right);
        if (to.matches()
                && from.matches()
                && to.group(1).equals(from.group(1))
                && !from.group(2).equals("1")) {
            String earlier = to.group(1) + "_d" + (Integer.parseInt(from.group(2)) - 1);
            site(sites, file, FaultKind.PIPELINE_CONSTANT, module, line, right, earlier, left, ";");
            return;
        }
        if (!LITERAL.matcher(right).matches()) {
            expressions(sites, file, module, line, left, right, ";");
        }
        sites.add(new Site(
                file,
                placed(module, m.group(0), FaultKind.LOST_UPDATE),
                module + ": lost " + m.group(2) + " <= " + right,
                Map.of(line, m.group(1) + "if(faults::fault != @) " + m.group(0).strip())));
    }

    private static void expressions(
            List<Site> sites, int file, String module, int line, String left, String right, String end) {
        for (var swap : SWAPS) {
            if (right.contains(swap.getFirst())) {
                String wrong =
                        right.replaceFirst(Pattern.quote(swap.getFirst()), Matcher.quoteReplacement(swap.getLast()));
                site(sites, file, FaultKind.OPERATOR, module, line, right, wrong, left, end);
            }
        }
        Matcher constant = CONSTANT.matcher(right);
        if (constant.find() && !right.contains("{")) {
            String wrong = right.substring(0, constant.start()) + "(" + constant.group() + " + 1'b1)"
                    + right.substring(constant.end());
            site(sites, file, FaultKind.OFF_BY_ONE, module, line, right, wrong, left, end);
        }
    }

    private static void site(
            List<Site> sites,
            int file,
            FaultKind kind,
            String module,
            int line,
            String right,
            String wrong,
            String left,
            String end) {
        String text = left + "((faults::fault == @) ? (" + wrong + ") : (" + right + "))" + end;
        sites.add(new Site(
                file,
                placed(module, left + right, kind),
                module + ": " + left.strip() + " " + right + " became " + wrong,
                Map.of(line, text)));
    }

    /** Faults where padding, weights and tokens are handled have their own kinds. */
    private static FaultKind placed(String module, String text, FaultKind kind) {
        if (kind == FaultKind.PIPELINE_CONSTANT) {
            return kind;
        }
        if (module.endsWith("_reader") && PAD.matcher(text).find()) {
            return FaultKind.WRONG_PAD;
        }
        if (module.contains("matrix") && WEIGHTS.matcher(text).find()) {
            return FaultKind.WEIGHT_ADDRESS;
        }
        return module.equals("token_edge") || TOKENS.matcher(text).find() ? FaultKind.TOKEN_COUNT : kind;
    }
}
