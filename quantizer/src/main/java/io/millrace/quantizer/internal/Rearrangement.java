package io.millrace.quantizer.internal;

import io.millrace.ir.Op;
import io.millrace.ir.Shape;
import io.millrace.quantizer.MapType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A map whose elements are another map's in any order, and the cheapest gathers that make it: each reads, in every so many-th row of
 * the result, rows of the operand at a stride.
 */
final class Rearrangement {
    /** Most table entries, one for each column that a gather reads or fills, of all gathers together. */
    static final int ENTRIES_MAX = 1 << 16;

    /** Codes of a row that no memory on chip holds. */
    private static final int ROW_MAX = 1 << 24;

    private final int rowElements;
    private final int rows;
    private final int columns;
    private final int channels;
    /** For each code of the result the operand's, both in row, column, channel order. */
    private final int[] sources;

    private Rearrangement(int rowElements, int rows, int columns, int channels, int[] sources) {
        this.rowElements = rowElements;
        this.rows = rows;
        this.columns = columns;
        this.channels = channels;
        this.sources = sources;
    }

    /**
     * A gather that fills none of its columns.
     *
     * @param rows of the operand, for each row of the result; -1 where another part has it
     * @param columns likewise
     */
    record Part(List<Integer> rows, List<Integer> columns) {
        boolean isWhole(MapType pieces) {
            return rows.equals(Moves.all(pieces.rows())) && columns.equals(Moves.all(pieces.columns()));
        }
    }

    /**
     * What to do.
     *
     * @param piece codes that stay together
     * @param rows of the parts
     * @param columns of the parts, in pieces
     * @param period rows after which a part reads alike again
     * @param block 1, or the number of the result's rows: the parts make one row, which depth to space cuts into these
     */
    record Plan(int piece, int rows, int columns, List<Part> parts, int period, int block) {
        long entries() {
            return (long) period * parts.size() * columns;
        }
    }

    /** Whether shapes are those of maps. */
    static boolean isOfMaps(Shape from, Shape to) {
        return isMap(from) && isMap(to);
    }

    private static boolean isMap(Shape shape) {
        return shape.rank() >= 2 && shape.rank() <= 5 && shape.dim(0) == 1 && shape.volume() > 0;
    }

    /** A reshape or a transpose of maps. */
    static Rearrangement of(Op op, Shape from, Shape to) {
        return of(
                from,
                to,
                switch (op) {
                    case Op.Reshape _ -> IntStream.range(0, from.volume()).toArray();
                    case Op.Transpose(var order) -> transposed(from, order);
                    case Op.Rearrange(var _, var sources) ->
                        sources.stream().mapToInt(Integer::intValue).toArray();
                    default -> throw new IllegalStateException("no rearrangement: " + op);
                });
    }

    /** @param sources for each element of {@code to}, row-major, the number of the element of {@code from} */
    private static Rearrangement of(Shape from, Shape to, int[] sources) {
        Nodes.Extent in = Volumes.extent(from);
        Nodes.Extent out = Volumes.extent(to);
        int[] read = places(from);
        int[] written = places(to);
        var moved = new int[sources.length];
        for (int i = 0; i < sources.length; i++) {
            moved[written[i]] = read[sources[i]];
        }
        int columns = out.spatial().isEmpty() ? 1 : out.spatial().getLast();
        int rows = out.spatial().size() < 2 ? 1 : out.spatial().getFirst();
        int wide = in.spatial().isEmpty() ? 1 : in.spatial().getLast();
        return new Rearrangement(wide * in.channels(), rows, columns, out.channels(), moved);
    }

    /** For each element of a tensor, row-major, where its code lies in a frame. */
    private static int[] places(Shape shape) {
        int depth = shape.rank() == 5 ? shape.dim(2) : 1;
        int height = shape.rank() < 4 ? 1 : shape.dim(shape.rank() - 2);
        int width = shape.rank() < 3 ? 1 : shape.dim(shape.rank() - 1);
        int channels = shape.dim(1);
        var places = new int[shape.volume()];
        for (int i = 0; i < places.length; i++) {
            int w = i % width;
            int h = i / width % height;
            int d = i / width / height % depth;
            int c = i / width / height / depth;
            places[i] = ((h * width + w) * depth + d) * channels + c;
        }
        return places;
    }

    int columns() {
        return columns;
    }

    /** The plan of fewest table entries; one of more than {@link #ENTRIES_MAX} is not complete. */
    Plan plan() {
        Plan direct = direct();
        long flatRow = (long) Math.ceilDiv(columns, rows) * rows * rows * channels;
        if (rows == 1 || direct.parts().size() == 1 || flatRow > ROW_MAX) {
            return direct;
        }
        Plan flat = flat();
        return flat.entries() < direct.entries() ? flat : direct;
    }

    /** Of the shortest period that engines take, else of the longest. */
    private Plan direct() {
        int piece = piece(sources, columns * channels);
        for (int period = 1; ; period++) {
            if (rows % period == 0) {
                int every = period;
                Optional<List<Part>> parts = parts(sources, rows, piece, period);
                var plan = parts.map(p -> new Plan(piece, rows, columns * channels / piece, p, every, 1));
                if (plan.isPresent() && (period == rows || plan.get().entries() <= ENTRIES_MAX)) {
                    return plan.get();
                }
            }
        }
    }

    /** All codes in one row, in the order in which depth to space by the number of rows makes the result of them. */
    private Plan flat() {
        int blocks = Math.ceilDiv(columns, rows);
        var row = new int[blocks * rows * rows * channels];
        Arrays.fill(row, -1);
        for (int r = 0; r < rows; r++) {
            for (int w = 0; w < columns; w++) {
                int to = ((w / rows * rows + r) * rows + w % rows) * channels;
                System.arraycopy(sources, (r * columns + w) * channels, row, to, channels);
            }
        }
        int piece = piece(row, row.length);
        List<Part> parts = parts(row, 1, piece, 1).orElseThrow();
        return new Plan(piece, 1, row.length / piece, parts, 1, rows);
    }

    /** The largest number of codes that stay side by side everywhere, and divides rows of operand and result. */
    private int piece(int[] order, int length) {
        for (int piece = Math.min(length, rowElements); piece > 1; piece--) {
            if (length % piece == 0 && rowElements % piece == 0 && staysTogether(order, piece)) {
                return piece;
            }
        }
        return 1;
    }

    private static boolean staysTogether(int[] order, int piece) {
        for (int i = 0; i < order.length; i++) {
            int first = order[i - i % piece];
            if (order[i] != (first < 0 ? -1 : first + i % piece) || first >= 0 && first % piece != 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * One part for each list of the operand's rows that some columns read; empty if rows of one phase do not read alike. As soon as they have more than
     * {@value #ENTRIES_MAX} entries, only those so far: all could fill the memory, and no engine takes them.
     */
    private Optional<List<Part>> parts(int[] order, int height, int piece, int period) {
        int length = order.length / height / piece;
        int pieces = rowElements / piece;
        Map<List<Integer>, List<Integer>> columnsOf = new LinkedHashMap<>();
        for (int phase = 0; phase < period; phase++) {
            for (int e = 0; e < length; e++) {
                var read = new ArrayList<>(Arranging.filled(height));
                var taken = new ArrayList<Integer>();
                int column = -1;
                for (int r = phase; r < height; r += period) {
                    int source = order[(r * length + e) * piece];
                    int at = source < 0 ? -1 : source / piece % pieces;
                    if (r > phase && at != column) {
                        return Optional.empty();
                    }
                    column = at;
                    read.set(r, source < 0 ? -1 : source / rowElements);
                    taken.add(read.get(r));
                }
                if (column >= 0) {
                    if (!RowLines.isStrided(taken)) {
                        return Optional.empty();
                    }
                    columnsOf
                            .computeIfAbsent(read, _ -> Arranging.filled(length))
                            .set(e, column);
                    if ((long) columnsOf.size() * length > ENTRIES_MAX) {
                        return Optional.of(made(columnsOf));
                    }
                }
            }
        }
        return Optional.of(made(columnsOf));
    }

    private static List<Part> made(Map<List<Integer>, List<Integer>> columnsOf) {
        return columnsOf.entrySet().stream()
                .map(e -> new Part(e.getKey(), e.getValue()))
                .toList();
    }

    /** Elements of a transpose. */
    private static int[] transposed(Shape from, List<Integer> order) {
        var strides = new int[from.rank()];
        int stride = 1;
        for (int a = from.rank() - 1; a >= 0; a--) {
            strides[a] = stride;
            stride *= from.dim(a);
        }
        var sources = new int[from.volume()];
        for (int i = 0; i < sources.length; i++) {
            int rest = i;
            for (int a = order.size() - 1; a >= 0; a--) {
                int size = from.dim(order.get(a));
                sources[i] += rest % size * strides[order.get(a)];
                rest /= size;
            }
        }
        return sources;
    }
}
