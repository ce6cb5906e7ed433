package io.millrace.hdl.internal;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.zip.CRC32;

/** Frames of Ethernet with ARP and UDP, made by the letter of the RFCs, right or wrong as a test wants them. */
final class TestFrames {
    static final int ETHERNET_HEADER = 14;
    static final int IP_HEADER = 20;

    private TestFrames() {}

    /** Who is on the line. */
    record Station(String mac, String address, int port) {
        byte[] macBytes() {
            return HexFormat.ofDelimiter(":").parseHex(mac);
        }

        byte[] addressBytes() {
            var bytes = new byte[4];
            String[] parts = address.split("\\.");
            for (int i = 0; i < 4; i++) {
                bytes[i] = (byte) Integer.parseInt(parts[i]);
            }
            return bytes;
        }
    }

    /** Filled up to 60 bytes, without the check sequence. */
    static byte[] ethernet(byte[] to, byte[] from, int type, byte[] payload) {
        byte[] frame = join(to, from, u16(type), payload);
        return Arrays.copyOf(frame, Math.max(frame.length, 60));
    }

    static byte[] datagram(Station from, Station to, byte[] data) {
        byte[] udp = join(u16(from.port), u16(to.port), u16(8 + data.length), u16(0), data);
        byte[] ip = join(
                u16(0x4500),
                u16(IP_HEADER + udp.length),
                u16(0x1234),
                u16(0x4000),
                new byte[] {64, 17},
                u16(0),
                from.addressBytes(),
                to.addressBytes());
        return checksummed(ethernet(to.macBytes(), from.macBytes(), 0x0800, join(ip, udp)));
    }

    static byte[] arp(int operation, byte[] toMac, Station from, byte[] askedMac, String askedAddress) {
        var asked = new Station("00:00:00:00:00:00", askedAddress, 0);
        return ethernet(
                toMac,
                from.macBytes(),
                0x0806,
                join(
                        u16(1),
                        u16(0x0800),
                        new byte[] {6, 4},
                        u16(operation),
                        from.macBytes(),
                        from.addressBytes(),
                        askedMac,
                        asked.addressBytes()));
    }

    /** The frame with the checksum of its IPv4 header made right. */
    static byte[] checksummed(byte[] frame) {
        byte[] out = frame.clone();
        int bytes = (frame[ETHERNET_HEADER] & 0xf) * 4;
        out[ETHERNET_HEADER + 10] = 0;
        out[ETHERNET_HEADER + 11] = 0;
        int sum = 0;
        for (int i = 0; i < bytes; i += 2) {
            sum += (out[ETHERNET_HEADER + i] & 0xff) << 8 | out[ETHERNET_HEADER + i + 1] & 0xff;
        }
        sum = (sum & 0xffff) + (sum >>> 16);
        sum = ~((sum & 0xffff) + (sum >>> 16));
        out[ETHERNET_HEADER + 10] = (byte) (sum >>> 8);
        out[ETHERNET_HEADER + 11] = (byte) sum;
        return out;
    }

    /** Another byte at a place, and the checksum of the IPv4 header made right again. */
    static byte[] with(byte[] frame, int place, int value) {
        return checksummed(damaged(frame, place, value));
    }

    static byte[] damaged(byte[] frame, int place, int value) {
        byte[] out = frame.clone();
        out[place] = (byte) value;
        return out;
    }

    /** With the frame check sequence. */
    static byte[] checked(byte[] frame) {
        var crc = new CRC32();
        crc.update(frame);
        long value = crc.getValue();
        return join(frame, new byte[] {(byte) value, (byte) (value >> 8), (byte) (value >> 16), (byte) (value >> 24)});
    }

    static byte[] u16(int value) {
        return new byte[] {(byte) (value >>> 8), (byte) value};
    }

    static byte[] join(byte[]... parts) {
        var out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}
