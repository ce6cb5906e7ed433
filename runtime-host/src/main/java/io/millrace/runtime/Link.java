package io.millrace.runtime;

import java.util.Optional;

/**
 * A way to a board that may lose what it carries, but never blocks the caller longer than asked. One thread sends and
 * receives; {@link #close()} may come from any.
 */
public interface Link extends AutoCloseable {
    /** What a link does to packets; sets timers and how soon a gap counts as a loss. */
    enum Kind {
        /** One packet a message; may be lost, repeated and reordered. */
        PACKETS(5, 8),
        /** Bytes in order, some of them lost, added or damaged. */
        NOISY_BYTES(50, 1),
        /** Bytes in order, none ever lost or damaged. */
        RELIABLE_BYTES(500, 1);

        private final int resendMillisMin;
        private final int reorderPackets;

        Kind(int resendMillisMin, int reorderPackets) {
            this.resendMillisMin = resendMillisMin;
            this.reorderPackets = reorderPackets;
        }

        /** Shortest time-out before anything is sent again. */
        public int resendMillisMin() {
            return resendMillisMin;
        }

        /** How many packets sent later must have arrived before one is held lost. */
        public int reorderPackets() {
            return reorderPackets;
        }

        /** Whether packets follow each other without message bounds. */
        public boolean byteStream() {
            return this != PACKETS;
        }
    }

    Kind kind();

    /** Name for messages, such as {@code tcp:host:port}. */
    String describe();

    /**
     * Sends one packet, or on a byte stream these bytes. Returns at once; if the other side takes nothing and the bounded
     * queue is full, the bytes are dropped as a whole, which the protocol repairs.
     *
     * @throws io.millrace.ir.CompileException exit code 8, {@code LNK-0111}, if the link is broken for good
     */
    void send(byte[] bytes);

    /**
     * The next packet, or on a byte stream the next bytes.
     *
     * @param waitNanos longest wait; 0 or less: none
     * @throws io.millrace.ir.CompileException as {@link #send}
     */
    Optional<byte[]> receive(long waitNanos);

    /** Ends the link and what it started. May be called again. */
    @Override
    void close();
}
