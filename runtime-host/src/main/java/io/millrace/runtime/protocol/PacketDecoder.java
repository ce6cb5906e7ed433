package io.millrace.runtime.protocol;

import java.util.Arrays;
import java.util.Optional;

/**
 * The host's receiver on a byte stream. Finds every undamaged packet whatever lies between them: after a bad checksum
 * it looks again from the byte after the start mark. Never throws, holds at most one packet and one chunk.
 */
public final class PacketDecoder {
    private byte[] held = new byte[2 * Packet.BYTES_MAX];
    private int from;
    private int to;
    private long damagedPackets;
    private long skippedBytes;

    /** Adds bytes as they come off the link. */
    public void feed(byte[] bytes) {
        if (to + bytes.length > held.length) {
            int size = to - from;
            var next = size + bytes.length <= held.length ? held : new byte[size + bytes.length];
            System.arraycopy(held, from, next, 0, size);
            held = next;
            from = 0;
            to = size;
        }
        System.arraycopy(bytes, 0, held, to, bytes.length);
        to += bytes.length;
    }

    /** The next packet that is complete, if any. */
    public Optional<Packet> next() {
        while (to - from >= 2) {
            if (held[from] != (byte) Packet.MARK || held[from + 1] != (byte) (Packet.MARK >> 8)) {
                skip();
                continue;
            }
            if (to - from < 8) {
                break;
            }
            int length = Packet.payloadLengthAt(held, from);
            if (length < 0) {
                damagedPackets++;
                skip();
                continue;
            }
            int size = Packet.sizeOnLink(length);
            if (to - from < size) {
                break;
            }
            Optional<Packet> packet = Packet.decodeAt(held, from, length);
            if (packet.isPresent()) {
                from += size;
                return packet;
            }
            damagedPackets++;
            skip();
        }
        return Optional.empty();
    }

    /**
     * Gives up waiting for the rest of what looked like a packet: the link has been quiet, so it was none, or its end is
     * lost. Call {@link #next()} afterwards: whole packets may lie behind it.
     */
    public void giveUp() {
        if (from < to) {
            damagedPackets++;
            skip();
        }
    }

    private void skip() {
        skippedBytes++;
        from++;
    }

    /** Bytes held back for a packet that is not complete. */
    public int heldBytes() {
        return to - from;
    }

    /** Headers or packets found damaged. */
    public long damagedPackets() {
        return damagedPackets;
    }

    /** Bytes passed over while looking for a start mark. */
    public long skippedBytes() {
        return skippedBytes;
    }

    @Override
    public String toString() {
        return "decoder holding " + Arrays.toString(Arrays.copyOfRange(held, from, Math.min(to, from + 16)));
    }
}
