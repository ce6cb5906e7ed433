package io.millrace.hdl.bridge;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.StringTokenizer;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A design compiled by Verilator that answers a list of steps. A step sets every input, clocks included, and then reads every output;
 * ports are at most 64 bits wide and values are unsigned patterns.
 */
public final class Verilated {
    private static final Pattern PORT =
            Pattern.compile("^  (input|output) +\\w+ +(?:\\[\\d+:0\\])? +(\\w+),?$", Pattern.MULTILINE);

    private final Path folder;
    private final List<String> inputs = new ArrayList<>();
    private final List<String> outputs = new ArrayList<>();
    private final StringBuilder steps = new StringBuilder();
    private int stepCount;

    private Verilated(Path folder) {
        this.folder = folder;
    }

    /** Verilator's own library, compiled once: it takes longer than a small design. */
    private record Library(Path includes, List<String> objects) {
        static Library compile(Path folder) throws IOException, InterruptedException {
            Path includes = Path.of(
                    Tool.run(folder, List.of("verilator", "--getenv", "VERILATOR_ROOT"))
                            .strip(),
                    "include");
            List<String> objects = new ArrayList<>();
            for (String source : List.of("verilated", "verilated_threads")) {
                Path object = folder.resolve(source + ".o");
                Tool.run(
                        folder,
                        compiler(
                                includes,
                                "-c",
                                "-o",
                                object.toString(),
                                includes.resolve(source + ".cpp").toString()));
                objects.add(object.toString());
            }
            return new Library(includes, objects);
        }

        static List<String> compiler(Path includes, String... arguments) {
            List<String> command = new ArrayList<>(
                    List.of("g++", "-O0", "-std=c++17", "-w", "-I" + includes, "-I" + includes.resolve("vltstd")));
            command.addAll(List.of(arguments));
            return command;
        }
    }

    /** Compiles designs that share one library. */
    public static final class Builder {
        private final Path folder;
        private final Library library;

        public Builder(Path folder) throws IOException, InterruptedException {
            this.folder = folder;
            this.library = Library.compile(folder);
        }

        /** Generates, lints without any warning but those that {@code lintOptions} waive, and compiles. */
        public Verilated compile(Supplier<Hardware> design, String... lintOptions)
                throws IOException, InterruptedException {
            Path target = Files.createTempDirectory(folder, "design");
            RtlReport report = Rtl.generate(target, RtlOptions.defaults(), design);
            Verilated compiled = new Verilated(target);
            Matcher port = PORT.matcher(Files.readString(target.resolve(report.topName() + ".v")));
            while (port.find()) {
                (port.group(1).equals("input") ? compiled.inputs : compiled.outputs).add(port.group(2));
            }
            List<String> verilate = new ArrayList<>(List.of(
                    "verilator",
                    "--cc",
                    "-Wall",
                    "--prefix",
                    "Model",
                    "-Mdir",
                    "model",
                    "--top-module",
                    report.topName()));
            verilate.addAll(List.of(lintOptions));
            report.files().forEach(file -> verilate.add(String.valueOf(file.getFileName())));
            Tool.run(target, verilate);
            Files.writeString(target.resolve("main.cpp"), compiled.harness());
            List<String> link = Library.compiler(library.includes(), "-o", "simulate", "main.cpp");
            link.addAll(library.objects());
            link.addAll(List.of("-lpthread", "-latomic"));
            Tool.run(target, link);
            return compiled;
        }
    }

    /** One source text that includes the model: one start of the compiler. */
    private String harness() throws IOException {
        String includes;
        try (Stream<Path> files = Files.list(folder.resolve("model"))) {
            includes = files.filter(file -> file.toString().endsWith(".cpp"))
                    .sorted()
                    .map(file -> "#include \"model/" + file.getFileName() + "\"\n")
                    .collect(Collectors.joining());
        }
        String reads = inputs.stream()
                .map(name -> "    if (scanf(\"%llx\", &v) != 1) break;\n    m." + name + " = v;\n")
                .collect(Collectors.joining());
        String writes = outputs.stream()
                .map(name -> "    printf(\"%llx \", (unsigned long long) m." + name + ");\n")
                .collect(Collectors.joining());
        return includes + "#include <cstdio>\nint main() {\n  Model m;\n  unsigned long long v;\n  for (;;) {\n" + reads
                + "    m.eval();\n" + writes + "    printf(\"\\n\");\n  }\n  m.final();\n}\n";
    }

    /** The same design with no steps yet. */
    public Verilated fresh() {
        Verilated copy = new Verilated(folder);
        copy.inputs.addAll(inputs);
        copy.outputs.addAll(outputs);
        return copy;
    }

    /** Adds a step; an input not named is 0. */
    public void step(Map<String, Long> values) {
        if (!inputs.containsAll(values.keySet())) {
            throw new IllegalArgumentException(values.keySet() + " are not all inputs of " + inputs);
        }
        for (String input : inputs) {
            steps.append(Long.toHexString(values.getOrDefault(input, 0L))).append(' ');
        }
        steps.append('\n');
        stepCount++;
    }

    /** The outputs after each step. */
    public List<Map<String, Long>> run() throws IOException, InterruptedException {
        Path input = folder.resolve("steps.txt");
        Files.writeString(input, steps);
        String printed = Tool.run(folder, input, List.of("./simulate"));
        List<Map<String, Long>> results = printed.lines().map(this::outputs).toList();
        if (results.size() != stepCount) {
            throw new AssertionError(results.size() + " answers to " + stepCount + " steps");
        }
        return results;
    }

    private Map<String, Long> outputs(String line) {
        StringTokenizer values = new StringTokenizer(line);
        Map<String, Long> result = new HashMap<>();
        for (String output : outputs) {
            result.put(output, Long.parseUnsignedLong(values.nextToken(), 16));
        }
        return result;
    }
}
