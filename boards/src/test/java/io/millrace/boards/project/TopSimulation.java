package io.millrace.boards.project;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** Translates a project's top with models of the vendor's cells, and runs it in a program. */
record TopSimulation(Path folder) {
    /** What the program wrote. */
    String run(Path project, String harness) throws IOException, InterruptedException {
        Path main = Files.writeString(folder.resolve("main.cpp"), harness);
        Path models = folder.resolve("models.v");
        try (var in = TopSimulation.class.getResourceAsStream("/vendor/models.v")) {
            Files.write(models, Objects.requireNonNull(in).readAllBytes());
        }
        var sources = new ArrayList<Path>();
        try (var files = Files.list(project.resolve("rtl"))) {
            files.sorted().forEach(sources::add);
        }
        sources.add(models);
        if (Files.exists(project.resolve("rtl/" + Mig6Wrapper.MODULE + ".v"))) {
            sources.add(Mig6Model.withoutCell(folder));
        }
        sources.add(main);
        return run("millrace_top", sources);
    }

    /** What a program of these sources, in C++ and Verilog, wrote. */
    String run(String top, List<Path> sources) throws IOException, InterruptedException {
        var command =
                new ArrayList<>(Arrays.asList("verilator --cc --exe --build -O3 --top-module %s -Wno-fatal -Mdir obj"
                        .formatted(top)
                        .split(" ")));
        sources.stream().map(Path::toString).forEach(command::add);
        run(command);
        return run(List.of(folder.resolve("obj/V" + top).toString()));
    }

    private String run(List<String> command) throws IOException, InterruptedException {
        var process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes());
        assertEquals(0, process.waitFor(), output);
        return output;
    }
}
