package io.millrace.hdl.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The Verilog of small designs, letter by letter: an upgrade of the generator is one visible diff. {@code -Dgolden.update=true} rewrites. */
class GoldenVerilogTest {
    private static final Path GOLDEN = Path.of("src/test/resources/io/millrace/hdl/bridge");

    @TempDir
    private Path folder;

    static Stream<Arguments> designs() {
        return Stream.of(
                design("mac", Designs.Mac::new),
                design("fifo", () -> new Designs.Fifo(512, 32)),
                design("memories", Designs.Memories::new),
                design("choices", Designs.Choices::new),
                design("conditional", Designs.Conditional::new),
                design("async_fifo", Designs.TwoClocks::new),
                design("two_clocks", Designs.TwoClocks::new),
                design("uses_pll", Designs.UsesPll::new));
    }

    private static Arguments design(String name, Supplier<Hardware> top) {
        return Arguments.of(name, top);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("designs")
    void verilogIsUnchanged(String module, Supplier<Hardware> top) throws IOException {
        Rtl.generate(folder, RtlOptions.defaults(), top);
        String verilog = Files.readString(folder.resolve(module + ".v"));
        Path golden = GOLDEN.resolve(module + ".v");
        if (Boolean.getBoolean("golden.update")) {
            Files.createDirectories(GOLDEN);
            Files.writeString(golden, verilog);
        }
        assertEquals(Files.readString(golden), verilog);
    }
}
