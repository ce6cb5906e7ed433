package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.UInt;
import org.jspecify.annotations.Nullable;

/** The board's side of {@code docs/protocol.md}: a byte stream to the host on one side, the core's boundary on the other. */
final class HostPort extends Block {
    final Bit linkInValid;
    final Bits linkInData;
    final Bit linkInReady;
    final Bit linkOutValid;
    final Bits linkOutData;
    final Bit linkOutReady;

    final Bit run;
    final Bit loadStart;
    final Bit loadValid;
    final Bits loadData;
    final Bit inValid;
    final Bits inData;
    final Bit inReady;
    final Bit outValid;
    final Bits outData;
    final Bit outLast;
    final UInt outTensor;
    final Bit outReady;

    private final @Nullable PacketPorts packetPorts;
    private @Nullable Bit loadReady;
    private @Nullable Bit mayRun;

    /** A port to a machine that takes every word of a program at once. */
    HostPort(PacketFormat format) {
        this(format, false);
    }

    /** @param dram whether the machine writes part of its program to DRAM, and says when it takes a word and when it may run */
    HostPort(PacketFormat format, boolean dram) {
        super("host_port");
        linkInValid = in("link_in_valid", bit());
        linkInData = in("link_in_data", bits(8));
        linkOutReady = in("link_out_ready", bit());
        inReady = in("in_ready", bit());
        outValid = in("out_valid", bit());
        outData = in("out_data", bits(8 * format.outBytes()));
        outLast = in("out_last", bit());
        outTensor = in("out_tensor", uint(format.outputBits()));

        PacketReceiver receiver = inst("receiver", () -> new PacketReceiver(format));
        SessionControl control = inst("control", () -> new SessionControl(format));
        PacketExecutor executor = inst("executor", () -> new PacketExecutor(format, dram));
        ResultRing ring = inst("ring", () -> new ResultRing(format));
        PacketSender sender = inst("sender", () -> new PacketSender(format));

        receiver.valid.set(linkInValid);
        receiver.data.set(linkInData);
        linkInReady = out("link_in_ready", receiver.ready);
        receiver.session.set(control.session);
        receiver.refused.set(control.refused);
        receiver.base.set(executor.base);
        receiver.full.set(executor.full);

        control.good.set(receiver.good);
        control.dropped.set(receiver.dropped);
        control.type.set(receiver.type);
        control.answer.set(receiver.answer);
        control.length.set(receiver.length);
        control.packetSession.set(receiver.packetSession);
        control.stored.set(receiver.store);
        control.numbered.set(receiver.numbered);
        control.executed.set(executor.executed);
        control.refuse.set(executor.refuse);
        control.refuseCode.set(executor.refuseCode);
        control.refuseDetail.set(executor.refuseDetail);
        control.answers.set(sender.answers);

        executor.newSession.set(control.newSession);
        executor.refused.set(control.refused);
        executor.writeEnable.set(receiver.writeEnable);
        executor.writeAddress.set(receiver.writeAddress);
        executor.writeData.set(receiver.writeData);
        executor.accept.set(control.accept);
        executor.acceptType.set(receiver.type.slice(0, 2));
        executor.acceptLength.set(receiver.length);
        executor.acceptSequence.set(receiver.sequence);
        executor.inReady.set(inReady);
        if (executor.loadReady != null && executor.mayRun != null) {
            loadReady = in("load_ready", bit());
            mayRun = in("may_run", bit());
            executor.loadReady.set(loadReady);
            executor.mayRun.set(mayRun);
        }

        ring.newSession.set(control.newSession);
        ring.running.set(executor.running);
        ring.started.set(executor.started);
        ring.firstFrame.set(executor.firstFrame);
        ring.acknowledge.set(control.acknowledge);
        ring.acknowledged.set(receiver.sequence);
        ring.resend.set(receiver.payload.slice(32, 32));
        ring.outValid.set(outValid);
        ring.outData.set(outData);
        ring.outLast.set(outLast);
        ring.outTensor.set(outTensor);
        ring.take.set(sender.take);
        ring.readEnable.set(sender.readEnable);
        ring.readIndex.set(sender.readIndex);

        Clocks clocks = clocks(executor, ring);
        sender.due.set(control.due);
        sender.session.set(control.session);
        sender.foreignSession.set(control.foreignSession);
        sender.refusalCode.set(control.refusalCode);
        sender.refusalDetail.set(control.refusalDetail);
        sender.base.set(executor.base);
        sender.full.set(executor.full);
        sender.program.set(executor.program);
        sender.counters.set(Bits.concat(
                Bits.of(0, 16),
                ring.resentPackets.asBits(),
                control.repeatedPackets.asBits(),
                control.droppedPackets.asBits(),
                clocks.blocked.asBits(),
                clocks.starved.asBits(),
                clocks.all.asBits(),
                ring.finishedFrames.asBits()));
        sender.unsent.set(ring.unsent);
        sender.resultSequence.set(ring.sequence);
        sender.resultLength.set(ring.length);
        sender.resultPrefix.set(ring.prefix);
        sender.readData.set(ring.readData);
        sender.ready.set(linkOutReady);
        linkOutValid = out("link_out_valid", sender.valid);
        linkOutData = out("link_out_data", sender.data);

        packetPorts = format.packets() ? PacketPorts.on(this) : null;
        if (packetPorts != null) {
            packetPorts.join(receiver, control, sender);
        }

        run = out("run", executor.running);
        loadStart = out("load_start", executor.loadStart);
        loadValid = out("load_valid", executor.loadValid);
        loadData = out("load_data", executor.loadData);
        inValid = out("in_valid", executor.inValid);
        inData = out("in_data", executor.inData);
        outReady = out("out_ready", ring.outReady);
    }

    private record Clocks(UInt all, UInt starved, UInt blocked) {}

    /** Clocks since START; those in which the core waited for input, and those in which its output waited. */
    private Clocks clocks(PacketExecutor executor, ResultRing ring) {
        UInt all = reg("clocks", uint(32)).init(0);
        UInt starved = reg("clocks_starved", uint(32)).init(0);
        UInt blocked = reg("clocks_blocked", uint(32)).init(0);
        when(executor.running, () -> {
            all.set(all.plus(1));
            when(inReady.and(executor.inValid.not()), () -> starved.set(starved.plus(1)));
            when(outValid.and(ring.outReady.not()), () -> blocked.set(blocked.plus(1)));
        });
        when(executor.started, () -> {
            all.set(0);
            starved.set(0);
            blocked.set(0);
        });
        return new Clocks(all, starved, blocked);
    }

    /** What a packet link has besides the bytes. */
    PacketPorts packets() {
        if (packetPorts == null) {
            throw new IllegalStateException("a port on a byte stream");
        }
        return packetPorts;
    }

    /** From a machine with DRAM: it takes the next word of a program. */
    Bit loadReady() {
        return ofDram(loadReady);
    }

    /** From a machine with DRAM: it may be started. */
    Bit mayRun() {
        return ofDram(mayRun);
    }

    private static Bit ofDram(@Nullable Bit port) {
        if (port == null) {
            throw new IllegalStateException("a port to a machine without DRAM");
        }
        return port;
    }
}
