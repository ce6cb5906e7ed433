package io.millrace.simulator;

import java.util.List;
import java.util.Optional;

/**
 * What to run and what to keep.
 *
 * @param frames results to run to, at least 1; the run ends with the last result beat of the last frame
 * @param inputs for a run with values, one entry a frame: the codes of each input tensor, in the order of {@code
 *     QuantizedGraph.inputs()}, row, column, channel; empty for a run without values
 * @param link when the host link stalls
 * @param firingLimit firings after which the run is given up
 * @param fastForward whether whole periods of an exactly repeating run are skipped; changes no result
 * @param keepFirings whether firings are kept; without them there is no account and no trace
 * @param threads threads that compute values; timing is never threaded
 * @param listener told of every committed row of a run with values
 */
public record SimulationOptions(
        int frames,
        List<List<short[]>> inputs,
        LinkTrace link,
        long firingLimit,
        boolean fastForward,
        boolean keepFirings,
        int threads,
        Optional<RowListener> listener) {
    public static final long FIRING_LIMIT = 1_000_000_000L;

    public SimulationOptions {
        inputs = List.copyOf(inputs);
        if (frames < 1) {
            throw new IllegalArgumentException("a run of " + frames + " frames");
        }
        if (!inputs.isEmpty() && inputs.size() != frames) {
            throw new IllegalArgumentException(inputs.size() + " frames of codes for a run of " + frames);
        }
        if (!inputs.isEmpty() && !keepFirings) {
            throw new IllegalArgumentException("values are computed from the kept firings");
        }
        if (threads < 1) {
            throw new IllegalArgumentException(threads + " threads");
        }
    }

    /** Cycles only. */
    public static SimulationOptions timing(int frames) {
        return new SimulationOptions(
                frames, List.of(), LinkTrace.NONE, FIRING_LIMIT, true, true, processors(), Optional.empty());
    }

    /** Cycles and codes of these frames. */
    public static SimulationOptions values(List<List<short[]>> inputs) {
        return new SimulationOptions(
                inputs.size(), inputs, LinkTrace.NONE, FIRING_LIMIT, true, true, processors(), Optional.empty());
    }

    public boolean values() {
        return !inputs.isEmpty();
    }

    public SimulationOptions withLink(LinkTrace trace) {
        return new SimulationOptions(frames, inputs, trace, firingLimit, fastForward, keepFirings, threads, listener);
    }

    public SimulationOptions withFiringLimit(long limit) {
        return new SimulationOptions(frames, inputs, link, limit, fastForward, keepFirings, threads, listener);
    }

    public SimulationOptions withFastForward(boolean on) {
        return new SimulationOptions(frames, inputs, link, firingLimit, on, keepFirings, threads, listener);
    }

    public SimulationOptions withFirings(boolean keep) {
        return new SimulationOptions(frames, inputs, link, firingLimit, fastForward, keep, threads, listener);
    }

    public SimulationOptions withThreads(int count) {
        return new SimulationOptions(frames, inputs, link, firingLimit, fastForward, keepFirings, count, listener);
    }

    public SimulationOptions withListener(RowListener rows) {
        return new SimulationOptions(
                frames, inputs, link, firingLimit, fastForward, keepFirings, threads, Optional.of(rows));
    }

    private static int processors() {
        return Runtime.getRuntime().availableProcessors();
    }
}
