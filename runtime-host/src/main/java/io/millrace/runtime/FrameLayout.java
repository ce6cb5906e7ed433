package io.millrace.runtime;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * How a frame's tensors lie in the byte stream of a link; section 7 of {@code docs/protocol.md}: runs of rows, each row
 * little-endian codes filled up with zeros to whole beats.
 *
 * @param beatBytes bytes of one beat
 * @param codeBytes 1 or 2
 * @param runs in stream order; together they hold every row of every tensor once
 */
public record FrameLayout(int beatBytes, int codeBytes, List<Run> runs) {
    /**
     * Consecutive rows of one tensor.
     *
     * @param firstRow row of the tensor the run starts with
     * @param rowCodes codes in one row: columns x channels
     */
    public record Run(int tensor, int firstRow, int rows, int rowCodes) {}

    public FrameLayout {
        runs = List.copyOf(runs);
        if (codeBytes < 1 || codeBytes > 2 || beatBytes < 1 || beatBytes % codeBytes != 0) {
            throw new IllegalArgumentException("beats of " + beatBytes + " bytes with codes of " + codeBytes);
        }
        for (Run run : runs) {
            if (run.tensor < 0 || run.firstRow < 0 || run.rows < 1 || run.rowCodes < 1) {
                throw new IllegalArgumentException("not a run of rows: " + run);
            }
        }
        requireEveryRowOnce(runs);
    }

    private static void requireEveryRowOnce(List<Run> runs) {
        int tensors = tensors(runs);
        for (int t = 0; t < tensors; t++) {
            int tensor = t;
            var own = runs.stream().filter(r -> r.tensor == tensor).toList();
            int next = 0;
            for (Run run : own) {
                if (run.firstRow != next || run.rowCodes != own.getFirst().rowCodes) {
                    throw new IllegalArgumentException("rows of tensor " + t + " do not follow each other at " + run);
                }
                next += run.rows;
            }
            if (own.isEmpty()) {
                throw new IllegalArgumentException("no rows of tensor " + t);
            }
        }
    }

    private static int tensors(List<Run> runs) {
        return runs.stream().mapToInt(r -> r.tensor + 1).max().orElse(0);
    }

    /** Bytes of one row on the link. */
    public int rowBytes(Run run) {
        return (run.rowCodes * codeBytes + beatBytes - 1) / beatBytes * beatBytes;
    }

    /** Bytes of one run on the link. */
    public int runBytes(Run run) {
        return Math.multiplyExact(run.rows, rowBytes(run));
    }

    /** Bytes of one frame on the link. */
    public int frameBytes() {
        int bytes = 0;
        for (Run run : runs) {
            bytes = Math.addExact(bytes, runBytes(run));
        }
        return bytes;
    }

    /** Bytes of one tensor on the link. */
    public int tensorBytes(int tensor) {
        int bytes = 0;
        for (Run run : runs) {
            bytes += run.tensor == tensor ? runBytes(run) : 0;
        }
        return bytes;
    }

    /**
     * Puts consecutive bytes of one tensor where they belong in the frame.
     *
     * @param offset of the first, counted in the tensor's bytes alone
     * @param frame {@link #frameBytes()} bytes
     */
    void store(int tensor, int offset, ByteBuffer bytes, byte[] frame) {
        int tensorAt = 0;
        int frameAt = 0;
        for (Run run : runs) {
            int length = runBytes(run);
            if (run.tensor == tensor) {
                int into = offset - tensorAt;
                if (into >= 0 && into < length && bytes.hasRemaining()) {
                    int taken = Math.min(length - into, bytes.remaining());
                    bytes.get(frame, frameAt + into, taken);
                    offset += taken;
                }
                tensorAt += length;
            }
            frameAt += length;
        }
    }

    /** Number of codes in each tensor. */
    public List<Integer> tensorSizes() {
        var sizes = new ArrayList<Integer>();
        for (int t = 0; t < tensors(runs); t++) {
            int tensor = t;
            sizes.add(runs.stream()
                    .filter(r -> r.tensor == tensor)
                    .mapToInt(r -> r.rows * r.rowCodes)
                    .sum());
        }
        return List.copyOf(sizes);
    }

    /**
     * The frame's bytes on the link.
     *
     * @throws IllegalArgumentException if the tensors have other sizes, or a code does not fit {@code codeBytes}
     */
    public byte[] pack(Frame frame) {
        requireSizes(frame);
        var out = new byte[frameBytes()];
        int limit = 1 << (8 * codeBytes - 1);
        int at = 0;
        for (Run run : runs) {
            int from = run.firstRow * run.rowCodes;
            for (int row = 0; row < run.rows; row++) {
                int byteAt = at;
                for (int i = 0; i < run.rowCodes; i++) {
                    int code = frame.code(run.tensor, from++);
                    if (code < -limit || code >= limit) {
                        throw new IllegalArgumentException("code " + code + " at " + (from - 1) + " of tensor "
                                + run.tensor + " does not fit " + 8 * codeBytes + " bits");
                    }
                    out[byteAt++] = (byte) code;
                    if (codeBytes == 2) {
                        out[byteAt++] = (byte) (code >> 8);
                    }
                }
                at += rowBytes(run);
            }
        }
        return out;
    }

    /**
     * The frame these bytes stand for.
     *
     * @throws IllegalArgumentException if there are not {@link #frameBytes()} bytes
     */
    public Frame unpack(byte[] stream) {
        if (stream.length != frameBytes()) {
            throw new IllegalArgumentException(stream.length + " bytes for a frame of " + frameBytes());
        }
        var tensors = tensorSizes().stream().map(int[]::new).toArray(int[][]::new);
        int at = 0;
        for (Run run : runs) {
            int to = run.firstRow * run.rowCodes;
            for (int row = 0; row < run.rows; row++) {
                int byteAt = at;
                for (int i = 0; i < run.rowCodes; i++) {
                    int code = stream[byteAt++];
                    if (codeBytes == 2) {
                        code = code & 0xff | stream[byteAt++] << 8;
                    }
                    tensors[run.tensor][to++] = code;
                }
                at += rowBytes(run);
            }
        }
        return Frame.of(tensors);
    }

    private void requireSizes(Frame frame) {
        var sizes = tensorSizes();
        boolean same = frame.tensors() == sizes.size();
        for (int t = 0; same && t < sizes.size(); t++) {
            same = frame.size(t) == sizes.get(t);
        }
        if (!same) {
            throw new IllegalArgumentException(frame + " where tensors of " + sizes + " codes are wanted");
        }
    }
}
