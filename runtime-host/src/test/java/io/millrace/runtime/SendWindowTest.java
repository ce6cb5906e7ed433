package io.millrace.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.runtime.protocol.Acknowledgement;
import io.millrace.runtime.protocol.Packet;
import io.millrace.runtime.protocol.PacketType;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SendWindowTest {
    private static final long SECOND = 1_000_000_000;

    private final RoundTrip roundTrip = new RoundTrip(SECOND / 20, 20 * SECOND);
    private final SendWindow window = new SendWindow(1, 1, 1, roundTrip);

    private int send(long now) {
        byte[] bytes = window.add(PacketType.LOAD, ByteBuffer.allocate(4).array(), now);
        return Packet.decode(bytes).orElseThrow().sequence();
    }

    private boolean acknowledge(int number, long now) {
        return window.acknowledge(new Acknowledgement(number + 1, 0, 0, false), now);
    }

    /** The late answer to a packet that was sent twice makes no time-out shorter: everything after it would be sent twice, too. */
    @Test
    void onlyPacketsSentOnceTellHowLongAnAnswerTakes() {
        assertTrue(acknowledge(send(0), SECOND));
        long expected = roundTrip.timeout(0, SECOND);
        int late = send(2 * SECOND);
        assertTrue(window.oldest(4 * SECOND).isPresent());
        assertFalse(acknowledge(late, 5 * SECOND));
        assertEquals(expected, roundTrip.timeout(0, SECOND));
        assertTrue(acknowledge(send(6 * SECOND), 9 * SECOND));
        assertTrue(roundTrip.timeout(0, SECOND) > expected);
        assertEquals(Optional.empty(), window.oldest(10 * SECOND));
    }
}
