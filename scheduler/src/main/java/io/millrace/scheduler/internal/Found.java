package io.millrace.scheduler.internal;

import io.millrace.scheduler.CostModel;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.Schedule;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/**
 * A machine that fits, what was asked for, and the cycles a frame that it is estimated to take.
 *
 * @param options of which the schedule was made
 */
record Found(Schedule schedule, MachineOptions options, double cycles) {
    /** Of a frame's cycles, what the DRAM port is busy at most where maps are spilled: in simulations, rows and weights that are wanted at once make it wait that much. */
    private static final double PORT_PART_WITH_SPILLS = 0.87;

    /** Candidates that are built side by side; the same on any number of processors, as what is known of the others decides what is done for one. */
    static final int TOGETHER = 2;

    static Found of(Schedule schedule, MachineOptions options) {
        var cost = CostModel.estimate(schedule);
        double moved = cost.dramBytesPerFrame();
        var port = schedule.machine().dram();
        double least = cost.spilledBytesPerFrame() == 0
                ? 0
                : moved / (port.dataBytes() * port.efficiency() * PORT_PART_WITH_SPILLS);
        return new Found(schedule, options, Math.max(cost.cyclesPerFrame(), least));
    }

    static Optional<Found> fastest(List<Found> machines) {
        return machines.stream().min(Comparator.comparingDouble(Found::cycles));
    }

    /** A candidate and the machine built of it. */
    record Of<T>(T candidate, Found found) {}

    /** The machine of {@link #bestOf}. */
    static <T> Optional<Found> fasterOf(List<T> candidates, ToLongFunction<T> least, Build<T> build, double most) {
        return bestOf(candidates, least, build, most).map(Of::found);
    }

    /**
     * The best machine of candidates in turn, each only built if its least cycles are fewer than those found before it.
     *
     * @param build builds a candidate that has to be faster than so many cycles a frame
     * @param most cycles a frame that it has to be faster than
     */
    static <T> Optional<Of<T>> bestOf(List<T> candidates, ToLongFunction<T> least, Build<T> build, double most) {
        Optional<Of<T>> best = Optional.empty();
        double fewest = most;
        for (int from = 0; from < candidates.size(); from += TOGETHER) {
            double known = fewest;
            var some = candidates.subList(from, Math.min(candidates.size(), from + TOGETHER)).stream()
                    .filter(c -> least.applyAsLong(c) < known)
                    .toList();
            var built = some.parallelStream().map(c -> build.of(c, known)).toList();
            for (int i = 0; i < built.size(); i++) {
                var candidate = some.get(i);
                double before = fewest;
                if (least.applyAsLong(candidate) < before) {
                    best = Stream.concat(
                                    built.get(i).stream()
                                            .filter(f -> f.cycles < before)
                                            .map(f -> new Of<>(candidate, f)),
                                    best.stream())
                            .findFirst();
                    fewest = best.map(o -> o.found.cycles).orElse(most);
                }
            }
        }
        return best;
    }

    /**
     * The machines of candidates in turn that are nearly as fast as the fastest, fastest first.
     *
     * @param build builds a candidate that has to be faster than so many cycles a frame
     * @param most cycles a frame that they have to be faster than
     * @param nearly how many times the cycles of the fastest they may take
     */
    static <T> List<Of<T>> fastestOf(
            List<T> candidates, ToLongFunction<T> least, Build<T> build, double most, double nearly) {
        var found = new ArrayList<Of<T>>();
        double fewest = most;
        for (int from = 0; from < candidates.size(); from += TOGETHER) {
            double enough = Math.min(most, fewest * nearly);
            var some = candidates.subList(from, Math.min(candidates.size(), from + TOGETHER)).stream()
                    .filter(c -> least.applyAsLong(c) < enough)
                    .toList();
            some.parallelStream()
                    .map(c -> build.of(c, enough).map(f -> new Of<>(c, f)))
                    .toList()
                    .forEach(o -> o.filter(of -> of.found.cycles < most).ifPresent(found::add));
            fewest = found.stream().mapToDouble(o -> o.found.cycles).min().orElse(most);
        }
        double enough = fewest * nearly;
        return found.stream()
                .filter(o -> o.found.cycles <= enough)
                .sorted(Comparator.comparingDouble(o -> o.found.cycles))
                .toList();
    }

    /** Builds a machine that has to be faster than so many cycles a frame. */
    interface Build<T> {
        Optional<Found> of(T candidate, double most);
    }
}
