package io.millrace.runtime;

import java.util.Optional;

/**
 * A board within this process, as a link sees it: bytes in, bytes out. Not thread-safe; one link owns it.
 */
public interface Peer extends AutoCloseable {
    /** Name for messages. */
    String describe();

    /** Takes one packet from the host, or on a byte stream any piece of the stream. Never blocks. */
    void accept(byte[] bytes);

    /**
     * Runs until it has something for the host, or cannot go on without input.
     *
     * @return one packet, or on a byte stream any piece of the stream
     */
    Optional<byte[]> poll();

    @Override
    default void close() {}
}
