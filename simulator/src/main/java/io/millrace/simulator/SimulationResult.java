package io.millrace.simulator;

import io.millrace.ir.Diagnostic;
import io.millrace.scheduler.Schedule;
import io.millrace.simulator.internal.CompiledSchedule;
import io.millrace.simulator.internal.HostBeats;
import io.millrace.simulator.internal.TimingEngine;
import io.millrace.simulator.internal.TokenChanges;
import io.millrace.simulator.internal.UnitFirings;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * What a run did. Firings are those that start up to {@link #endCycle()}; firings of frames after those asked for are
 * among them where the machine had begun them.
 */
public final class SimulationResult {
    private final CompiledSchedule program;
    private final TimingEngine engine;
    private final SimulationOptions options;
    private final List<List<short[]>> outputs;
    private final List<Diagnostic> hazards;

    SimulationResult(
            CompiledSchedule program,
            TimingEngine engine,
            SimulationOptions options,
            List<List<short[]>> outputs,
            List<Diagnostic> hazards) {
        this.program = program;
        this.engine = engine;
        this.options = options;
        this.outputs = List.copyOf(outputs);
        this.hazards = List.copyOf(hazards);
    }

    public Schedule schedule() {
        return program.schedule;
    }

    public int frames() {
        return options.frames();
    }

    /** Cycle in which the last result beat of the last frame leaves; the run is the cycles 0 to this one. */
    public long endCycle() {
        return engine.endCycle();
    }

    /** Cycle in which the last result beat of a frame leaves, the last of all outputs. */
    public long completionCycle(int frame) {
        if (frame < 0 || frame >= frames()) {
            throw new IllegalArgumentException("frame " + frame + " of " + frames());
        }
        return engine.completion(frame);
    }

    /**
     * Cycles from result to result once the pipeline is full. Exact where the run repeats; otherwise the mean over the
     * later half of the frames, at least the last four.
     */
    public double cyclesPerFrame() {
        var repeat = engine.repeat();
        if (repeat.cycles() > 0) {
            return (double) repeat.cycles() / repeat.frames();
        }
        int last = frames() - 1;
        if (last == 0) {
            return endCycle() + 1.0;
        }
        int from = Math.max(0, Math.min(last - 4, last / 2));
        return (double) (completionCycle(last) - completionCycle(from)) / (last - from);
    }

    /** Whether the run was seen to repeat exactly, so that {@link #cyclesPerFrame()} holds for ever. */
    public boolean isPeriodic() {
        return engine.repeat().cycles() > 0;
    }

    /** Frames that were derived from the period and not run one by one. */
    public long framesSkipped() {
        return engine.repeat().times() * engine.repeat().frames();
    }

    /**
     * Cycles frame 0 takes through the empty machine, from cycle 0, in which {@code run} is 1 for the first time, to
     * its last result beat, both counted.
     */
    public long latencyCycles() {
        return completionCycle(0) + 1;
    }

    /** Codes of each output tensor of each frame, as {@code QuantizedGraph.outputs()} lists them; empty without values. */
    public List<List<short[]>> outputs() {
        return outputs;
    }

    /** {@code SIM-0005} for rows that were read before they were written or while they were overwritten. */
    public List<Diagnostic> hazards() {
        return hazards;
    }

    /** Firings of a unit. */
    public long firingCount(int unit) {
        return kept(unit).size();
    }

    /** Firing {@code i} of a unit, in the order of its list. */
    public FiringRecord firing(int unit, long i) {
        var f = kept(unit);
        return new FiringRecord(
                unit, program.actor[f.entry(i)], f.frame(i), f.firing(i), f.start(i), f.readEnd(i), f.end(i));
    }

    /** Firings of a unit, in the order of its list, made one by one. */
    public Stream<FiringRecord> firings(int unit) {
        return LongStream.range(0, firingCount(unit)).mapToObj(i -> firing(unit, i));
    }

    /** All firings by start cycle, then unit. */
    public Stream<FiringRecord> firings() {
        var heads = new PriorityQueue<FiringRecord>(
                Comparator.comparingLong(FiringRecord::start).thenComparingInt(FiringRecord::unit));
        long[] next = new long[program.units];
        for (int u = 0; u < program.units; u++) {
            if (firingCount(u) > 0) {
                heads.add(firing(u, 0));
            }
        }
        var iterator = new java.util.Iterator<FiringRecord>() {
            @Override
            public boolean hasNext() {
                return !heads.isEmpty();
            }

            @Override
            public FiringRecord next() {
                var first = heads.remove();
                int u = first.unit();
                if (++next[u] < firingCount(u)) {
                    heads.add(firing(u, next[u]));
                }
                return first;
            }
        };
        Iterable<FiringRecord> all = () -> iterator;
        return StreamSupport.stream(all.spliterator(), false);
    }

    /** Cycles in which beats move between the link and a host unit, of the unit's kept firings, in order. */
    public LongStream hostBeats(int unit) {
        return HostBeats.of(program, kept(unit), unit, options.link());
    }

    /** Where each unit's and each layer's cycles went. */
    public Account account() {
        return Account.of(this);
    }

    /** Firings that were worked out one by one. */
    public long firingsComputed() {
        return engine.fired();
    }

    /** The token counters' changes up to a cycle. */
    List<TokenChanges.Change> tokenChanges(long lastCycle) {
        kept(0);
        return TokenChanges.of(program, engine, lastCycle);
    }

    CompiledSchedule program() {
        return program;
    }

    UnitFirings kept(int unit) {
        if (!options.keepFirings()) {
            throw new IllegalStateException("the run did not keep its firings");
        }
        return engine.firings(unit);
    }
}
