package io.millrace.runtime;

import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/** A packet link to a board in this process. */
final class PeerLink implements Link {
    private static final long IDLE_NANOS = 1_000_000;
    private final Peer peer;

    PeerLink(Peer peer) {
        this.peer = peer;
    }

    @Override
    public Kind kind() {
        return Kind.PACKETS;
    }

    @Override
    public String describe() {
        return "sim:" + peer.describe();
    }

    @Override
    public void send(byte[] bytes) {
        peer.accept(bytes);
    }

    @Override
    public Optional<byte[]> receive(long waitNanos) {
        Optional<byte[]> bytes = peer.poll();
        if (bytes.isEmpty() && waitNanos > 0) {
            LockSupport.parkNanos(Math.min(waitNanos, IDLE_NANOS));
        }
        return bytes;
    }

    @Override
    public void close() {
        peer.close();
    }
}
