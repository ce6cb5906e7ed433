package io.millrace.scheduler.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.scheduler.Target;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RamsTest {
    private static final Target TARGET =
            new Target("ml605", Target.Family.VIRTEX6, 200, 768, 416, 0, 0, 150_720, 301_440, 0);

    /** Counts by yosys 0.23, {@code synth_xilinx -family xc6v}, of a memory with a write and a clocked read port; blocks of none are LUTs. */
    @ParameterizedTest
    @CsvSource(textBlock = """
            70656, 8, 18, 0
            34000, 8, 0, 17
            36000, 8, 9, 0
            70656, 16, 35, 0
            12289, 8, 0, 7
            2100, 36, 0, 5
            65000, 2, 4, 0
            140000, 8, 35, 0
            65537, 1, 0, 5
            9000, 9, 0, 5
            9601, 32, 10, 0
            31694, 64, 64, 0
            156, 46, 1, 0
            27738, 12, 0, 21
            11503, 8, 3, 0
            280, 53, 1, 0
            52661, 36, 52, 0
            5547, 96, 0, 33
            720, 9, 0, 1
            2167, 8, 1, 0
            73398, 36, 72, 0
            386, 3, 0, 0
            334, 46, 1, 0
            308, 1, 0, 0
            108202, 1, 0, 7
            546, 9, 0, 1
            99421, 8, 25, 0
            54127, 18, 27, 0
            1125, 9, 0, 1
            5375, 9, 0, 3
            450, 9, 0, 1
            1015, 32, 1, 0
            2270, 6, 1, 0
            796, 24, 1, 0
            1033, 96, 0, 9
            29260, 36, 30, 0
            3156, 40, 0, 9
            157703, 4, 0, 39
            320, 8, 0, 0
            384, 8, 0, 1
            1536, 256, 11, 0
            6144, 256, 0, 87
            7168, 64, 14, 0
            7168, 256, 51, 0
            """)
    void dualPortIsWhatYosysMaps(int depth, int width, int bram36, int bram18) {
        var ram = Rams.dualPort(TARGET, depth, width);
        assertEquals(bram36, ram.bram36());
        assertEquals(bram18, ram.bram18());
    }
}
