package io.millrace.runtime;

import io.millrace.runtime.board.ProtocolBoard;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Random;

/**
 * A reference board on a real byte stream, one peer at a time. Reads and writes in pieces of random length down to one
 * byte. As a program, it speaks on standard input and output: arguments are the bench's seed and the number of packets
 * after which it ends.
 */
final class BoardServer {
    private final Bench bench;
    private final Random random;

    BoardServer(long seed) {
        this.bench = new Bench(seed, Link.Kind.RELIABLE_BYTES);
        this.random = new Random(seed);
    }

    /** Serves until the stream ends, or for so many packets. */
    void serve(InputStream in, OutputStream out, int packetsMax) throws IOException {
        ProtocolBoard board = bench.board;
        int packets = 0;
        var buffer = new byte[5000];
        while (packets < packetsMax) {
            int n = in.read(buffer, 0, 1 + random.nextInt(random.nextBoolean() ? 8 : buffer.length));
            if (n < 0) {
                return;
            }
            board.accept(Arrays.copyOf(buffer, n));
            for (var bytes = board.poll(); bytes.isPresent() && packets < packetsMax; bytes = board.poll()) {
                write(out, bytes.get());
                packets++;
            }
        }
    }

    private void write(OutputStream out, byte[] bytes) throws IOException {
        for (int at = 0; at < bytes.length; ) {
            int n = Math.min(bytes.length - at, 1 + random.nextInt(random.nextBoolean() ? 3 : 500));
            out.write(bytes, at, n);
            out.flush();
            at += n;
        }
    }

    public static void main(String[] arguments) throws IOException {
        new BoardServer(Long.parseLong(arguments[0]))
                .serve(
                        System.in,
                        new java.io.FileOutputStream(java.io.FileDescriptor.out),
                        Integer.parseInt(arguments[1]));
    }
}
