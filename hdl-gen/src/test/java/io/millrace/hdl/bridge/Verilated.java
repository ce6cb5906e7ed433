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

/**
 * A design compiled by Verilator that answers a list of steps. A step sets every input, clocks included, and then reads every output;
 * ports are at most 64 bits wide and values are unsigned patterns.
 */
final class Verilated {
    private static final Pattern PORT =
            Pattern.compile("^  (input|output) +\\w+ +(?:\\[(\\d+):0\\])? +(\\w+),?$", Pattern.MULTILINE);

    private final Path folder;
    private final String top;
    private final List<String> inputs = new ArrayList<>();
    private final List<String> outputs = new ArrayList<>();
    private final StringBuilder steps = new StringBuilder();
    private int stepCount;

    private Verilated(Path folder, String top) {
        this.folder = folder;
        this.top = top;
    }

    /** Generates, lints without any warning, and compiles. */
    static Verilated compile(Path folder, Supplier<Hardware> design) throws IOException, InterruptedException {
        RtlReport report = Rtl.generate(folder, RtlOptions.defaults(), design);
        Verilated compiled = new Verilated(folder, report.topName());
        Matcher port = PORT.matcher(Files.readString(folder.resolve(report.topName() + ".v")));
        while (port.find()) {
            (port.group(1).equals("input") ? compiled.inputs : compiled.outputs).add(port.group(3));
        }
        Files.writeString(folder.resolve("main.cpp"), compiled.harness());
        List<String> command = new ArrayList<>(List.of(
                "verilator",
                "--cc",
                "--exe",
                "--build",
                "-Wall",
                "-O3",
                "--top-module",
                report.topName(),
                "-CFLAGS",
                "-O0"));
        report.files().forEach(file -> command.add(String.valueOf(file.getFileName())));
        command.add("main.cpp");
        Tool.run(folder, command);
        return compiled;
    }

    private String harness() {
        String reads = inputs.stream()
                .map(name -> "    if (!(std::cin >> std::hex >> v)) break; m." + name + " = v;\n")
                .collect(Collectors.joining());
        String writes = outputs.stream()
                .map(name -> "    printf(\"%llx \", (unsigned long long) m." + name + ");\n")
                .collect(Collectors.joining());
        return "#include \"V" + top + ".h\"\n#include <iostream>\n#include <cstdio>\nint main() {\n  V" + top
                + " m;\n  unsigned long long v;\n  std::ios::sync_with_stdio(false);\n  for (;;) {\n" + reads
                + "    m.eval();\n" + writes + "    printf(\"\\n\");\n  }\n  m.final();\n}\n";
    }

    /** Adds a step; an input not named is 0. */
    void step(Map<String, Long> values) {
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
    List<Map<String, Long>> run() throws IOException, InterruptedException {
        Path input = folder.resolve("steps.txt");
        Files.writeString(input, steps);
        String printed = Tool.run(folder, input, List.of("./obj_dir/V" + top));
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
