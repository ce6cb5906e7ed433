package io.millrace.runtime;

import io.millrace.ir.CompileException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A byte-stream link over an input and an output stream that may block. One thread reads and one writes, each through a
 * bounded queue, so that neither a full nor an empty stream ever holds up the caller.
 */
final class StreamLink implements Link {
    /** Frees what lies under the streams; its text says why the stream ended, for messages. */
    interface Owner {
        /** Why the other side is gone, in words. */
        String whyEnded();

        void close() throws IOException;
    }

    private static final int CHUNK_BYTES = 16 * 1024;
    private static final int CHUNKS = 64;
    private static final int PACKETS = 64;
    private static final byte[] END = {};

    private final String name;
    private final Kind kind;
    private final Owner owner;
    private final BlockingQueue<byte[]> incoming = new ArrayBlockingQueue<>(CHUNKS);
    private final BlockingQueue<byte[]> outgoing = new ArrayBlockingQueue<>(PACKETS);
    private final Thread reader;
    private final Thread writer;
    private volatile boolean closed;
    private boolean ended;

    StreamLink(String name, InputStream in, OutputStream out, Owner owner) {
        this(name, Kind.RELIABLE_BYTES, in, out, owner);
    }

    StreamLink(String name, Kind kind, InputStream in, OutputStream out, Owner owner) {
        this.name = name;
        this.kind = kind;
        this.owner = owner;
        this.reader = Thread.ofPlatform().daemon().name(name + " reader").start(() -> read(in));
        this.writer = Thread.ofPlatform().daemon().name(name + " writer").start(() -> write(out));
    }

    private void read(InputStream in) {
        var buffer = new byte[CHUNK_BYTES];
        try {
            while (!closed) {
                int n = in.read(buffer);
                if (n < 0) {
                    break;
                }
                if (n > 0) {
                    incoming.put(Arrays.copyOf(buffer, n));
                }
            }
        } catch (IOException e) {
            // the end of the stream, told by END below
        } catch (InterruptedException e) {
            return;
        }
        try {
            incoming.put(END);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void write(OutputStream out) {
        try {
            while (!closed) {
                out.write(outgoing.take());
                if (outgoing.isEmpty()) {
                    out.flush();
                }
            }
        } catch (IOException e) {
            // The reader sees the end, too, with whatever the board still said before it.
            closeQuietly(out);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void closeQuietly(OutputStream out) {
        try {
            out.close();
        } catch (IOException e) {
            // already broken
        }
    }

    @Override
    public Kind kind() {
        return kind;
    }

    @Override
    public String describe() {
        return name;
    }

    @Override
    public void send(byte[] bytes) {
        requireAlive();
        outgoing.offer(bytes.clone()); // refused when full: dropped as a whole, and the protocol sends them again
    }

    @Override
    public Optional<byte[]> receive(long waitNanos) {
        requireAlive();
        try {
            byte[] bytes = waitNanos <= 0 ? incoming.poll() : incoming.poll(waitNanos, TimeUnit.NANOSECONDS);
            if (bytes == END) {
                ended = true;
                requireAlive();
            }
            return Optional.ofNullable(bytes);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    private void requireAlive() {
        if (closed) {
            throw Failures.broken(name, "the link is closed", "open it again");
        }
        if (ended) {
            throw broken();
        }
    }

    private CompileException broken() {
        return Failures.broken(
                name,
                "the board's end of the link is gone: " + owner.whyEnded(),
                "see what the board says, then run again");
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        reader.interrupt();
        writer.interrupt();
        try {
            owner.close();
        } catch (IOException e) {
            // nothing more can be freed
        }
    }
}
