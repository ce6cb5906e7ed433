package io.millrace.boards.verilator;

import io.millrace.hdl.Design;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.Unit;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A core translated by Verilator and compiled, kept in a cache folder by the hash of its sources. One run is one process: the program is
 * loaded, {@code run} rises, beats go in and out.
 */
public final class VerilatedCore {
    private final Machine machine;
    private final Path program;
    private final Duration buildTime;
    private final List<String> arguments;

    private VerilatedCore(Machine machine, Path program, Duration buildTime, List<String> arguments) {
        this.arguments = List.copyOf(arguments);
        this.machine = machine;
        this.program = program;
        this.buildTime = buildTime;
    }

    /** Builds the core for long runs, or takes it from the cache; see {@link #build(Design, BuildProfile)}. */
    public static VerilatedCore build(Design design) {
        return build(design, BuildProfile.SPEED);
    }

    /**
     * Builds the core, or takes it from the cache.
     *
     * @throws io.millrace.ir.CompileException if Verilator is missing or fails (exit code 10)
     */
    public static VerilatedCore build(Design design, BuildProfile profile) {
        long start = System.nanoTime();
        var harness = CoreHarness.source(design.machine(), design.top());
        Path program = VerilatorBuild.cached(design.files(), design.top(), harness, profile);
        return new VerilatedCore(design.machine(), program, Duration.ofNanos(System.nanoTime() - start), List.of());
    }

    /** The same core, run with Verilog plus-arguments, as {@code +name=value}. */
    public VerilatedCore withArguments(List<String> plusArguments) {
        return new VerilatedCore(machine, program, buildTime, plusArguments);
    }

    /** Time that the build took, next to nothing when it was cached. */
    public Duration buildTime() {
        return buildTime;
    }

    /**
     * One run.
     *
     * @param programWords words of the program image as the loader takes them
     * @param beats input beats, all lanes of each
     * @param inRuns stall trace of the input, run lengths from willing on; {@code outRuns} of the output
     * @param outBeats output beats after which the run ends
     * @param maxCycles cycles after which it ends all the same
     * @param log whether firings and row writes are recorded
     * @param seed of registers and memories at power-up; other than 0, the program also comes with gaps, behind one broken off
     * @param restarts how often the machine is then stopped for one cycle in the middle of its work and begins again, which must
     *     look as the run itself did
     */
    public record Job(
            int[] programWords,
            byte[] beats,
            int[] inRuns,
            int[] outRuns,
            int outBeats,
            int maxCycles,
            boolean log,
            int seed,
            int restarts) {
        /** A plain run, as long as it takes. */
        public static Job plain(int[] programWords, byte[] beats, int outBeats) {
            return new Job(programWords, beats, new int[0], new int[0], outBeats, Integer.MAX_VALUE, false, 0, 0);
        }
    }

    /** What happens in a run, as the records of the trace. */
    public enum Happening {
        START,
        LAST_READ,
        COMMIT,
        WRITE,
        OUT_BEAT,
        IN_BEAT
    }

    /**
     * Where a restarted machine left the path of the first run.
     *
     * @param index unit or row memory
     * @param before happenings of this kind and index that were alike
     * @param stoppedAfter cycles that the machine had run before it was stopped and started again
     */
    public record RestartDifference(Happening what, int index, int before, long cycle, long stoppedAfter) {}

    /** A start, last read or commit of a unit; the commit's cycle is the one in which it is visible. */
    public record UnitEvent(int unit, long cycle) {}

    /** A write of a row memory: {@code codes} from element address {@code address} on. */
    public record RowWrite(int memory, long cycle, int address, short[] codes) {}

    /**
     * A beat that left.
     *
     * @param last whether it is marked as the last of its tensor in a frame
     * @param tensor number of the sending actor on its unit
     */
    public record OutBeat(long cycle, short[] codes, boolean last, int tensor) {}

    /** What a run showed, in order. */
    public record Trace(
            List<UnitEvent> starts,
            List<UnitEvent> readEnds,
            List<UnitEvent> commits,
            List<RowWrite> writes,
            List<OutBeat> outBeats,
            List<Long> inBeats,
            Optional<RestartDifference> restart,
            long cycles,
            boolean cut,
            Duration time) {}

    /** Runs a job in a process of its own. */
    public Trace run(Job job) {
        long start = System.nanoTime();
        try {
            var command = new ArrayList<>(List.of(program.toString()));
            command.addAll(arguments);
            var process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            var writer = CompletableFuture.runAsync(() -> send(job, beatBytes(), process.getOutputStream()));
            byte[] bytes = process.getInputStream().readAllBytes();
            writer.join();
            int exit = process.waitFor();
            if (exit != 0) {
                throw new IllegalStateException("the Verilated core ended with status " + exit);
            }
            return parse(bytes, Duration.ofNanos(System.nanoTime() - start));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the Verilated core ran", e);
        }
    }

    private static void send(Job job, int beatBytes, OutputStream stream) {
        try (var out = new DataOutputStream(new BufferedOutputStream(stream, 1 << 16))) {
            put(out, job.log ? 3 : 0, job.outBeats, job.maxCycles, job.seed, job.restarts);
            put(out, job.programWords.length);
            put(out, job.programWords);
            put(out, job.beats.length / beatBytes);
            out.write(job.beats);
            put(out, job.inRuns.length);
            put(out, job.inRuns);
            put(out, job.outRuns.length);
            put(out, job.outRuns);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void put(DataOutputStream out, int... words) throws IOException {
        var buffer = ByteBuffer.allocate(words.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        buffer.asIntBuffer().put(words);
        out.write(buffer.array());
    }

    private int elementBytes() {
        return machine.precision().bits() / 8;
    }

    private int beatBytes() {
        return hostLanes(true) * elementBytes();
    }

    private int hostLanes(boolean in) {
        for (Unit unit : machine.units()) {
            if (in && unit instanceof Unit.HostIn h) {
                return h.lanes();
            }
            if (!in && unit instanceof Unit.HostOut h) {
                return h.lanes();
            }
        }
        throw new IllegalStateException("a machine has a host-in and a host-out unit");
    }

    private Trace parse(byte[] bytes, Duration time) {
        var in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        var starts = new ArrayList<UnitEvent>();
        var readEnds = new ArrayList<UnitEvent>();
        var commits = new ArrayList<UnitEvent>();
        var writes = new ArrayList<RowWrite>();
        var outBeats = new ArrayList<OutBeat>();
        var inBeats = new ArrayList<Long>();
        var restart = Optional.<RestartDifference>empty();
        while (in.hasRemaining()) {
            int kind = in.get();
            int index = in.get() & 0xff;
            long cycle = in.getInt() & 0xffffffffL;
            switch (kind) {
                case 1 -> starts.add(new UnitEvent(index, cycle));
                case 2 -> readEnds.add(new UnitEvent(index, cycle));
                case 3 ->
                    commits.add(new UnitEvent(index, machine.unit(index) instanceof Unit.HostOut ? cycle : cycle + 1));
                case 4 -> {
                    int address = in.getInt();
                    int count = in.getInt();
                    int lanes = CoreHarness.writeLanes(
                            machine.unit(machine.memories().get(index).writer()));
                    writes.add(new RowWrite(index, cycle, address, codes(in, lanes, count)));
                }
                case 5 ->
                    outBeats.add(new OutBeat(
                            cycle, codes(in, hostLanes(false), hostLanes(false)), in.get() != 0, in.get() & 0xff));
                case 6 -> inBeats.add(cycle);
                case 7 -> {
                    return new Trace(
                            starts, readEnds, commits, writes, outBeats, inBeats, restart, cycle, index != 0, time);
                }
                case 8 ->
                    restart = Optional.of(new RestartDifference(
                            Happening.values()[index - 1], in.getInt(), in.getInt(), cycle, in.getInt()));
                default -> throw new IllegalStateException("record of kind " + kind + " from the Verilated core");
            }
        }
        throw new IllegalStateException("the Verilated core's records end early");
    }

    private short[] codes(ByteBuffer in, int lanes, int count) {
        var codes = new short[count];
        for (int i = 0; i < lanes; i++) {
            short code = elementBytes() == 1 ? in.get() : in.getShort();
            if (i < count) {
                codes[i] = code;
            }
        }
        return codes;
    }
}
