package io.millrace.scheduler.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlacementTest {
    /** Of granules of one code to 32; what fills up a LUT memory or a block RAM costs nothing, what begins another one does. */
    @ParameterizedTest
    @CsvSource(textBlock = """
            1, 1, 4
            33, 1, 64
            65, 1, 128
            273, 1, 320
            321, 1, 512
            1025, 1, 2048
            2049, 1, 4096
            6048, 1, 6144
            1025, 2, 2048
            2049, 2, 3072
            1025, 4, 1536
            513, 8, 1024
            6720, 8, 7168
            1025, 32, 1536
            """)
    void wordsAreWholeMemories(int needed, int bytes, int words) {
        assertEquals(words, Placement.memoryWords(needed, bytes));
    }
}
