package io.millrace.scheduler.internal;

import io.millrace.scheduler.CostModel;
import io.millrace.scheduler.Schedule;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/** A machine that fits, and the cycles a frame that it is estimated to take. */
record Found(Schedule schedule, double cycles) {
    static Found of(Schedule schedule) {
        return new Found(schedule, CostModel.estimate(schedule).cyclesPerFrame());
    }

    static Optional<Found> fastest(List<Found> machines) {
        return machines.stream().min(Comparator.comparingDouble(Found::cycles));
    }

    /**
     * The best machine of candidates in turn, each only built if its least cycles are fewer than those found before it.
     *
     * @param most cycles a frame that it has to be faster than
     */
    static <T> Optional<Found> fasterOf(
            List<T> candidates, ToLongFunction<T> least, Function<T, Optional<Found>> build, double most) {
        Optional<Found> best = Optional.empty();
        double fewest = most;
        // Built side by side, a few ahead of what is known of the others; what is taken is what one after the other
        // would be.
        int together = Runtime.getRuntime().availableProcessors();
        for (int from = 0; from < candidates.size(); from += together) {
            double known = fewest;
            var some = candidates.subList(from, Math.min(candidates.size(), from + together)).stream()
                    .filter(c -> least.applyAsLong(c) < known)
                    .toList();
            var built = some.parallelStream().map(build).toList();
            for (int i = 0; i < built.size(); i++) {
                double before = fewest;
                if (least.applyAsLong(some.get(i)) < before) {
                    best = Stream.concat(built.get(i).stream().filter(f -> f.cycles < before), best.stream())
                            .findFirst();
                    fewest = best.map(Found::cycles).orElse(most);
                }
            }
        }
        return best;
    }
}
