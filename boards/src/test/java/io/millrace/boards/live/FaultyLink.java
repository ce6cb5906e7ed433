package io.millrace.boards.live;

import io.millrace.runtime.Link;
import java.io.ByteArrayOutputStream;
import java.util.Optional;
import java.util.SplittableRandom;

/** A byte stream that loses, adds, changes and repeats bytes in both directions, by a seed. */
final class FaultyLink implements Link {
    /** Probabilities: a fault at any byte, what was sent at once lost, or sent twice. */
    record Faults(double aByte, double lost, double twice) {}

    private final Link inner;
    private final Faults faults;
    private final SplittableRandom random;
    private int injected;

    FaultyLink(Link inner, Faults faults, long seed) {
        this.inner = inner;
        this.faults = faults;
        this.random = new SplittableRandom(seed);
    }

    int injected() {
        return injected;
    }

    @Override
    public Kind kind() {
        return Kind.NOISY_BYTES;
    }

    @Override
    public String describe() {
        return inner.describe();
    }

    @Override
    public void send(byte[] bytes) {
        if (happens(faults.lost)) {
            return;
        }
        inner.send(noisy(bytes));
        if (happens(faults.twice)) {
            inner.send(noisy(bytes));
        }
    }

    @Override
    public Optional<byte[]> receive(long waitNanos) {
        return inner.receive(waitNanos).map(this::noisy);
    }

    private boolean happens(double probability) {
        boolean now = random.nextDouble() < probability;
        injected += now ? 1 : 0;
        return now;
    }

    private byte[] noisy(byte[] bytes) {
        var out = new ByteArrayOutputStream();
        for (byte b : bytes) {
            if (!happens(faults.aByte)) {
                out.write(b);
                continue;
            }
            switch (random.nextInt(3)) {
                case 0 -> {}
                case 1 -> {
                    out.write(b);
                    out.write(random.nextInt(256));
                }
                default -> out.write(b ^ 1 << random.nextInt(8));
            }
        }
        return out.toByteArray();
    }

    @Override
    public void close() {
        inner.close();
    }
}
