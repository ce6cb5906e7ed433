package io.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.cli.internal.CodeTexts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Every code that a module's sources write down has a text, and no text outlives its code. */
class CodeTextsTest {
    private static final Pattern CODE = Pattern.compile("\"((?:IMP|QNT|SCH|RTL|SIM|BLD|LNK|CFG)-\\d{4})\"");
    private static final List<String> MODULES = List.of(
            "frontend-ir",
            "quantizer",
            "scheduler",
            "hdl-gen",
            "simulator",
            "runtime-host",
            "boards",
            "benchmarks",
            "cli");

    @Test
    void codesAndTextsAgree() throws IOException {
        var raised = new TreeMap<String, String>();
        for (var module : MODULES) {
            var sources = Path.of("..", module, "src", "main", "java");
            assertTrue(Files.isDirectory(sources), () -> sources.toAbsolutePath() + " is no folder");
            try (var files = Files.walk(sources)) {
                for (var file :
                        files.filter(it -> it.toString().endsWith(".java")).toList()) {
                    CODE.matcher(Files.readString(file)).results().forEach(it -> raised.put(it.group(1), module));
                }
            }
        }
        assertTrue(raised.size() >= 10, () -> "only these codes were found: " + raised);
        var texts = CodeTexts.all();
        var missing = new ArrayList<String>();
        raised.forEach((code, module) -> {
            if (!texts.containsKey(code)) {
                missing.add(module + "/src/main/resources/META-INF/millrace/codes.md lacks:  ## " + code + " Title");
            }
        });
        assertEquals("", String.join("\n", missing));
        var unused = new TreeSet<>(texts.keySet());
        unused.removeAll(raised.keySet());
        unused.removeIf(code -> code.startsWith("IMP-") || code.startsWith("QNT-")); // these lie in enumerations
        assertEquals("[]", unused.toString(), "texts of codes that nothing raises");
    }

    @Test
    void everyTextSaysSomething() {
        CodeTexts.all().values().forEach(text -> {
            assertTrue(text.title().length() >= 3, text::code);
            assertTrue(text.text().length() >= 30, text::code);
        });
    }
}
