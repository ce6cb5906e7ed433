package io.millrace.scheduler;

import io.millrace.quantizer.MapType;
import io.millrace.quantizer.QOp;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * A move of codes as a vector engine makes it: any column anywhere, rows at a stride, repeated, or outside the map, and neighbouring channels.
 *
 * @param taps for each output column where it is read, beyond the row for one that is filled; for each of the rows that read the same
 *     input row
 */
public record Moves(Geometry geometry, List<Segment> taps) {
    public Moves {
        taps = List.copyOf(taps);
    }

    /**
     * Output row r is input row {@code floor(r / repeat) * stride + first}, or filled.
     *
     * @param filled by {@code r mod repeat}, whether the row is filled
     */
    private record Rows(int repeat, int stride, int first, List<Boolean> filled) {
        int of(int row) {
            return filled.get(row % repeat) ? -1 : row / repeat * stride + first;
        }
    }

    /** The move of a gather, if an engine can make it. */
    public static Optional<Moves> of(MapType in, MapType out, QOp.Gather gather) {
        int rank = in.spatial().size();
        if (rank > 2) {
            return Optional.empty();
        }
        var rows = rank == 2
                ? rows(gather.indices().getFirst(), in.rows())
                : Optional.of(new Rows(1, 1, 0, List.of(false)));
        var columns = rank == 0 ? List.of(0) : gather.indices().get(rank - 1);
        var channels = gather.indices().getLast();
        int first = channels.getFirst();
        for (int c = 0; c < channels.size(); c++) {
            if (first < 0 || channels.get(c) != first + c) {
                return Optional.empty();
            }
        }
        return rows.map(r -> {
            var taps = new ArrayList<Segment>();
            for (int repeat = 0; repeat < r.repeat; repeat++) {
                for (int column : columns) {
                    boolean filled = column < 0 || r.filled.get(repeat);
                    taps.add(new Segment(0, filled ? in.rowElements() : column * in.channels() + first));
                }
            }
            return new Moves(geometry(in, out, r, gather.fill()), taps);
        });
    }

    /** Depth to space: the rows of a block read the same input row, each column its own channels. */
    public static Moves of(MapType in, MapType out, QOp.DepthToSpace op) {
        int block = op.block();
        var taps = new ArrayList<Segment>();
        for (int row = 0; row < block; row++) {
            for (int column = 0; column < out.columns(); column++) {
                int channel = (row * block + column % block) * out.channels();
                taps.add(new Segment(0, column / block * in.channels() + channel));
            }
        }
        return new Moves(geometry(in, out, new Rows(block, 1, 0, Collections.nCopies(block, false)), 0), taps);
    }

    private static Geometry geometry(MapType in, MapType out, Rows rows, int fill) {
        return new Geometry(
                in.rows(),
                in.columns(),
                in.channels(),
                out.rows(),
                out.columns(),
                out.channels(),
                1,
                1,
                rows.stride,
                0,
                1,
                1,
                -rows.first,
                0,
                fill,
                1,
                List.of(in.channels()),
                List.of(false),
                rows.repeat);
    }

    private static Optional<Rows> rows(List<Integer> indices, int inputRows) {
        int known = 0;
        while (known < indices.size() && indices.get(known) < 0) {
            known++;
        }
        if (known == indices.size()) {
            return Optional.empty();
        }
        for (int repeat = 1; repeat <= indices.size(); repeat++) {
            for (int stride = 1; stride <= inputRows; stride++) {
                var rows =
                        new Rows(repeat, stride, indices.get(known) - known / repeat * stride, filled(indices, repeat));
                if (fits(rows, indices, inputRows)) {
                    return Optional.of(rows);
                }
            }
        }
        return Optional.empty();
    }

    /** Which of every {@code repeat} rows are filled wherever they stand. */
    private static List<Boolean> filled(List<Integer> indices, int repeat) {
        var filled = new ArrayList<Boolean>(Collections.nCopies(repeat, true));
        for (int r = 0; r < indices.size(); r++) {
            if (indices.get(r) >= 0) {
                filled.set(r % repeat, false);
            }
        }
        return List.copyOf(filled);
    }

    private static boolean fits(Rows rows, List<Integer> indices, int inputRows) {
        for (int r = 0; r < indices.size(); r++) {
            int at = rows.of(r);
            if (indices.get(r) != (at < 0 || at >= inputRows ? -1 : at)) {
                return false;
            }
        }
        return true;
    }
}
