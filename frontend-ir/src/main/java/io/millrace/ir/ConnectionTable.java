package io.millrace.ir;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Which input maps each output map of a convolution reads, as in Torch's {@code SpatialConvolutionMap}: a kernel for each connection.
 *
 * @param inputs input maps
 * @param outputs output maps
 * @param connections each from an input map to an output map, both counted from 0; a pair may come once
 */
public record ConnectionTable(int inputs, int outputs, List<Connection> connections) {
    /** One kernel's input and output map. */
    public record Connection(int from, int to) {}

    /** @throws IllegalArgumentException if a connection names a map that is not there, or comes twice */
    public ConnectionTable {
        connections = List.copyOf(connections);
        if (inputs < 1 || outputs < 1) {
            throw new IllegalArgumentException(inputs + " input maps, " + outputs + " output maps");
        }
        for (Connection c : connections) {
            if (c.from < 0 || c.from >= inputs || c.to < 0 || c.to >= outputs) {
                throw new IllegalArgumentException(
                        c + " in a table of " + inputs + " input and " + outputs + " output maps");
            }
        }
        if (connections.stream().distinct().count() != connections.size()) {
            throw new IllegalArgumentException("a connection comes twice");
        }
    }

    /**
     * Whether the kernels of a convolution in one group count as those of a table: a quarter of them or more are nothing but zeros, though not all. A kernel of one tap is a weight
     * like any other.
     *
     * @param connected kernels with a weight other than 0
     * @param taps of a kernel
     */
    public static boolean counts(long connected, long kernels, int taps) {
        return taps > 1 && connected > 0 && connected <= kernels - kernels / 4;
    }

    /** A table whose maps are cut into groups of neighbours; every output map reads all input maps of its group. */
    public static ConnectionTable ofGroups(int inputs, int outputs, int groups) {
        if (groups < 1 || inputs % groups != 0 || outputs % groups != 0) {
            throw new IllegalArgumentException(inputs + " and " + outputs + " maps in " + groups + " groups");
        }
        var all = new ArrayList<Connection>();
        for (int to = 0; to < outputs; to++) {
            int group = to / (outputs / groups);
            for (int i = 0; i < inputs / groups; i++) {
                all.add(new Connection(group * (inputs / groups) + i, to));
            }
        }
        return new ConnectionTable(inputs, outputs, all);
    }

    /** A table in which every output map reads the {@code fan} input maps from its own number on, around in a circle. */
    public static ConnectionTable ofNeighbours(int inputs, int outputs, int fan) {
        var all = new ArrayList<Connection>();
        for (int to = 0; to < outputs; to++) {
            for (int i = 0; i < Math.min(fan, inputs); i++) {
                all.add(new Connection((to + i) % inputs, to));
            }
        }
        return new ConnectionTable(inputs, outputs, all);
    }

    /**
     * A table as Torch7's {@code nn.tables.random} makes them: the input maps in random order are dealt out, {@code fan} to each output map, and are shuffled anew whenever
     * fewer are left. So output maps that follow each other share no input map until all are used.
     *
     * @param fan input maps of an output map, at most {@code inputs}
     */
    public static ConnectionTable random(int inputs, int outputs, int fan, SplittableRandom random) {
        if (fan < 1 || fan > inputs) {
            throw new IllegalArgumentException(fan + " of " + inputs + " input maps for each output map");
        }
        var all = new ArrayList<Connection>();
        var order = new ArrayList<Integer>();
        for (int to = 0; to < outputs; to++) {
            if (order.size() < fan) {
                order.clear();
                for (int from = 0; from < inputs; from++) {
                    order.add(random.nextInt(order.size() + 1), from);
                }
            }
            var dealt = order.subList(0, fan);
            for (int from : dealt) {
                all.add(new Connection(from, to));
            }
            dealt.clear();
        }
        return new ConnectionTable(inputs, outputs, all);
    }

    /**
     * The convolution: in groups where the table is blocks of neighbours, else one whose weights are 0 where nothing is connected.
     *
     * @param kernels {@code [connections, kernel...]}
     * @param bias {@code [outputs]}
     * @throws IllegalArgumentException if there is not one kernel for each connection
     */
    public Op.Conv conv(Tensor kernels, Tensor bias, Window window) {
        int taps = window.taps();
        if (kernels.shape().rank() != window.rank() + 1
                || kernels.shape().dim(0) != connections.size()
                || kernels.size() != connections.size() * taps) {
            throw new IllegalArgumentException(
                    "kernels " + kernels.shape() + " for " + connections.size() + " connections");
        }
        int groups = groups();
        int each = inputs / groups;
        var weights = new float[outputs * each * taps];
        for (int k = 0; k < connections.size(); k++) {
            Connection c = connections.get(k);
            for (int t = 0; t < taps; t++) {
                weights[(c.to * each + c.from % each) * taps + t] = kernels.get(k * taps + t);
            }
        }
        var dims = new ArrayList<>(List.of(outputs, each));
        dims.addAll(window.kernel());
        return new Op.Conv(Tensor.wrap(new Shape(dims), weights), bias, window, groups);
    }

    /** The most groups of neighbours between which nothing is connected; 1 if there are none. */
    public int groups() {
        for (int groups = Math.min(inputs, outputs); groups > 1; groups--) {
            if (isInGroups(groups)) {
                return groups;
            }
        }
        return 1;
    }

    private boolean isInGroups(int groups) {
        return inputs % groups == 0
                && outputs % groups == 0
                && connections.stream().allMatch(c -> c.from / (inputs / groups) == c.to / (outputs / groups));
    }
}
