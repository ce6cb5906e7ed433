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
        var command = new ArrayList<>(Arrays.asList(
                "verilator --cc --exe --build -O3 --top-module millrace_top -Wno-fatal -Mdir obj".split(" ")));
        try (var files = Files.list(project.resolve("rtl"))) {
            files.map(Path::toString).sorted().forEach(command::add);
        }
        command.add(models.toString());
        if (Files.exists(project.resolve("rtl/" + Mig6Wrapper.MODULE + ".v"))) {
            command.add(Mig6Model.withoutCell(folder).toString());
        }
        command.add(main.toString());
        run(command);
        return run(List.of(folder.resolve("obj/Vmillrace_top").toString()));
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
