package io.millrace.runtime.board;

import io.millrace.runtime.protocol.Packet;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * The board's receiver on a byte stream, one byte a step, without memory of bytes gone by: section 8.3 of
 * {@code docs/protocol.md}.
 */
final class PacketReceiver {
    private enum State {
        HUNT,
        MARK,
        HEADER,
        PAYLOAD,
        CRC
    }

    private final int payloadBytesMax;
    private final byte[] packet = new byte[Packet.BYTES_MAX];
    private State state = State.HUNT;
    private int count;
    private int length;
    private int dropped;

    PacketReceiver(int payloadBytesMax) {
        this.payloadBytesMax = payloadBytesMax;
    }

    void reset() {
        state = State.HUNT;
    }

    /** Packets given up since the last call. */
    int takeDropped() {
        int n = dropped;
        dropped = 0;
        return n;
    }

    void accept(byte[] bytes, Consumer<Packet> good) {
        for (byte b : bytes) {
            step(b, good);
        }
    }

    private void step(byte b, Consumer<Packet> good) {
        switch (state) {
            case HUNT -> {
                if (b == (byte) Packet.MARK) {
                    start();
                }
            }
            case MARK -> {
                if (b == (byte) (Packet.MARK >> 8)) {
                    keep(b);
                    state = State.HEADER;
                } else {
                    state = State.HUNT;
                    step(b, good);
                }
            }
            case HEADER -> {
                keep(b);
                if (count == 8) {
                    checkLength();
                } else if (count == Packet.HEADER_BYTES) {
                    state = length > 0 ? State.PAYLOAD : State.CRC;
                }
            }
            case PAYLOAD -> {
                keep(b);
                if (count == Packet.sizeOnLink(length) - Packet.CRC_BYTES) {
                    state = State.CRC;
                }
            }
            case CRC -> {
                keep(b);
                if (count == Packet.sizeOnLink(length)) {
                    state = State.HUNT;
                    Packet.decode(Arrays.copyOf(packet, count)).ifPresentOrElse(good, () -> dropped++);
                }
            }
        }
    }

    private void start() {
        count = 0;
        keep((byte) Packet.MARK);
        state = State.MARK;
    }

    private void keep(byte b) {
        packet[count++] = b;
    }

    private void checkLength() {
        length = packet[4] & 0xff | (packet[5] & 0xff) << 8;
        int check = packet[6] & 0xff | (packet[7] & 0xff) << 8;
        if (check != (~length & 0xffff) || length > payloadBytesMax) {
            dropped++;
            state = State.HUNT;
        }
    }
}
