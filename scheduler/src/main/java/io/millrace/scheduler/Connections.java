package io.millrace.scheduler;

import io.millrace.ir.ConnectionTable;
import io.millrace.quantizer.QOp;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How an engine with slots computes a convolution whose output channels read only some of the input channels (a connection table): an input channel at a time, so that
 * kernels of nothing but zeros take no time. Output channel {@code o} has lane {@code o mod P} and, there, slot {@code o / P}. A tile is up to S columns of
 * one kernel row of one input channel, and on each lane it adds to one of the output channels there that read the channel: first the one with the lowest slot, in the
 * next tile of the same elements the next. Slots are taken a group at a time, which is drained before the next but one: as few slots as take no more tiles. Groups have equally
 * many tiles; where one has fewer, its last is repeated and adds nothing.
 */
public final class Connections {
    /** No output channel. */
    public static final int NONE = -1;

    /**
     * Up to S columns of a kernel row of an input channel.
     *
     * @param outputs by lane, the output channel that the lane adds to, or {@link #NONE}
     * @param begins by lane, whether this is the first tile that adds to the output channel
     */
    public record Tile(int channel, int kernelRow, int kernelColumn, List<Integer> outputs, List<Boolean> begins) {
        public Tile {
            outputs = List.copyOf(outputs);
            begins = List.copyOf(begins);
        }
    }

    /** What groups of fewer slots may take more. */
    private static final double MORE_FOR_GROUPS = 1.02;

    private final Geometry g;
    private final int lanes;
    private final int groupSlots;
    /** By output channel, the input channels that it has weights for. */
    private final List<BitSet> read;

    private Connections(Geometry g, int lanes, List<BitSet> read) {
        this.g = g;
        this.lanes = lanes;
        this.read = read;
        groupSlots = fewestSlots();
    }

    /**
     * A convolution on an engine.
     *
     * @param conv in one group
     * @param outputs P
     */
    public static Connections of(QOp.Conv conv, Geometry g, int outputs) {
        return of(
                conv, g, outputs, IntStream.range(0, g.outputChannels()).boxed().toList());
    }

    /**
     * The same with the output channels in another order.
     *
     * @param order by new position, the output channel
     */
    public static Connections of(QOp.Conv conv, Geometry g, int outputs, List<Integer> order) {
        var read = order.stream().map(o -> channelsOf(conv, g, o)).toList();
        return new Connections(g, outputs, read);
    }

    /** The fewest slots of a group with which hardly more passes are needed than with all slots together. */
    private int fewestSlots() {
        int all = Math.ceilDiv(g.outputChannels(), lanes);
        long fewest = passes(all);
        int slots = 1;
        while (slots < all && passes(slots) > fewest * MORE_FOR_GROUPS) {
            slots++;
        }
        return slots;
    }

    /** Slots of a group. */
    public int groupSlots() {
        return groupSlots;
    }

    /** Groups of a firing. */
    public int groups() {
        return groups(groupSlots);
    }

    private int groups(int slots) {
        return Math.ceilDiv(g.outputChannels(), slots * lanes);
    }

    /** Tiles of a firing on S lanes, as segments. */
    public List<Segment> segments(int columns) {
        return tiles(columns).stream()
                .map(t -> new Segment(t.kernelRow() * g.rowDilation(), t.kernelColumn(), 0, t.channel()))
                .toList();
    }

    /** Number of tiles of a firing on S lanes. */
    public long count(int columns) {
        return passes(groupSlots) * tilesOfPass(columns);
    }

    private int tilesOfPass(int columns) {
        return g.kernelRows() * Math.ceilDiv(g.kernelColumns(), columns);
    }

    /** The slot of an output channel in its group. */
    public int slot(int output) {
        return output / lanes % groupSlots;
    }

    /** Pairs of output channels and input channels that have a weight other than 0: of a convolution in groups or bands, all that could. */
    public static long pairs(QOp.Conv conv) {
        boolean one = conv.groups() == 1 && conv.bands().isEmpty();
        return one
                ? conv.weights().connected(conv.filters(), conv.groupChannels()).cardinality()
                : (long) conv.outputChannels() * conv.groupChannels();
    }

    /** Whether a convolution in one group has a connection table, see {@link ConnectionTable#counts}. */
    public static boolean isTable(QOp.Conv conv) {
        if (conv.groups() > 1 || conv.bands().isPresent()) {
            return false;
        }
        long all = (long) conv.outputChannels() * conv.groupChannels();
        return ConnectionTable.counts(pairs(conv), all, conv.window().taps());
    }

    /** The number behind a lane's weights: the slot to which a tile adds, and in the highest bit whether its sum begins. */
    public static int code(int slot, boolean begins, int elementBits) {
        return begins ? slot - (1 << (elementBits - 1)) : slot;
    }

    /** Most slots that {@link #code} can tell apart. */
    public static int slotsMax(int elementBits) {
        return 1 << (elementBits - 1);
    }

    /** Channels with a weight other than 0; one at least, so that every output channel's sum begins. */
    private static BitSet channelsOf(QOp.Conv conv, Geometry g, int output) {
        int all = g.inputChannels();
        var channels = conv.weights().connected(conv.filters(), all).get(output * all, (output + 1) * all);
        if (channels.isEmpty()) {
            channels.set(0);
        }
        return channels;
    }

    /** By lane, the output channels from {@code first} to before {@code end} that read an input channel, lowest slot first. */
    private List<List<Integer>> readers(int channel, int first, int end) {
        var readers = new ArrayList<List<Integer>>();
        for (int lane = 0; lane < lanes; lane++) {
            var here = new ArrayList<Integer>();
            for (int o = first + lane; o < Math.min(end, g.outputChannels()); o += lanes) {
                if (read.get(o).get(channel)) {
                    here.add(o);
                }
            }
            readers.add(here);
        }
        return readers;
    }

    /** Times that input channels are gone over in groups of so many slots: in each of equally many groups as often as the one takes that takes most. */
    private long passes(int slots) {
        int together = slots * lanes;
        long most = 0;
        for (int first = 0; first < g.outputChannels(); first += together) {
            long passes = 0;
            for (int channel = 0; channel < g.inputChannels(); channel++) {
                passes += most(readers(channel, first, first + together));
            }
            most = Math.max(most, passes);
        }
        return most * groups(slots);
    }

    private static int most(List<List<Integer>> readers) {
        return readers.stream().mapToInt(List::size).max().orElse(0);
    }

    /** The tiles of a firing on S lanes, in order. */
    public List<Tile> tiles(int columns) {
        var tiles = new ArrayList<Tile>();
        int each = (int) (passes(groupSlots) / groups()) * tilesOfPass(columns);
        for (int group = 0; group < groups(); group++) {
            var ofGroup = tilesOfGroup(group, columns);
            tiles.addAll(ofGroup);
            var last = ofGroup.getLast();
            var idle = new Tile(
                    last.channel,
                    last.kernelRow,
                    last.kernelColumn,
                    Collections.nCopies(lanes, NONE),
                    Collections.nCopies(lanes, false));
            tiles.addAll(Collections.nCopies(each - ofGroup.size(), idle));
        }
        return tiles;
    }

    private List<Tile> tilesOfGroup(int group, int columns) {
        int together = groupSlots * lanes;
        int first = group * together;
        var tiles = new ArrayList<Tile>();
        var begun = new BitSet();
        for (int channel = 0; channel < g.inputChannels(); channel++) {
            var readers = readers(channel, first, first + together);
            for (int pass = 0; pass < most(readers); pass++) {
                int turn = pass;
                var outputs = readers.stream()
                        .map(here -> turn < here.size() ? here.get(turn) : NONE)
                        .toList();
                for (int row = 0; row < g.kernelRows(); row++) {
                    for (int column = 0; column < g.kernelColumns(); column += columns) {
                        var begins = outputs.stream()
                                .map(o -> o != NONE && !begun.get(o))
                                .toList();
                        outputs.stream().filter(o -> o != NONE).forEach(begun::set);
                        tiles.add(new Tile(channel, row, column, outputs, begins));
                    }
                }
            }
        }
        return tiles;
    }
}
