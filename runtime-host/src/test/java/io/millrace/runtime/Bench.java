package io.millrace.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.CompileException;
import io.millrace.quantizer.Precision;
import io.millrace.runtime.board.Core;
import io.millrace.runtime.board.FunctionCore;
import io.millrace.runtime.board.ProtocolBoard;
import io.millrace.runtime.protocol.Info;
import io.millrace.scheduler.Identity;
import io.millrace.scheduler.ProgramImage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;

/** One seeded session over a virtual link: what it is made of, and what must hold of every one. */
final class Bench {
    static final Identity DESIGN = Identity.parse("d0d1d2d3d4d5d6d7d8d9dadbdcdddedf");
    static final Duration DEADLINE = Duration.ofSeconds(60);

    final long seed;
    final Random random;
    final Manifest manifest;
    final ProgramImage image;
    final LoadedCore core;
    final Info info;
    final ProtocolBoard board;
    final Link.Kind kind;
    Faults faults = Faults.NONE;
    long nanosPerByte = 100;
    long delayNanos = 200_000;

    /** A core that checks the program it was given, and computes {@link Bench#function}. */
    final class LoadedCore implements Core {
        private final FunctionCore inner;
        private final List<Integer> words = new ArrayList<>();
        boolean hangs;

        LoadedCore(FunctionCore inner) {
            this.inner = inner;
        }

        @Override
        public void reset() {
            inner.reset();
        }

        @Override
        public void loadStart() {
            words.clear();
        }

        @Override
        public void load(int word) {
            words.add(word);
        }

        boolean loaded() {
            return words.equals(IntStream.of(image.loaderWords()).boxed().toList());
        }

        @Override
        public int offer(byte[] bytes, int from, int length) {
            assertTrue(loaded(), "frames reach only a core whose program is whole");
            return hangs ? 0 : inner.offer(bytes, from, length);
        }

        @Override
        public Optional<Output> take(int bytesMax) {
            return hangs ? Optional.empty() : inner.take(bytesMax);
        }
    }

    Bench(long seed, Link.Kind kind) {
        this.seed = seed;
        this.kind = kind;
        this.random = new Random(seed);
        int lanes = 1 << random.nextInt(4);
        var precision = random.nextInt(4) == 0 ? Precision.INT16 : Precision.INT8;
        int words = 1 + random.nextInt(300);
        this.image = ProgramImage.of(
                DESIGN,
                List.of(new ProgramImage.Section(1, 0, 32, random.ints(words).toArray())));
        this.manifest = new Manifest(
                "net",
                "board",
                DESIGN,
                image.programId(),
                precision,
                lanes,
                1 << new Random(~seed).nextInt(4),
                100,
                0,
                tensors("in", 1 + random.nextInt(2)),
                tensors("out", 1 + random.nextInt(2)),
                List.of(),
                List.of());
        this.core = new LoadedCore(new FunctionCore(
                manifest.inputLayout(), manifest.outputLayout(), this::function, 1 + random.nextInt(3)));
        this.info = randomInfo();
        this.board = new ProtocolBoard(info, kind.byteStream(), core);
    }

    private Info randomInfo() {
        int beatBytes = manifest.inputLayout().beatBytes();
        return new Info(
                Info.VERSION,
                0,
                DESIGN,
                Identity.NONE,
                64 << random.nextInt(5),
                1 << random.nextInt(6),
                1 << random.nextInt(6),
                beatBytes,
                manifest.precision().bits() / 8,
                1 + random.nextInt(8),
                0);
    }

    private List<TensorInfo> tensors(String name, int count) {
        var tensors = new ArrayList<TensorInfo>();
        for (int i = 0; i < count; i++) {
            tensors.add(new TensorInfo(
                    name + i,
                    i,
                    1 + random.nextInt(5),
                    1 + random.nextInt(9),
                    1 + random.nextInt(30),
                    0.5,
                    3,
                    List.of(),
                    List.of()));
        }
        return tensors;
    }

    /** Depends on every input code and its place, so that any mix of frames shows. */
    Frame function(Frame input) {
        long hash = 17;
        for (int t = 0; t < input.tensors(); t++) {
            for (int i = 0; i < input.size(t); i++) {
                hash = hash * 6364136223846793005L + input.code(t, i) + 1442695040888963407L;
            }
        }
        var outputs = new int[manifest.outputs().size()][];
        for (int t = 0; t < outputs.length; t++) {
            outputs[t] = codes(new Random(hash + t), manifest.outputs().get(t).size());
        }
        return Frame.of(outputs);
    }

    private int[] codes(Random source, int count) {
        int bits = manifest.precision().bits();
        return source.ints(count, -(1 << (bits - 1)), 1 << (bits - 1)).toArray();
    }

    Frame frame(long number) {
        var source = new Random(seed * 1_000_003 + number);
        return Frame.of(
                manifest.inputs().stream().map(t -> codes(source, t.size())).toArray(int[][]::new));
    }

    VirtualLink link() {
        return new VirtualLink(kind, board, faults, seed, nanosPerByte, delayNanos);
    }

    Session open(VirtualLink link, SessionOptions options) {
        var numbers = new Random(seed + 99);
        return Session.open(link, link, manifest, Optional.of(image), options, numbers::nextInt, DEADLINE);
    }

    /** What came of a session. */
    record Outcome(int delivered, Optional<CompileException> failure, long nanos, LinkStatistics statistics) {
        void requireAll(int frames, long seed) {
            if (failure.isPresent()) {
                throw new AssertionError("seed " + seed + " ended after " + delivered, failure.get());
            }
            assertEquals(frames, delivered, "seed " + seed);
        }
    }

    /** Streams frames; every result that comes is checked to be the right one, in order and once. */
    Outcome run(int frames, VirtualLink link, SessionOptions options) {
        var delivered = new int[1];
        LinkStatistics statistics = null;
        Session session = null;
        var opened = new Session[1];
        Optional<CompileException> failure = Optional.empty();
        try {
            session = open(link, options);
            opened[0] = session;
            session.stream(
                    IntStream.range(0, frames).mapToObj(this::frame).iterator(),
                    result -> {
                        assertEquals(delivered[0], result.number(), "seed " + seed + ": order of results");
                        assertEquals(function(frame(result.number())), result.frame(), "seed " + seed);
                        assertTrue(opened[0].unfinishedFrames() <= info.frames(), "seed " + seed + ": credits");
                        delivered[0]++;
                    },
                    DEADLINE);
        } catch (CompileException e) {
            assertEquals(8, e.exitCode());
            failure = Optional.of(e);
        } catch (RuntimeException e) {
            throw new AssertionError("seed " + seed, e);
        }
        if (session != null) {
            statistics = session.statistics();
            session.close();
            session.close();
        }
        return new Outcome(
                delivered[0],
                failure,
                link.elapsed(),
                statistics != null ? statistics : new LinkStatistics(0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
    }

    Outcome run(int frames) {
        return run(frames, link(), SessionOptions.DEFAULT);
    }
}
