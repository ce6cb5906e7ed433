package io.millrace.runtime;

import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A serial device as a byte stream. The operating system's {@code stty} sets rate and raw mode; then the device is read and written like a file, so that
 * no native library is needed.
 */
final class SerialDevice {
    private static final int SECONDS_MAX = 10;

    private SerialDevice() {}

    /** Opens the line; see {@link Links#open}. */
    static Link open(LinkAddress.Uart address) {
        String name = address.toString();
        try {
            configure(address);
            Path device = Path.of(address.device());
            var in = FileChannel.open(device, StandardOpenOption.READ);
            FileChannel out;
            try {
                out = FileChannel.open(device, StandardOpenOption.WRITE);
            } catch (IOException e) {
                in.close();
                throw e;
            }
            return new StreamLink(
                    name,
                    Link.Kind.NOISY_BYTES,
                    Channels.newInputStream(in),
                    Channels.newOutputStream(out),
                    new ChannelOwner(in, out));
        } catch (IOException | InvalidPathException e) {
            throw Failures.broken(
                    name,
                    "the device cannot be used: " + e.getMessage(),
                    "check that the board is plugged in, the path, and that this user may use it (group dialout)");
        }
    }

    private static void configure(LinkAddress.Uart address) throws IOException {
        boolean linux = System.getProperty("os.name", "").startsWith("Linux");
        var command = new ArrayList<>(List.of("stty", linux ? "-F" : "-f", address.device()));
        command.addAll(List.of(Integer.toString(address.baud()), "raw", "-echo", "cs8", "-parenb", "-cstopb"));
        command.addAll(List.of("-crtscts", "clocal", "min", "1", "time", "0"));
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        try {
            if (!process.waitFor(SECONDS_MAX, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException("stty does not end");
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        if (process.exitValue() != 0) {
            throw new IOException(said);
        }
    }

    private record ChannelOwner(FileChannel in, FileChannel out) implements StreamLink.Owner {
        @Override
        public String whyEnded() {
            return "the device is gone";
        }

        @Override
        public void close() throws IOException {
            in.close();
            out.close();
        }
    }
}
