package io.millrace.ir.data;

import io.millrace.ir.ImportCode;
import io.millrace.ir.SourceRef;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * An IDX file of unsigned bytes: {@code 00 00 08 rank}, big-endian sizes, the bytes row-major. Plain or gzip.
 *
 * @param dims sizes, outermost first; at least one
 * @param data the bytes, as many as the product of the sizes; owned by the caller
 */
@SuppressWarnings("ArrayRecordComponent") // a carrier of bulk data, compared nowhere
public record IdxFile(List<Integer> dims, byte[] data) {
    /** Most bytes of data a file may hold. */
    public static final int MAX_BYTES = 1 << 28;

    /** Largest ratio of data to gzip file before the file counts as a bomb. */
    private static final int MAX_RATIO = 200;

    private static final int MAX_RANK = 4;

    public IdxFile {
        dims = List.copyOf(dims);
    }

    /**
     * Reads a file.
     *
     * @throws io.millrace.ir.CompileException with exit code 3 if it is missing or malformed, 9 if it is too large
     */
    public static IdxFile read(Path path) {
        Path name = path.getFileName();
        SourceRef where = SourceRef.file(name == null ? path.toString() : name.toString());
        if (!Files.isRegularFile(path)) {
            throw ImportCode.FILE_UNREADABLE.exception(
                    where, Files.exists(path) ? "is not a regular file" : "does not exist", "check the path");
        }
        try (InputStream raw = new BufferedInputStream(Files.newInputStream(path))) {
            return read(raw, Files.size(path), where);
        } catch (IOException e) {
            throw ImportCode.FILE_UNREADABLE.exception(
                    where, "cannot be read: " + e.getMessage(), "check the file and its permissions");
        }
    }

    /**
     * Reads a file held in memory.
     *
     * @param file the name to show in messages
     * @throws io.millrace.ir.CompileException as {@link #read}
     */
    public static IdxFile parse(byte[] stored, String file) {
        SourceRef where = SourceRef.file(file);
        try {
            return read(new ByteArrayInputStream(stored), stored.length, where);
        } catch (IOException e) {
            throw new IllegalStateException("reading from memory failed", e);
        }
    }

    private static IdxFile read(InputStream raw, long storedBytes, SourceRef where) throws IOException {
        raw.mark(2);
        boolean zipped = raw.read() == 0x1f && raw.read() == 0x8b;
        raw.reset();
        long limit = zipped ? Math.min(MAX_BYTES, storedBytes * MAX_RATIO) : MAX_BYTES;
        try {
            try (var in = new DataInputStream(zipped ? new BufferedInputStream(new GZIPInputStream(raw)) : raw)) {
                return read(in, limit, where);
            }
        } catch (EOFException e) {
            throw malformed(where, "ends too early");
        } catch (ZipException e) {
            throw malformed(where, "is damaged gzip data: " + e.getMessage());
        }
    }

    private static IdxFile read(DataInputStream in, long limit, SourceRef where) throws IOException {
        int magic = in.readInt();
        int rank = magic & 0xff;
        if (magic >>> 8 != 8 || rank < 1 || rank > MAX_RANK) {
            throw malformed(
                    where,
                    String.format("starts with %08x, must start with 000008 and a rank of 1 to %d", magic, MAX_RANK));
        }
        var dims = new java.util.ArrayList<Integer>();
        long size = 1;
        for (int i = 0; i < rank; i++) {
            int d = in.readInt();
            if (d < 0) {
                throw malformed(where, "states the size " + Integer.toUnsignedString(d));
            }
            dims.add(d);
            size *= d;
            if (size > limit) {
                throw ImportCode.LIMIT.exception(
                        where,
                        "states sizes " + dims + ", more than the " + limit + " bytes allowed for this file",
                        "split the file");
            }
        }
        byte[] data = in.readNBytes((int) size);
        if (data.length < size) {
            throw malformed(where, "holds " + data.length + " bytes of data, its sizes " + dims + " need " + size);
        }
        if (in.read() >= 0) {
            throw malformed(where, "goes on after the " + size + " bytes of data that its sizes " + dims + " need");
        }
        return new IdxFile(dims, data);
    }

    private static io.millrace.ir.CompileException malformed(SourceRef where, String problem) {
        return ImportCode.IDX_FILE.exception(
                where, problem, "get the file again, or convert the images to IDX of unsigned bytes");
    }

    /** Items along the first axis. */
    public int count() {
        return dims.getFirst();
    }

    /** Bytes of one item. */
    public int itemSize() {
        return count() == 0 ? 0 : data.length / count();
    }
}
