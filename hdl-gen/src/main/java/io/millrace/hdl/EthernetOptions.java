package io.millrace.hdl;

/**
 * How a board stands on Ethernet.
 *
 * @param wires between the MAC and the PHY
 * @param macAddress 48 bits, the first byte on the line highest; not a group address, not 0
 * @param address of IPv4, 32 bits, the first byte on the line highest; no address of a group and not 0
 * @param port of UDP, 1 to 65,535
 */
public record EthernetOptions(Wires wires, long macAddress, int address, int port) {
    private static final int DEFAULT_PORT = 19_794;
    private static final long DEFAULT_MAC = 0x02_4D_52_00_00_01L;
    private static final int DEFAULT_ADDRESS = 192 << 24 | 168 << 16 | 1 << 8 | 128;
    private static final int FIRST_GROUP = 224;

    /** Between the MAC and the PHY. */
    public enum Wires {
        /** IEEE 802.3 clause 35: 1 Gb/s, a byte a clock of 125 MHz; the MAC makes the clock of what it sends. */
        GMII(8, 125),
        /** IEEE 802.3 clause 22: 100 Mb/s, 4 bits a clock of 25 MHz; the PHY makes both clocks. */
        MII(4, 25);

        private final int bits;
        private final int clockMhz;

        Wires(int bits, int clockMhz) {
            this.bits = bits;
            this.clockMhz = clockMhz;
        }

        /** Data bits each way. */
        public int bits() {
            return bits;
        }

        /** Clock of the data. */
        public int clockMhz() {
            return clockMhz;
        }
    }

    public EthernetOptions {
        if (macAddress <= 0 || macAddress >>> 48 != 0 || (macAddress >>> 40 & 1) != 0) {
            throw new IllegalArgumentException(Long.toHexString(macAddress) + " is no MAC address of a station");
        }
        if (address == 0 || address >>> 24 >= FIRST_GROUP) {
            throw new IllegalArgumentException(dotted(address) + " is no IPv4 address of a station");
        }
        if (port < 1 || port > 0xFFFF) {
            throw new IllegalArgumentException(port + " is no UDP port");
        }
    }

    /** 192.168.1.128, port 19794, with the locally administered MAC address 02:4d:52:00:00:01. */
    public static EthernetOptions defaults(Wires wires) {
        return new EthernetOptions(wires, DEFAULT_MAC, DEFAULT_ADDRESS, DEFAULT_PORT);
    }

    /** The IPv4 address as people write it. */
    public String dottedAddress() {
        return dotted(address);
    }

    /** The MAC address as people write it, such as {@code 02:4d:52:00:00:01}. */
    public String colonMac() {
        var text = new StringBuilder();
        for (int shift = 40; shift >= 0; shift -= 8) {
            text.append("%02x%s".formatted(macAddress >>> shift & 0xff, shift > 0 ? ":" : ""));
        }
        return text.toString();
    }

    private static String dotted(int address) {
        return "%d.%d.%d.%d".formatted(address >>> 24, address >>> 16 & 0xff, address >>> 8 & 0xff, address & 0xff);
    }
}
