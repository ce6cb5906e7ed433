package io.millrace.runtime.protocol;

import java.util.Optional;

/** Types of packets; section 2 of {@code docs/protocol.md}. */
public enum PacketType {
    HELLO(0x01, false),
    INFO(0x02, false),
    ACK(0x03, false),
    STATUS(0x04, false),
    COUNTERS(0x05, false),
    ERROR(0x06, false),
    PROGRAM(0x10, true),
    LOAD(0x11, true),
    START(0x12, true),
    DATA(0x13, true),
    RESULT(0x20, true);

    private static final PacketType[] BY_CODE = new PacketType[256];

    static {
        for (PacketType type : values()) {
            BY_CODE[type.code] = type;
        }
    }

    private final int code;
    private final boolean numbered;

    PacketType(int code, boolean numbered) {
        this.code = code;
        this.numbered = numbered;
    }

    /** The byte in the header. */
    public int code() {
        return code;
    }

    /** Whether it has a sequence number and is delivered in order and once. */
    public boolean numbered() {
        return numbered;
    }

    /** The type with this code, 0 to 255, if there is one. */
    public static Optional<PacketType> of(int code) {
        return Optional.ofNullable(BY_CODE[code]);
    }
}
