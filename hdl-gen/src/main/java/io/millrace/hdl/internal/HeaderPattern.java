package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.Type;
import io.millrace.hdl.bridge.UInt;
import java.util.TreeMap;

/** What bytes of a frame's header must be: some of them, or some of their bits. Byte 0 is the first of the destination's MAC address. */
final class HeaderPattern {
    private record Wanted(int value, int mask) {}

    private final TreeMap<Integer, Wanted> wanted = new TreeMap<>();

    /** These bytes, from this place on. */
    HeaderPattern bytes(int place, int... values) {
        for (int i = 0; i < values.length; i++) {
            wanted.put(place + i, new Wanted(values[i], 0xff));
        }
        return this;
    }

    /** A number of so many bytes, the highest first. */
    HeaderPattern number(int place, int bytes, long value) {
        for (int i = 0; i < bytes; i++) {
            bytes(place + i, (int) (value >>> 8 * (bytes - 1 - i)) & 0xff);
        }
        return this;
    }

    /** Bits of a byte that must be 0. */
    HeaderPattern zeros(int place, int mask) {
        wanted.put(place, new Wanted(0, mask));
        return this;
    }

    /** A register of {@code block} that is 1 after so many bytes of a frame if all of them were as they must be. */
    Bit seen(Block block, String name, Bit taken, UInt place, Bits data) {
        Bits value = block.signal(name + "_value", Type.bits(8));
        Bits mask = block.signal(name + "_mask", Type.bits(8));
        value.set(0);
        mask.set(0);
        wanted.forEach((at, byteWanted) -> block.on(place.eq(at), () -> {
            value.set(byteWanted.value);
            mask.set(byteWanted.mask);
        }));
        Bit soFar = block.flag(name);
        Bit fits = data.xor(value).and(mask).eq(0);
        block.on(taken, () -> soFar.set(fits.and(place.eq(0).or(soFar))));
        return soFar;
    }
}
