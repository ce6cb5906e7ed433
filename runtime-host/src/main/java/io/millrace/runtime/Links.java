package io.millrace.runtime;

import io.millrace.ir.CompileException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** Opens links. */
public final class Links {
    private Links() {}

    /**
     * Opens a link.
     *
     * @param simulated makes the board behind a {@code sim:} address
     * @param deadline longest wait for a connection
     * @throws CompileException exit code 8, {@code LNK-0111}, if nothing is there
     */
    public static Link open(LinkAddress address, Function<LinkAddress.Sim, Peer> simulated, Duration deadline) {
        return switch (address) {
            case LinkAddress.Sim sim -> new PeerLink(simulated.apply(sim));
            case LinkAddress.Pipe pipe -> pipe(pipe);
            case LinkAddress.Tcp tcp -> tcp(tcp, deadline);
            case LinkAddress.Udp udp -> UdpLink.open(udp);
            case LinkAddress.Uart uart -> SerialDevice.open(uart);
        };
    }

    private static Link pipe(LinkAddress.Pipe address) {
        String name = address.toString();
        Process process;
        try {
            process = new ProcessBuilder(address.command())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
        } catch (IOException e) {
            throw Failures.broken(
                    name, "the program does not start: " + e.getMessage(), "check its path and that it may be run");
        }
        return new StreamLink(name, process.getInputStream(), process.getOutputStream(), new PipeOwner(process));
    }

    private record PipeOwner(Process process) implements StreamLink.Owner {
        private static final int GRACE_MILLIS = 1000;

        @Override
        public String whyEnded() {
            try {
                return process.waitFor(GRACE_MILLIS, TimeUnit.MILLISECONDS)
                        ? "the program ended with code " + process.exitValue()
                        : "the program closed its output";
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return "interrupted";
            }
        }

        /** The end of its input asks the program to end; then it is told, then made to. */
        @Override
        public void close() throws IOException {
            // Closing waits for a write that the program does not take: only its end frees that.
            Thread.ofPlatform().daemon().name("pipe closer").start(this::closeInput);
            try {
                if (!process.waitFor(GRACE_MILLIS, TimeUnit.MILLISECONDS)) {
                    process.destroy();
                }
                if (!process.waitFor(GRACE_MILLIS, TimeUnit.MILLISECONDS)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException e) {
                process.destroyForcibly();
                Thread.currentThread().interrupt();
            }
            process.getInputStream().close();
        }

        private void closeInput() {
            try {
                process.getOutputStream().close();
            } catch (IOException e) {
                // the program is gone already
            }
        }
    }

    private static Link tcp(LinkAddress.Tcp address, Duration deadline) {
        String name = address.toString();
        var socket = new Socket();
        try {
            socket.setTcpNoDelay(true);
            int millis = (int) Math.clamp(deadline.toMillis(), 1, Integer.MAX_VALUE);
            socket.connect(new InetSocketAddress(address.host(), address.port()), millis);
            return new StreamLink(name, socket.getInputStream(), socket.getOutputStream(), new SocketOwner(socket));
        } catch (IOException e) {
            closeQuietly(socket);
            String why = e instanceof SocketTimeoutException
                    ? "no answer in " + deadline.toMillis() + " ms"
                    : e.getMessage();
            throw Failures.broken(
                    name, "no connection: " + why, "start the board there (`millrace emulate`), check host and port");
        }
    }

    private record SocketOwner(Socket socket) implements StreamLink.Owner {
        @Override
        public String whyEnded() {
            return "the connection was closed";
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private static void closeQuietly(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // never connected
        }
    }
}
