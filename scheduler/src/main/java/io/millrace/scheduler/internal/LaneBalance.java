package io.millrace.scheduler.internal;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntUnaryOperator;

/**
 * Puts the output channels of a connection table on lanes so that as few lanes as can be are idle: an input channel is gone over as often as the lane with most
 * readers of it takes. Output channels are exchanged between lanes at random, by simulated annealing (Kirkpatrick, Gelatt and Vecchi, 1983), to a sum of squares of readers
 * over a number that each lane can have.
 */
final class LaneBalance {
    private static final int EXCHANGES = 400_000;
    private static final double HOTTEST = 0.7;
    private static final double COLDEST = 1e-3;
    private static final long SEED = 20;

    /** By output and input channel, 1 where they are connected. */
    private final byte[][] reads;

    private final int outputs;
    private final int channels;
    private final int lanes;
    /** Lane of each output channel, and readers by lane and input channel. */
    private final int[] laneOf;

    private final int[][] readers;

    private LaneBalance(BitSet pairs, int outputs, int channels, int lanes, IntUnaryOperator first) {
        reads = new byte[outputs][channels];
        pairs.stream().forEach(pair -> reads[pair / channels][pair % channels] = 1);
        this.outputs = outputs;
        this.channels = channels;
        this.lanes = lanes;
        laneOf = new int[outputs];
        readers = new int[lanes][channels];
        for (int o = 0; o < outputs; o++) {
            laneOf[o] = first.applyAsInt(o);
            for (int c = 0; c < channels; c++) {
                readers[laneOf[o]][c] += reads[o][c];
            }
        }
    }

    /**
     * By new position, the output channel that goes there; position k is on lane {@code k mod lanes}.
     *
     * @param pairs bit {@code output * channels + channel} where they are connected
     */
    static List<Integer> order(BitSet pairs, int outputs, int channels, int lanes) {
        // Tables that were dealt out are balanced where neighbours are on one lane.
        int full = outputs - outputs / lanes * lanes;
        int each = outputs / lanes;
        IntUnaryOperator neighbours =
                o -> o < full * (each + 1) ? o / (each + 1) : full + (o - full * (each + 1)) / each;
        LaneBalance best = new LaneBalance(pairs, outputs, channels, lanes, neighbours);
        int mean = Math.ceilDiv(pairs.cardinality(), channels * lanes);
        for (int most = mean; most <= mean + 1 && best.passes() > best.least(); most++) {
            var tried = new LaneBalance(pairs, outputs, channels, lanes, o -> o % lanes);
            tried.anneal(most);
            if (tried.passes() < best.passes()) {
                best = tried;
            }
        }
        return best.order();
    }

    /** Passes that no order takes fewer of. */
    private long least() {
        long passes = 0;
        for (int c = 0; c < channels; c++) {
            int all = 0;
            for (var lane : readers) {
                all += lane[c];
            }
            passes += Math.ceilDiv(all, lanes);
        }
        return passes;
    }

    private long passes() {
        long passes = 0;
        for (int c = 0; c < channels; c++) {
            int most = 0;
            for (var lane : readers) {
                most = Math.max(most, lane[c]);
            }
            passes += most;
        }
        return passes;
    }

    private static long excess(int readers, int most) {
        long over = Math.max(0, readers - most);
        return over * over;
    }

    private void anneal(int most) {
        long cost = 0;
        for (var lane : readers) {
            for (int n : lane) {
                cost += excess(n, most);
            }
        }
        var random = new SplittableRandom(SEED);
        for (int i = 0; i < EXCHANGES && cost > 0; i++) {
            int a = random.nextInt(outputs);
            int b = random.nextInt(outputs);
            if (laneOf[a] == laneOf[b]) {
                continue;
            }
            double heat = HOTTEST * (1 - (double) i / EXCHANGES) + COLDEST;
            long change = change(a, b, most);
            if (change <= 0 || random.nextDouble() < Math.exp(-change / heat)) {
                exchange(a, b);
                cost += change;
            }
        }
    }

    /** What an exchange of two output channels would add to the cost. */
    private long change(int a, int b, int most) {
        var onA = readers[laneOf[a]];
        var onB = readers[laneOf[b]];
        long change = 0;
        for (int c = 0; c < channels; c++) {
            int leaves = reads[a][c] - reads[b][c];
            if (leaves != 0) {
                change += excess(onA[c] - leaves, most)
                        - excess(onA[c], most)
                        + excess(onB[c] + leaves, most)
                        - excess(onB[c], most);
            }
        }
        return change;
    }

    private void exchange(int a, int b) {
        for (int c = 0; c < channels; c++) {
            int leaves = reads[a][c] - reads[b][c];
            readers[laneOf[a]][c] -= leaves;
            readers[laneOf[b]][c] += leaves;
        }
        int lane = laneOf[a];
        laneOf[a] = laneOf[b];
        laneOf[b] = lane;
    }

    private List<Integer> order() {
        var onLane = new ArrayList<List<Integer>>();
        for (int lane = 0; lane < lanes; lane++) {
            onLane.add(new ArrayList<>());
        }
        for (int o = 0; o < outputs; o++) {
            onLane.get(laneOf[o]).add(o);
        }
        var order = new ArrayList<Integer>();
        for (int k = 0; k < outputs; k++) {
            order.add(onLane.get(k % lanes).get(k / lanes));
        }
        return order;
    }
}
