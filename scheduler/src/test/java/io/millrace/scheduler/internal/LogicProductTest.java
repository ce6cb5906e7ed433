package io.millrace.scheduler.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LogicProductTest {
    /** Counted by yosys 0.23, {@code synth_xilinx -family xc6v}, on the product alone behind registers, which are not counted here. */
    @ParameterizedTest
    @CsvSource({
        "12, 9, 178, 67",
        "18, 9, 256, 91",
        "13, 18, 392, 164",
        "18, 18, 522, 204",
        "25, 18, 704, 260",
        "34, 17, 901, 326"
    })
    void aProductIsAsLargeAsSynthesisSays(int value, int factor, int lut, int ff) {
        var seen = LogicProduct.of(value, factor);
        assertEquals(lut, seen.lut(), lut * 0.04);
        assertEquals(ff, seen.ff(), ff * 0.02);
    }
}
