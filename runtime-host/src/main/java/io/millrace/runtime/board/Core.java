package io.millrace.runtime.board;

import java.util.Optional;
import java.util.OptionalInt;

/** What lies behind a board's host port: the core boundary of {@code docs/protocol.md}, in bytes instead of beats. */
public interface Core {
    /**
     * Consecutive result bytes of one tensor.
     *
     * @param bytes whole beats
     * @param last whether they end the tensor of a frame
     */
    record Output(int tensor, byte[] bytes, boolean last) {}

    /** Forgets all frames; memories keep their content. */
    void reset();

    /** A program begins. */
    void loadStart();

    /** Takes one word of the program. */
    void load(int word);

    /**
     * Takes input.
     *
     * @return bytes taken, whole beats, 0 if it has no room
     */
    int offer(byte[] bytes, int from, int length);

    /** Runs as far as it can and gives up to {@code bytesMax} bytes of result; empty if there are none now. */
    Optional<Output> take(int bytesMax);

    /** A code if the core or its loader cannot go on. */
    default OptionalInt fault() {
        return OptionalInt.empty();
    }
}
