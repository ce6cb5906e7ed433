package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Type;
import io.millrace.hdl.bridge.UInt;
import java.util.Objects;

/**
 * What a packet link has beside the bytes of a {@link HostPort}.
 *
 * @param inLast with the last byte of a message
 * @param inBad with {@code inLast}: the message came damaged
 * @param outLast with the last byte of a packet
 * @param outBytes bytes of the packet that leaves, from its first byte on
 * @param toStray likewise: it goes to the sender that {@code strays} pointed at, and not to the one of {@code greets}
 * @param greets for a clock, while the link shows the sender of the last message: the board belongs to it
 * @param strays likewise: it speaks of another session
 */
record PacketPorts(Bit inLast, Bit inBad, Bit outLast, UInt outBytes, Bit toStray, Bit greets, Bit strays) {
    /** Ports of a host port, or of a block around it. */
    static PacketPorts on(Block block) {
        return new PacketPorts(
                block.port("link_in_last", Type.bit()),
                block.port("link_in_bad", Type.bit()),
                block.outPort("link_out_last", Type.bit()),
                block.outPort("link_out_bytes", Type.uint(PacketFormat.LENGTH_BITS)),
                block.outPort("link_out_to_stray", Type.bit()),
                block.outPort("link_greets", Type.bit()),
                block.outPort("link_strays", Type.bit()));
    }

    void join(PacketReceiver receiver, SessionControl control, PacketSender sender) {
        Objects.requireNonNull(receiver.last).set(inLast);
        Objects.requireNonNull(receiver.bad).set(inBad);
        outLast.set(Objects.requireNonNull(sender.last));
        outBytes.set(Objects.requireNonNull(sender.bytes));
        toStray.set(Objects.requireNonNull(sender.toStray));
        greets.set(Objects.requireNonNull(control.greets));
        strays.set(Objects.requireNonNull(control.strays));
    }

    /** Joins these, of a block, to those of the port within it. */
    void pass(PacketPorts inner) {
        inner.inLast.set(inLast);
        inner.inBad.set(inBad);
        outLast.set(inner.outLast);
        outBytes.set(inner.outBytes);
        toStray.set(inner.toStray);
        greets.set(inner.greets);
        strays.set(inner.strays);
    }
}
