package io.millrace.scheduler.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LogicProductTest {
    /** Counted by yosys 0.23, {@code synth_xilinx -family xc6v}, on the product alone behind registers, which are not counted here; LUTs include shift registers. */
    @ParameterizedTest
    @CsvSource({
        "12, 9, 182, 118",
        "18, 9, 266, 166",
        "13, 18, 393, 264",
        "18, 18, 528, 344",
        "25, 18, 717, 456",
        "34, 17, 922, 597"
    })
    void aProductIsAsLargeAsSynthesisSays(int value, int factor, int lut, int ff) {
        var seen = LogicProduct.of(value, factor);
        assertEquals(lut, seen.lut(), lut * 0.04);
        assertEquals(ff, seen.ff(), ff * 0.02);
    }
}
