package io.millrace.scheduler;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A 128-bit identity of a design or a program, 16 bytes in files and packets, first byte the most significant of
 * {@code high}.
 */
public record Identity(long high, long low) {
    /** Bytes of an identity. */
    public static final int BYTES = 16;

    /** No design and no program has it: what a board without a program names. */
    public static final Identity NONE = new Identity(0, 0);

    /** @throws IllegalArgumentException if there are not 16 bytes */
    public static Identity of(byte[] bytes) {
        if (bytes.length != BYTES) {
            throw new IllegalArgumentException("an identity has 16 bytes, not " + bytes.length);
        }
        var buffer = ByteBuffer.wrap(bytes);
        return new Identity(buffer.getLong(), buffer.getLong());
    }

    /** The identity of some content: the first 16 bytes of the SHA-256 of all parts, one after the other. */
    public static Identity ofContent(byte[]... parts) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            for (byte[] part : parts) {
                digest.update(part);
            }
            var buffer = ByteBuffer.wrap(digest.digest());
            return new Identity(buffer.getLong(), buffer.getLong());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /**
     * Reads what {@link #toString()} prints.
     *
     * @throws IllegalArgumentException if it is not 32 hexadecimal digits
     */
    public static Identity parse(String hex) {
        if (hex.length() != 2 * BYTES) {
            throw new IllegalArgumentException("an identity has 32 hexadecimal digits, not " + hex.length());
        }
        return of(HexFormat.of().parseHex(hex));
    }

    public byte[] toBytes() {
        return ByteBuffer.allocate(BYTES).putLong(high).putLong(low).array();
    }

    /** 32 lower-case hexadecimal digits, in the order of {@link #toBytes()}. */
    @Override
    public String toString() {
        return HexFormat.of().toHexDigits(high) + HexFormat.of().toHexDigits(low);
    }
}
