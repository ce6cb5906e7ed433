package io.millrace.quantizer.random;

import io.millrace.ir.Window;
import io.millrace.quantizer.ActivationTable;
import io.millrace.quantizer.MapType;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.QuantizedGraph;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Graphs of every operation: trees in which sums and concatenations join branches that were made for them. */
class RandomMixed extends RandomNodes {
    private static final int ADD_OPERANDS_MAX = 3;
    private static final int CONCAT_OPERANDS_MAX = 4;

    RandomMixed(long seed, Precision precision) {
        super(seed, precision);
    }

    final QuantizedGraph generate(String name, int maxNodes) {
        int operations = random.nextInt(Math.max(1, maxNodes / 2), maxNodes + 1);
        addInput();
        while (nodes.size() <= operations) {
            addOne(anyMap(), operations + 1 - nodes.size());
        }
        return withLeavesAsOutputs(name);
    }

    /** A node that anything may read: not a concatenation. */
    private QNode anyMap() {
        List<QNode> maps =
                nodes.stream().filter(n -> !(n.op() instanceof QOp.Concat)).toList();
        return maps.get(random.nextInt(maps.size()));
    }

    void addOne(QNode operand, int room) {
        switch (random.nextInt(14)) {
            case 0 -> addMaxPool(operand);
            case 1 -> addSumPool(operand);
            case 2 -> addConv(operand, randomWindow(operand.type(), false), 1);
            case 3, 4, 5 -> addGrouped(operand);
            case 6 -> addDepthwise(operand);
            case 7, 8, 9 -> addAdd(operand, room);
            default -> addConcat(operand, room);
        }
    }

    private void addConv(QNode operand, Window window, int groups) {
        addConv(operand, window, random.nextInt(1, CHANNELS_MAX + 1), groups, Optional.empty());
    }

    private void addGrouped(QNode operand) {
        int channels = operand.type().channels();
        int groups = randomGroups(channels, channels);
        int each = random.nextInt(1, CHANNELS_MAX / groups + 1);
        addConv(operand, randomWindow(operand.type(), false), groups * each, groups, Optional.empty());
    }

    /** A divisor of both: one between 1 and {@code in} where there is one. */
    private int randomGroups(int in, int out) {
        List<Integer> divisors = IntStream.rangeClosed(2, in)
                .filter(g -> in % g == 0 && out % g == 0)
                .boxed()
                .toList();
        List<Integer> proper = divisors.stream().filter(g -> g < in).toList();
        List<Integer> from = proper.isEmpty() ? divisors : proper;
        return from.isEmpty() ? 1 : from.get(random.nextInt(from.size()));
    }

    private void addDepthwise(QNode operand) {
        int channels = operand.type().channels();
        addConv(operand, randomWindow(operand.type(), false), channels, channels, Optional.empty());
    }

    /**
     * A sum: of maps that already have the operand's shape, or of branches made for it. Plain convolution where there is no
     * room.
     */
    private void addAdd(QNode operand, int room) {
        List<QNode> same = nodes.stream()
                .filter(n -> !(n.op() instanceof QOp.Concat) && sameShape(n, operand))
                .toList();
        int count = random.nextInt(2, ADD_OPERANDS_MAX + 1);
        var operands = new ArrayList<QNode>();
        if (random.nextInt(4) > 0 && (same.size() >= 2 || room >= 2)) {
            operands.add(operand);
            for (QNode n : same) {
                if (operands.size() < count && n.id() != operand.id() && random.nextBoolean()) {
                    operands.add(n);
                }
            }
        }
        boolean skip = !operands.isEmpty();
        count = Math.max(operands.size(), Math.min(count, operands.size() + room - 1));
        if (count < 2) {
            addConv(operand, randomWindow(operand.type(), false), 1);
            return;
        }
        int stride = skip ? 1 : random.nextInt(1, 4);
        int channels = skip ? operand.type().channels() : random.nextInt(1, CHANNELS_MAX + 1);
        while (operands.size() < count) {
            addBranch(operand, stride, channels, Optional.empty());
            operands.add(nodes.getLast());
        }
        if (random.nextInt(3) == 0) {
            operands.add(operands.removeFirst());
        }
        addSum(operands, Optional.empty());
    }

    static boolean sameShape(QNode a, QNode b) {
        return a.type().channels() == b.type().channels()
                && a.type().spatial().equals(b.type().spatial());
    }

    private void addSum(List<QNode> operands, Optional<Grid> grid) {
        var terms = new ArrayList<QOp.Add.Term>();
        for (QNode operand : operands) {
            double factor = Math.pow(2, random.nextDouble(-3, 1));
            int shift = shiftOf(factor);
            int multiplier = multiplierOf(factor, shift);
            boolean wild = random.nextInt(12) == 0;
            terms.add(new QOp.Add.Term(
                    operand.type().zeroPoint(),
                    random.nextInt(4) == 0 ? -multiplier : multiplier,
                    wild ? random.nextInt(1, shift + 6) : shift));
        }
        int zeroPoint = grid.isPresent() ? grid.get().zeroPoint() : randomCode();
        Saturation range = randomSaturation(zeroPoint);
        Optional<ActivationTable> table = randomTable();
        MapType in = operands.getFirst().type();
        add(
                "add",
                new QOp.Add(terms, zeroPoint, range.low(), range.high(), table),
                operands.stream().map(QNode::id).toList(),
                outputType(in.channels(), in.spatial(), zeroPoint, table, grid));
    }

    /**
     * Branches of equal sizes, scale and zero point, their concatenation, and one or two convolutions that read it. A branch may
     * be the operand itself, or a max pool of it, where the others take its scale and zero point.
     */
    private void addConcat(QNode operand, int room) {
        MapType in = operand.type();
        int count = Math.min(random.nextInt(2, CONCAT_OPERANDS_MAX + 1), room - 2);
        if (count < 2) {
            addConv(operand, randomWindow(in, false), 1);
            return;
        }
        boolean dense = in.channels() <= CHANNELS_MAX - count + 1 && random.nextBoolean();
        Grid grid = dense ? new Grid(in.scale(), in.zeroPoint()) : new Grid(randomScale(), randomCode());
        var operands = new ArrayList<QNode>();
        int left = CHANNELS_MAX;
        if (dense) {
            operands.add(operand);
            left -= in.channels();
        }
        int stride = dense ? 1 : random.nextInt(1, 4);
        while (operands.size() < count) {
            addJoined(operand, stride, left - (count - operands.size() - 1), grid, dense);
            QNode branch = nodes.getLast();
            left -= branch.type().channels();
            operands.add(random.nextInt(operands.size() + 1), branch);
        }
        MapType first = operands.getFirst().type();
        int channels = operands.stream().mapToInt(n -> n.type().channels()).sum();
        add(
                "concat",
                new QOp.Concat(),
                operands.stream().map(QNode::id).toList(),
                new MapType(channels, first.spatial(), grid.scale(), grid.zeroPoint()));
        QNode concat = nodes.getLast();
        int readers = room - (count + 1) > 1 && random.nextInt(4) == 0 ? 2 : 1;
        for (int i = 0; i < readers; i++) {
            addConv(concat, randomWindow(concat.type(), false), 1);
        }
    }

    /** A branch of a concatenation, of any operation that can have its scale and zero point. */
    private void addJoined(QNode operand, int stride, int channelsMax, Grid grid, boolean dense) {
        MapType in = operand.type();
        int kind = in.channels() <= channelsMax ? random.nextInt(6) : 5;
        List<QNode> same = nodes.stream()
                .filter(n -> !(n.op() instanceof QOp.Concat) && sameShape(n, operand))
                .toList();
        if (kind == 0) {
            addSumPool(operand, sameWindow(in.spatial().size(), stride), Optional.of(grid));
        } else if (kind == 1 && dense) {
            add(
                    "max",
                    new QOp.MaxPool(sameWindow(in.spatial().size(), 1), Optional.empty()),
                    List.of(operand.id()),
                    in);
        } else if (kind <= 2 && stride == 1 && same.size() >= 2) {
            addSum(same.subList(0, 2), Optional.of(grid));
        } else {
            addBranch(operand, stride, random.nextInt(1, Math.min(channelsMax, 4) + 1), Optional.of(grid));
        }
    }

    /** A convolution whose result has the operand's sizes over the stride, rounded up. */
    final void addBranch(QNode operand, int stride, int channels, Optional<Grid> grid) {
        int groups = random.nextInt(3) == 0 ? randomGroups(operand.type().channels(), channels) : 1;
        addConv(operand, sameWindow(operand.type().spatial().size(), stride), channels, groups, grid);
    }

    private Window sameWindow(int rank, int stride) {
        var kernel = new ArrayList<Integer>();
        var begin = new ArrayList<Integer>();
        var end = new ArrayList<Integer>();
        for (int axis = 0; axis < rank; axis++) {
            int k = random.nextInt(1, 4);
            int before = k == 2 ? random.nextInt(2) : k / 2;
            kernel.add(k);
            begin.add(before);
            end.add(k - 1 - before);
        }
        var strides = java.util.Collections.nCopies(rank, stride);
        return new Window(kernel, strides, begin, end, java.util.Collections.nCopies(rank, 1));
    }
}
