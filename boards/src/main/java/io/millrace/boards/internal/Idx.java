package io.millrace.boards.internal;

import io.millrace.boards.ImageSet;
import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;

/**
 * An IDX file of bytes: {@code 00 00 08 rank}, the sizes as big-endian 32-bit numbers, then the bytes, the last index
 * fastest. Plain or gzip, told by the first two bytes.
 */
public final class Idx {
    private static final int BYTES_MAX = 1 << 30;
    private static final int RANK_MAX = 4;
    private final String file;
    private final int[] sizes;
    private final byte[] values;

    private Idx(String file, int[] sizes, byte[] values) {
        this.file = file;
        this.sizes = sizes;
        this.values = values;
    }

    /** @throws CompileException CFG-0020 if it can't be read, CFG-0021 if it is no IDX file of bytes */
    public static Idx read(Path path) {
        var file = String.valueOf(path.getFileName());
        try (var in = Files.newInputStream(path)) {
            return parse(file, in.readNBytes(BYTES_MAX));
        } catch (IOException e) {
            throw new CompileException(
                    3,
                    new Diagnostic(
                            "CFG-0020",
                            SourceRef.file(file),
                            "can't be read (" + e.getClass().getSimpleName() + ")",
                            "check the path and its permissions"));
        }
    }

    /** @throws CompileException CFG-0021 if it is no IDX file of bytes */
    public static Idx parse(String file, byte[] stored) {
        var bytes = unzip(file, stored);
        if (bytes.length < 4 || bytes[0] != 0 || bytes[1] != 0 || bytes[2] != 8) {
            throw malformed(file, "does not begin with 00 00 08, the mark of an IDX file of bytes");
        }
        int rank = bytes[3];
        if (rank < 1 || rank > RANK_MAX || bytes.length < 4 + 4 * rank) {
            throw malformed(file, "has rank " + rank + " where 1 to " + RANK_MAX + " can be read");
        }
        var header = ByteBuffer.wrap(bytes, 4, 4 * rank);
        var sizes = new int[rank];
        long volume = 1;
        for (int i = 0; i < rank; i++) {
            sizes[i] = header.getInt();
            if (sizes[i] < 1 || sizes[i] > BYTES_MAX / volume) {
                throw malformed(file, "has size " + Integer.toUnsignedString(sizes[i]) + " in dimension " + i);
            }
            volume *= sizes[i];
        }
        long held = bytes.length - 4L - 4L * rank;
        if (held != volume) {
            throw malformed(
                    file, "holds " + held + " values where its sizes " + Arrays.toString(sizes) + " ask for " + volume);
        }
        return new Idx(file, sizes, Arrays.copyOfRange(bytes, 4 + 4 * rank, bytes.length));
    }

    private static byte[] unzip(String file, byte[] stored) {
        if (stored.length < 2 || (stored[0] & 0xff) != 0x1f || (stored[1] & 0xff) != 0x8b) {
            return stored;
        }
        try (var in = new GZIPInputStream(new ByteArrayInputStream(stored))) {
            var bytes = in.readNBytes(BYTES_MAX + 1);
            if (bytes.length > BYTES_MAX) {
                throw malformed(file, "unpacks to more than " + BYTES_MAX + " bytes");
            }
            return bytes;
        } catch (IOException e) {
            throw malformed(file, "is not whole: " + e.getMessage());
        }
    }

    /** The file as images: rank 3 is grey, rank 4 has its channels second. */
    public ImageSet images() {
        return switch (sizes.length) {
            case 3 -> new ImageSet(sizes[0], 1, sizes[1], sizes[2], values);
            case 4 -> new ImageSet(sizes[0], sizes[1], sizes[2], sizes[3], values);
            default -> throw malformed(file, "has rank " + sizes.length + " where images have 3 or 4");
        };
    }

    /** The file as labels: rank 1. */
    public List<Integer> labels() {
        if (sizes.length != 1) {
            throw malformed(file, "has rank " + sizes.length + " where labels have 1");
        }
        return IntStream.range(0, values.length)
                .mapToObj(i -> Byte.toUnsignedInt(values[i]))
                .toList();
    }

    private static CompileException malformed(String file, String problem) {
        return new CompileException(
                3,
                new Diagnostic(
                        "CFG-0021",
                        SourceRef.file(file),
                        problem,
                        "give an IDX file of unsigned bytes (the MNIST format), plain or gzip"));
    }
}
