package io.millrace.runtime;

import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.function.UnaryOperator;

/**
 * A link with faults, a board behind it, and the only clock of both: time passes only when the host waits. One seed, one
 * course of events.
 */
final class VirtualLink implements Link, Ticker {
    static final long MILLI = 1_000_000;
    private static final long BURST_NANOS = 100 * MILLI;
    private static final long CALLS_MAX = 3_000_000;

    private record Event(long at, long order, Runnable action) {}

    private final Kind kind;
    private final Peer board;
    private final Faults faults;
    private final Random random;
    private final long nanosPerByte;
    private final long delayNanos;
    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparingLong(Event::at).thenComparingLong(Event::order));
    private final ArrayDeque<byte[]> inbox = new ArrayDeque<>();
    private UnaryOperator<byte[]> boardLies = UnaryOperator.identity();
    private long now = 1_000_000_000_000L;
    private final long start = now;
    private long order;
    private long hostLineFree;
    private long boardLineFree;
    private boolean dead;
    private final Burst hostBurst = new Burst();
    private final Burst boardBurst = new Burst();
    private long calls;
    int damagedOnTheWay;

    VirtualLink(Kind kind, Peer board, Faults faults, long seed, long nanosPerByte, long delayNanos) {
        this.kind = kind;
        this.board = board;
        this.faults = faults;
        this.random = new Random(seed);
        this.nanosPerByte = nanosPerByte;
        this.delayNanos = delayNanos;
    }

    @Override
    public long nanos() {
        return now;
    }

    /** Virtual time since the beginning. */
    long elapsed() {
        return now - start;
    }

    /** Runs something at a virtual time from the beginning, then lets the board move. */
    void at(long sinceStart, Runnable action) {
        schedule(start + sinceStart, () -> {
            action.run();
            pollBoard();
        });
    }

    /** From now on the board neither hears nor speaks. */
    void kill() {
        dead = true;
    }

    /** Changes what the board says, packet by packet. */
    void boardSays(UnaryOperator<byte[]> lies) {
        boardLies = lies;
    }

    private void schedule(long at, Runnable action) {
        events.add(new Event(at, order++, action));
    }

    @Override
    public Kind kind() {
        return kind;
    }

    @Override
    public String describe() {
        return "virtual";
    }

    @Override
    public void send(byte[] bytes) {
        hostLineFree = Math.max(now, hostLineFree) + bytes.length * nanosPerByte;
        long arrival = hostLineFree + delayNanos;
        carry(bytes, arrival, hostBurst, damaged -> {
            if (!dead) {
                board.accept(damaged);
                pollBoard();
            }
        });
    }

    /** The board's sender takes its next packet when the line is free. */
    private void pollBoard() {
        if (dead || now < boardLineFree) {
            return;
        }
        Optional<byte[]> packet = board.poll();
        if (packet.isPresent()) {
            byte[] bytes = boardLies.apply(packet.get());
            boardLineFree = now + bytes.length * nanosPerByte;
            carry(bytes, boardLineFree + delayNanos, boardBurst, inbox::add);
            schedule(boardLineFree, this::pollBoard);
        }
    }

    private interface Receiver {
        void accept(byte[] bytes);
    }

    /** Packets still to be lost, at most for {@link #BURST_NANOS}. */
    private final class Burst {
        private int left;
        private long end;

        boolean swallows() {
            if (left == 0 && chance(faults.burst())) {
                left = faults.burstLength();
                end = now + BURST_NANOS;
            }
            left = now < end ? left : 0;
            return left > 0 && left-- > 0;
        }
    }

    private void carry(byte[] bytes, long arrival, Burst burst, Receiver receiver) {
        if (elapsed() >= faults.untilNanos()) {
            schedule(arrival, () -> receiver.accept(bytes));
            return;
        }
        if (burst.swallows() || chance(faults.loss())) {
            return;
        }
        int copies = chance(faults.duplicate()) ? 2 : 1;
        for (int i = 0; i < copies; i++) {
            boolean held = !kind.byteStream() && chance(faults.reorder());
            long late = held ? (long) (random.nextDouble() * faults.reorderNanos()) : 0;
            byte[] damaged = damage(bytes);
            schedule(arrival + late, () -> receiver.accept(damaged));
        }
    }

    private boolean chance(double p) {
        return p > 0 && random.nextDouble() < p;
    }

    private byte[] damage(byte[] bytes) {
        byte[] result = bytes;
        if (chance(faults.flip())) {
            result = result.clone();
            int bits = new int[] {1, 2, 8, 32}[random.nextInt(4)];
            for (int i = 0; i < bits; i++) {
                result[random.nextInt(result.length)] ^= (byte) (1 << random.nextInt(8));
            }
        }
        if (chance(faults.cut())) {
            result = Arrays.copyOf(result, random.nextInt(random.nextBoolean() ? result.length : 2 * result.length));
        }
        if (chance(faults.garbage())) {
            var noise = new byte[random.nextInt(1500)];
            random.nextBytes(noise);
            result = kind.byteStream() ? concat(noise, result) : noise;
        }
        if (faults.byteFault() > 0 && kind.byteStream()) {
            result = noisy(result);
        }
        if (result != bytes) {
            damagedOnTheWay++;
        }
        return result;
    }

    private byte[] noisy(byte[] bytes) {
        var out = new ByteArrayOutputStream();
        for (byte b : bytes) {
            if (!chance(faults.byteFault())) {
                out.write(b);
                continue;
            }
            switch (random.nextInt(3)) {
                case 0 -> {}
                case 1 -> {
                    out.write(b);
                    out.write(random.nextInt(256));
                }
                default -> out.write(random.nextInt(256));
            }
        }
        return out.toByteArray();
    }

    private static byte[] concat(byte[] a, byte[] b) {
        byte[] both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }

    @Override
    public Optional<byte[]> receive(long waitNanos) {
        if (++calls > CALLS_MAX) {
            throw new AssertionError("the host makes no progress at virtual time " + elapsed());
        }
        long until = now + Math.max(0, waitNanos);
        while (inbox.isEmpty()) {
            Event next = events.peek();
            if (next == null || next.at > until) {
                now = until;
                break;
            }
            events.remove();
            now = Math.max(now, next.at);
            next.action.run();
        }
        return Optional.ofNullable(inbox.poll());
    }

    @Override
    public void close() {}
}
