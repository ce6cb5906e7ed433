package io.millrace.runtime;

import io.millrace.ir.CompileException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.PortUnreachableException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A packet link over UDP: a packet a datagram. What the network says about a board that can't be reached counts as a lost packet, since it may come back; the session
 * notices its silence.
 */
final class UdpLink implements Link {
    /** Larger than any packet, so that what is too long shows. */
    private static final int BYTES_MAX = 2048;

    private static final int SOCKET_BYTES = 1 << 20;

    private final String name;
    private final DatagramChannel channel;
    private final Selector selector;
    private final ByteBuffer incoming = ByteBuffer.allocate(BYTES_MAX);
    private volatile boolean closed;

    private UdpLink(String name, DatagramChannel channel, Selector selector) {
        this.name = name;
        this.channel = channel;
        this.selector = selector;
    }

    /** Opens the link; see {@link Links#open}. */
    static Link open(LinkAddress.Udp address) {
        String name = address.toString();
        var board = new InetSocketAddress(address.host(), address.port());
        if (board.isUnresolved()) {
            throw broken(name, "the host's name is not known");
        }
        try {
            var channel = DatagramChannel.open();
            try {
                channel.setOption(StandardSocketOptions.SO_RCVBUF, SOCKET_BYTES);
                channel.connect(board);
                channel.configureBlocking(false);
                var selector = Selector.open();
                channel.register(selector, SelectionKey.OP_READ);
                return new UdpLink(name, channel, selector);
            } catch (IOException e) {
                channel.close();
                throw e;
            }
        } catch (IOException e) {
            throw broken(name, String.valueOf(e.getMessage()));
        }
    }

    @Override
    public Kind kind() {
        return Kind.PACKETS;
    }

    @Override
    public String describe() {
        return name;
    }

    @Override
    public void send(byte[] bytes) {
        requireOpen();
        try {
            channel.write(ByteBuffer.wrap(bytes));
        } catch (PortUnreachableException | NoRouteToHostException e) {
            // lost
        } catch (IOException e) {
            throw broken(name, String.valueOf(e.getMessage()));
        }
    }

    @Override
    public Optional<byte[]> receive(long waitNanos) {
        requireOpen();
        try {
            var packet = read();
            if (packet.isPresent() || waitNanos <= 0) {
                return packet;
            }
            await(waitNanos);
            return read();
        } catch (PortUnreachableException | NoRouteToHostException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw broken(name, String.valueOf(e.getMessage()));
        }
    }

    /** A selector waits whole milliseconds only. */
    private void await(long nanos) throws IOException {
        long millis = TimeUnit.NANOSECONDS.toMillis(nanos);
        if (millis > 0) {
            selector.select(millis);
            selector.selectedKeys().clear();
        } else {
            LockSupport.parkNanos(nanos);
        }
    }

    private Optional<byte[]> read() throws IOException {
        incoming.clear();
        int bytes = channel.read(incoming);
        if (bytes <= 0) {
            return Optional.empty();
        }
        var packet = new byte[bytes];
        incoming.flip().get(packet);
        return Optional.of(packet);
    }

    private void requireOpen() {
        if (closed) {
            throw Failures.broken(name, "the link is closed", "open it again");
        }
    }

    private static CompileException broken(String name, String why) {
        return Failures.broken(
                name, "no datagrams can be sent there: " + why, "check host and port, and this computer's network");
    }

    @Override
    public void close() {
        closed = true;
        try {
            selector.close();
            channel.close();
        } catch (IOException e) {
            // nothing more can be freed
        }
    }
}
