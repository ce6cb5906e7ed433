package io.millrace.quantizer.random;

import io.millrace.ir.SourceRef;
import io.millrace.ir.Window;
import io.millrace.quantizer.AccumulatorWidth;
import io.millrace.quantizer.ActivationTable;
import io.millrace.quantizer.MapType;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.quantizer.Requantizer;
import io.millrace.quantizer.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Draws one node after the other. Tests elsewhere rely on seeds: the order and number of draws must not change. */
class RandomNodes {
    static final int CHANNELS_MAX = 9;
    private static final String FILE = "random";

    final SplittableRandom random;
    final Precision precision;
    final List<QNode> nodes = new ArrayList<>();

    RandomNodes(long seed, Precision precision) {
        this.random = new SplittableRandom(seed);
        this.precision = precision;
    }

    /** Scale and zero point that a result has to have. */
    record Grid(double scale, int zeroPoint) {}

    QuantizedGraph chain(String name, int maxNodes) {
        int operations = random.nextInt(1, maxNodes + 1);
        addInput();
        for (int i = 0; i < operations; i++) {
            addOperation(nodes.getLast());
        }
        int last = nodes.size() - 1;
        return new QuantizedGraph(name, precision, nodes, List.of(last), List.of("output"));
    }

    QuantizedGraph tree(String name, int maxNodes) {
        int operations = random.nextInt(1, maxNodes + 1);
        addInput();
        for (int i = 0; i < operations; i++) {
            addOperation(nodes.get(random.nextInt(nodes.size())));
        }
        return withLeavesAsOutputs(name);
    }

    /** The graph whose outputs are all that nobody reads. */
    QuantizedGraph withLeavesAsOutputs(String name) {
        List<Integer> leaves = IntStream.range(0, nodes.size())
                .filter(id -> nodes.stream().noneMatch(n -> n.inputs().contains(id)))
                .boxed()
                .toList();
        return new QuantizedGraph(
                name,
                precision,
                nodes,
                leaves,
                leaves.stream().map(id -> "output" + id).toList());
    }

    final void addInput() {
        List<Integer> spatial = List.of(random.nextInt(1, 14), random.nextInt(1, 14));
        add("input", new QOp.Input(), List.of(), typeOf(random.nextInt(1, CHANNELS_MAX + 1), spatial));
    }

    private void addOperation(QNode operand) {
        switch (random.nextInt(5)) {
            case 0 -> addMaxPool(operand);
            case 1 -> addSumPool(operand);
            default -> addConv(operand);
        }
    }

    private void addConv(QNode operand) {
        Window window = randomWindow(operand.type(), false);
        addConv(operand, window, random.nextInt(1, CHANNELS_MAX + 1), 1, Optional.empty());
    }

    /**
     * A convolution with random weights.
     *
     * @param grid scale and zero point of the result; random ones where there are none
     */
    final void addConv(QNode operand, Window window, int outputs, int groups, Optional<Grid> grid) {
        MapType in = operand.type();
        int depth = window.taps() * in.channels() / groups;
        var weights = new short[outputs * depth];
        int limit = random.nextInt(4) == 0 ? 2 : precision.high();
        boolean extreme = random.nextInt(6) == 0;
        for (int i = 0; i < weights.length; i++) {
            weights[i] =
                    (short) (extreme ? (random.nextBoolean() ? limit : -limit) : random.nextInt(-limit, limit + 1));
        }
        double typical = precision.high() * 0.4 * limit * Math.sqrt((double) depth);
        var unbiased = draft(window, outputs, weights, randomBias(outputs, 0));
        long bound = AccumulatorWidth.bound(unbiased, precision);
        List<Long> bias = randomBias(outputs, random.nextInt(8) == 0 ? bound : (long) typical);
        var biased = draft(window, outputs, weights, bias);
        int bits = AccumulatorWidth.bits(biased, precision);
        Requantizer requantizer = randomRequantizer(outputs, bits, typical, grid);
        Optional<ActivationTable> table = randomTable();
        add(
                "conv",
                new QOp.Conv(window, outputs, groups, new Weights(weights), bias, requantizer, table),
                List.of(operand.id()),
                outputType(outputs, sizes(window, in), requantizer.zeroPoint(), table, grid));
    }

    private static QOp.Conv draft(Window window, int outputs, short[] weights, List<Long> bias) {
        return new QOp.Conv(window, outputs, new Weights(weights), bias, passThrough(outputs), Optional.empty());
    }

    final void addMaxPool(QNode operand) {
        MapType in = operand.type();
        Window window = randomWindow(in, true);
        Optional<ActivationTable> table = randomTable();
        MapType type = table.isPresent()
                ? typeOf(in.channels(), sizes(window, in))
                : new MapType(in.channels(), sizes(window, in), in.scale(), in.zeroPoint());
        add("max", new QOp.MaxPool(window, table), List.of(operand.id()), type);
    }

    final void addSumPool(QNode operand) {
        addSumPool(operand, randomWindow(operand.type(), true), Optional.empty());
    }

    final void addSumPool(QNode operand, Window window, Optional<Grid> grid) {
        MapType in = operand.type();
        int channels = in.channels();
        long sum = (long) precision.high() * window.taps();
        List<Long> bias = randomBias(channels, sum);
        var draft = new QOp.SumPool(window, bias, passThrough(channels), Optional.empty());
        Requantizer requantizer =
                randomRequantizer(channels, AccumulatorWidth.bits(draft, precision), (double) sum, grid);
        Optional<ActivationTable> table = randomTable();
        add(
                "sum",
                new QOp.SumPool(window, bias, requantizer, table),
                List.of(operand.id()),
                outputType(channels, sizes(window, in), requantizer.zeroPoint(), table, grid));
    }

    final MapType outputType(
            int channels, List<Integer> spatial, int zeroPoint, Optional<ActivationTable> table, Optional<Grid> grid) {
        if (grid.isPresent()) {
            return new MapType(channels, spatial, grid.get().scale(), grid.get().zeroPoint());
        }
        int code = table.isPresent() ? randomCode() : zeroPoint;
        return new MapType(channels, spatial, randomScale(), code);
    }

    final void add(String kind, QOp op, List<Integer> inputs, MapType type) {
        int id = nodes.size();
        String name = kind + id;
        nodes.add(new QNode(id, name, op, inputs, type, SourceRef.layer(FILE, name)));
    }

    /** A window that fits: its extent is at most the padded map, and padding stays below the extent. */
    final Window randomWindow(MapType in, boolean pool) {
        var kernel = new ArrayList<Integer>();
        var stride = new ArrayList<Integer>();
        var begin = new ArrayList<Integer>();
        var end = new ArrayList<Integer>();
        var dilation = new ArrayList<Integer>();
        boolean whole = random.nextInt(6) == 0;
        for (int size : in.spatial()) {
            int k = whole ? size : random.nextInt(1, pool ? 4 : 6);
            int d = !whole && k > 1 && random.nextInt(5) == 0 ? 2 : 1;
            int extent = (k - 1) * d + 1;
            boolean padded = !whole && random.nextBoolean();
            int before = padded ? random.nextInt(0, extent) : 0;
            int after = padded ? random.nextInt(0, extent) : 0;
            if (size + before + after < extent) {
                k = Math.min(k, size);
                d = 1;
                before = 0;
                after = 0;
            }
            kernel.add(k);
            stride.add(random.nextInt(1, 4));
            begin.add(before);
            end.add(after);
            dilation.add(d);
        }
        return new Window(kernel, stride, begin, end, dilation);
    }

    static List<Integer> sizes(Window window, MapType in) {
        return IntStream.range(0, in.spatial().size())
                .mapToObj(axis -> window.outputSize(axis, in.spatial().get(axis)))
                .toList();
    }

    private List<Long> randomBias(int channels, long spread) {
        return random.longs(channels, -spread, spread + 1).boxed().toList();
    }

    static Requantizer passThrough(int channels) {
        var ones = java.util.Collections.nCopies(channels, 1);
        return new Requantizer(0, ones, ones, 0, 0, 0);
    }

    /**
     * Mostly brings accumulators of about {@code typical} to the code range, sometimes far beyond it or down to nothing;
     * pre-shift 0 where the accumulator has at most 25 bits, else sometimes too little, so that the 25 bits saturate.
     */
    final Requantizer randomRequantizer(int channels, int bits, double typical, Optional<Grid> grid) {
        int enough = Math.max(0, bits - 25);
        int preShift =
                Math.min(Requantizer.PRE_SHIFT_MAX, random.nextInt(3) == 0 ? random.nextInt(0, enough + 1) : enough);
        var multipliers = new ArrayList<Integer>();
        var shifts = new ArrayList<Integer>();
        for (int c = 0; c < channels; c++) {
            double factor = precision.high() / (typical + 1) * Math.pow(2, random.nextDouble(-1, 2.5) + preShift);
            int shift = shiftOf(factor);
            int multiplier = multiplierOf(factor, shift);
            multipliers.add(
                    switch (random.nextInt(10)) {
                        case 0 -> random.nextInt(-(Requantizer.MULTIPLIER_LIMIT - 1), Requantizer.MULTIPLIER_LIMIT);
                        case 1, 2 -> -multiplier;
                        default -> multiplier;
                    });
            shifts.add(random.nextInt(20) == 0 ? random.nextInt(1, Requantizer.SHIFT_MAX + 1) : shift);
        }
        int zeroPoint = grid.isPresent() ? grid.get().zeroPoint() : randomCode();
        Saturation range = randomSaturation(zeroPoint);
        return new Requantizer(preShift, multipliers, shifts, zeroPoint, range.low, range.high);
    }

    /** The codes a requantizer or a sum ends at. */
    record Saturation(int low, int high) {}

    /** Mostly the whole range, sometimes a ReLU's, sometimes one that ends at the zero point and anywhere. */
    final Saturation randomSaturation(int zeroPoint) {
        return switch (random.nextInt(4)) {
            case 0 -> new Saturation(zeroPoint, precision.high());
            case 1 -> {
                int bound = randomCode();
                yield new Saturation(Math.min(bound, zeroPoint), Math.max(bound, zeroPoint));
            }
            default -> new Saturation(precision.low(), precision.high());
        };
    }

    static int shiftOf(double factor) {
        return Math.clamp(
                (int) Math.floor(Math.log(Requantizer.MULTIPLIER_LIMIT / factor) / Math.log(2)),
                1,
                Requantizer.SHIFT_MAX);
    }

    static int multiplierOf(double factor, int shift) {
        return (int) Math.min(Requantizer.MULTIPLIER_LIMIT - 1, Math.round(factor * Math.pow(2, shift)));
    }

    final Optional<ActivationTable> randomTable() {
        if (random.nextInt(4) != 0) {
            return Optional.empty();
        }
        return Optional.of(
                switch (precision) {
                    case INT8 -> new ActivationTable.Codes(randomCodes(256));
                    case INT16 -> new ActivationTable.Segments(randomCodes(1024), randomCodes(1024));
                });
    }

    private List<Integer> randomCodes(int count) {
        return random.ints(count, precision.low(), precision.high() + 1).boxed().toList();
    }

    private MapType typeOf(int channels, List<Integer> spatial) {
        return new MapType(channels, spatial, randomScale(), randomCode());
    }

    final double randomScale() {
        return Math.scalb(random.nextDouble(0.5, 1), random.nextInt(-12, 1));
    }

    final int randomCode() {
        return switch (random.nextInt(4)) {
            case 0 -> precision.low();
            case 1 -> 0;
            default -> random.nextInt(precision.low(), precision.high() + 1);
        };
    }
}
