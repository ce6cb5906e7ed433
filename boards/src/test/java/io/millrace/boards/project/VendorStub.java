package io.millrace.boards.project;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A folder with stubs of the vendors' commands, which goes before the PATH; see {@code vendor/*.tcl} among the tests' resources. */
final class VendorStub {
    private static final List<String> ISE = List.of("coregen", "xst", "ngdbuild", "map", "par", "trce", "bitgen");
    private final Path bin;

    private VendorStub(Path bin) {
        this.bin = bin;
    }

    /** How a run ended and what it wrote. */
    record Run(int status, String output) {}

    static VendorStub in(Path folder) throws IOException {
        Path bin = Files.createDirectories(folder.resolve("bin"));
        for (String script : List.of("parts.tcl", "vivado.tcl", "ise.tcl")) {
            try (var in = VendorStub.class.getResourceAsStream("/vendor/" + script)) {
                Files.write(
                        bin.resolve(script),
                        java.util.Objects.requireNonNull(in).readAllBytes());
            }
        }
        command(bin, "vivado", "vivado.tcl");
        for (String tool : ISE) {
            command(bin, tool, "ise.tcl " + tool);
        }
        return new VendorStub(bin);
    }

    private static void command(Path bin, String name, String script) throws IOException {
        Path file = bin.resolve(name);
        Files.writeString(file, "#!/bin/sh\nexec tclsh " + bin + "/" + script + " \"$@\"\n");
        assertTrue(file.toFile().setExecutable(true), name);
    }

    /** Runs {@code make} in a project's folder. */
    Run make(Path project, Map<String, String> environment) throws IOException, InterruptedException {
        var builder = new ProcessBuilder("make").directory(project.toFile()).redirectErrorStream(true);
        builder.environment().put("PATH", bin + ":" + System.getenv("PATH"));
        builder.environment().putAll(environment);
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), output);
        return new Run(process.exitValue(), output);
    }
}
