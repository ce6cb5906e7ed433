package io.millrace.boards.build;

import io.millrace.boards.LinkKind;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * What a user may choose of a build.
 *
 * @param clockMhz core clock; absent: the one the folder was compiled for
 * @param baud rate of the serial line in bits a second; absent: the first that the board lists and the clock can make
 * @param link to the host
 * @param seed of placement
 * @param attempts seeds to try, from {@code seed} on, until timing is met; at least 1
 * @param allowTimingFailure whether a result that misses its clock is kept, and not refused
 */
public record BuildOptions(
        OptionalDouble clockMhz, OptionalInt baud, LinkKind link, int seed, int attempts, boolean allowTimingFailure) {
    /** What {@code millrace build} does without options. */
    public static final BuildOptions DEFAULT =
            new BuildOptions(OptionalDouble.empty(), OptionalInt.empty(), LinkKind.UART, 1, 4, false);

    public BuildOptions {
        if (seed < 1 || attempts < 1) {
            throw new IllegalArgumentException("seed " + seed + ", " + attempts + " attempts");
        }
    }
}
