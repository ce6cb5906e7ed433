package io.millrace.boards.project;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;

/** What CORE Generator makes for Virtex-6, its ports as projects declare them, with models in it; and that of the cell that our top over it has. */
final class Mig6Model {
    private static final String LINT = "/* verilator lint_off UNUSEDSIGNAL */\n/* verilator lint_off WIDTH */\n";

    private Mig6Model() {}

    static Path in(Path folder) throws IOException {
        String cells = resource("models.v");
        int at = cells.indexOf("module IDELAYCTRL");
        String cell = cells.substring(at, cells.indexOf("endmodule", at)) + "endmodule\n";
        return Files.writeString(folder.resolve("mig_v6_model.v"), text() + cell);
    }

    /** Beside models of all cells. */
    static Path withoutCell(Path folder) throws IOException {
        return Files.writeString(folder.resolve("mig_v6_model.v"), text());
    }

    private static String text() throws IOException {
        String[] bodies = resource("mig_v6.v").split("// ----\n");
        String text = Mig6Wrapper.declarations().replace("(* blackbox *)\n", "");
        for (String body : List.of(bodies)) {
            text = text.replaceFirst("\nendmodule", Matcher.quoteReplacement("\n" + body + "end_module"));
        }
        return LINT + text.replace("end_module", "endmodule");
    }

    private static String resource(String name) throws IOException {
        try (var in = Mig6Model.class.getResourceAsStream("/vendor/" + name)) {
            return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
