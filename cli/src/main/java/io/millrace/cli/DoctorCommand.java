package io.millrace.cli;

import com.sun.management.OperatingSystemMXBean;
import io.millrace.cli.internal.ToolProbe;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import tools.jackson.databind.node.JsonNodeFactory;

@CommandLine.Command(
        name = "doctor",
        description = "Check this machine: JDK, external tools, memory, cores.",
        footer = {"", "Exit code 10 if anything is missing. What needs only Java works without the external tools."})
final class DoctorCommand extends Command {
    private static final int EXIT_TOOL = 10;
    private static final int MEMORY_GIB_MIN = 4;
    private static final int CORES_MIN = 2;

    /** @param versionOption what makes it print its version; absent for a tool that has none */
    private record Tool(
            String name, Optional<String> versionOption, String versionMin, String neededFor, String debianPackage) {}

    private static final List<Tool> TOOLS = List.of(
            new Tool("verilator", Optional.of("--version"), "5.006", "verify, emulate, bench speed", "verilator"),
            new Tool("g++", Optional.of("--version"), "12", "Verilated boards", "g++"),
            new Tool("make", Optional.of("--version"), "4.3", "Verilated boards", "make"),
            new Tool("yosys", Optional.of("-V"), "0.23", "resource figures by synthesis, iCE40 builds", "yosys"),
            new Tool("nextpnr-ice40", Optional.of("--version"), "0.4", "iCE40 builds", "nextpnr-ice40"),
            new Tool("icepack", Optional.empty(), "", "iCE40 bitstreams", "fpga-icestorm"));

    /** @param remedy empty when all is well */
    private record Finding(String what, boolean pass, String found, String neededFor, String remedy) {}

    DoctorCommand(Terminal terminal) {
        super(terminal);
    }

    @Override
    int run(Output output) throws InterruptedException {
        var findings = new ArrayList<Finding>();
        findings.add(jdk());
        for (var tool : TOOLS) {
            output.detail("asking " + tool.name());
            findings.add(probe(tool));
        }
        findings.add(memory());
        findings.add(cores());
        print(output, findings);
        return findings.stream().allMatch(Finding::pass) ? 0 : EXIT_TOOL;
    }

    private static void print(Output output, List<Finding> findings) {
        var document = JsonNodeFactory.instance.objectNode();
        var rows = document.putArray("checks");
        for (var it : findings) {
            output.line("%-4s  %-14s %-26s %s"
                    .formatted(it.pass() ? "pass" : "FAIL", it.what(), it.found(), it.neededFor()));
            if (!it.pass()) {
                output.line("        try: " + it.remedy());
            }
            rows.addObject()
                    .put("check", it.what())
                    .put("pass", it.pass())
                    .put("found", it.found())
                    .put("neededFor", it.neededFor())
                    .put("remedy", it.remedy());
        }
        output.document(document.put("pass", findings.stream().allMatch(Finding::pass)));
    }

    private static Finding jdk() {
        var version = Runtime.version();
        boolean pass = version.feature() == 25 && (version.interim() > 0 || version.update() >= 3);
        return new Finding(
                "JDK",
                pass,
                version.toString(),
                "everything",
                pass ? "" : "start Millrace by its launcher, ./millrace");
    }

    private static Finding probe(Tool tool) throws InterruptedException {
        var install = "apt-get install " + tool.debianPackage();
        var file = ToolProbe.onPath(tool.name());
        if (file.isEmpty()) {
            return new Finding(tool.name(), false, "not on the PATH", tool.neededFor(), install);
        }
        if (tool.versionOption().isEmpty()) {
            return new Finding(tool.name(), true, file.get().toString(), tool.neededFor(), "");
        }
        var version = ToolProbe.version(
                List.of(file.get().toString(), tool.versionOption().get()));
        if (version.isEmpty()) {
            return new Finding(tool.name(), false, "tells no version", tool.neededFor(), install);
        }
        boolean pass = ToolProbe.atLeast(version.get(), tool.versionMin());
        return new Finding(
                tool.name(),
                pass,
                version.get() + (pass ? "" : ", older than " + tool.versionMin()),
                tool.neededFor(),
                pass ? "" : install + " from a newer release");
    }

    private static Finding memory() {
        var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        double gib = system.getTotalMemorySize() / (double) (1L << 30);
        // A machine sold with 4 GiB shows a little less.
        boolean pass = gib >= MEMORY_GIB_MIN * 0.9;
        return new Finding(
                "memory",
                pass,
                "%.1f GiB".formatted(gib),
                "compiling and Verilating",
                pass ? "" : MEMORY_GIB_MIN + " GiB or more");
    }

    private static Finding cores() {
        int cores = Runtime.getRuntime().availableProcessors();
        boolean pass = cores >= CORES_MIN;
        return new Finding(
                "cores",
                pass,
                Integer.toString(cores),
                "stated times",
                pass ? "" : CORES_MIN + " or more; times are longer");
    }
}
