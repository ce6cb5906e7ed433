package io.millrace.hdl.internal;

import io.millrace.hdl.EthernetOptions;
import io.millrace.hdl.bridge.AsyncFifo;
import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.ClockDomain;
import io.millrace.hdl.bridge.UInt;

/**
 * Packets over UDP on Ethernet: MAC, ARP and one port. The host's clock domain is the core's; the PHY's two clocks need no relation to it or to each other. While
 * one of them is missing, nothing goes either way.
 *
 * <p>Packets go to the sender of the last HELLO, those to strays to the sender of what they answer.
 */
public final class EthernetLink extends Block {
    /** Two frames of the largest size, or most of a window. */
    private static final int QUEUE_WORDS = 2048;

    private static final int FRAMES_MAX = 32;
    /** How long the PHY's domains have been in reset when they say so: until the last sign of what was before has crossed over. */
    private static final int RESET_CYCLES = 8;
    /** Longer than they go on saying so after a reset: 16 cycles of 2.5 MHz, at 300 MHz. */
    private static final int RESET_CLOCKS = 2048;

    final Bit rxClock;
    final Bit txClock;
    final Bit receivedValid;
    final Bits receivedData;
    final Bit receivedLast;
    final Bit receivedBad;
    final Bit receivedReady;
    final Bit greets;
    final Bit strays;
    final Bit sendValid;
    final Bits sendData;
    final Bit sendLast;
    final UInt sendBytes;
    final Bit sendToStray;
    final Bit sendReady;
    final EthernetPins pins;

    public EthernetLink(String name, EthernetOptions options) {
        super(name);
        ClockDomain core = currentDomain();
        rxClock = in(EthernetPins.RX_CLOCK, bit());
        txClock = in(EthernetPins.TX_CLOCK, bit());
        receivedReady = in("received_ready", bit());
        greets = in("greets", bit());
        strays = in("strays", bit());
        sendValid = in("send_valid", bit());
        sendData = in("send_data", bits(8));
        sendLast = in("send_last", bit());
        sendBytes = in("send_bytes", uint(PacketFormat.LENGTH_BITS));
        sendToStray = in("send_to_stray", bit());

        // All three domains are in reset together, or the queues' ends would disagree; so a clock that is missing is
        // waited for.
        Bit resets = reg("resets", bit()).init(1);
        UInt resetClocks = reg("reset_clocks", uint(indexBits(RESET_CLOCKS))).init(0);
        ClockDomain rxFree = clockDomain("rx_without_reset", rxClock, Bit.of(false));
        ClockDomain txFree = clockDomain("tx_without_reset", txClock, Bit.of(false));
        Bit rxResets = wire("rx_resets", crossBit(resets, core, rxFree));
        Bit txResets = wire("tx_resets", crossBit(resets, core, txFree));
        Bit rxSeen = crossBit(inDomain(rxFree, () -> delay("rx_resets", rxResets, RESET_CYCLES)), rxFree, core);
        Bit txSeen = crossBit(inDomain(txFree, () -> delay("tx_resets", txResets, RESET_CYCLES)), txFree, core);
        when(resetClocks.ne(RESET_CLOCKS - 1), () -> resetClocks.set(resetClocks.plus(1)))
                .elseWhen(rxSeen.and(txSeen), () -> resets.set(0));
        ClockDomain rx = clockDomain("rx", rxClock, rxResets);
        ClockDomain tx = clockDomain("tx", txClock, txResets);
        ClockDomain host = clockDomain("host", core, resets);

        EthernetReceiver frames = inDomain(rx, () -> inst("frames_in", () -> new EthernetReceiver(options.wires())));
        AsyncFifo arrived = queue("arrived", EthernetReceiver.WORD_BITS, QUEUE_WORDS, rx, host);
        arrived.writeValid.set(frames.valid);
        arrived.writeData.set(frames.word);
        frames.ready.set(arrived.writeReady);

        DatagramReceiver receiver = inDomain(host, () -> inst("datagrams_in", () -> new DatagramReceiver(options)));
        // Registers beside the queues: block memories are slow to read, and to set up.
        StreamRegister taken = register("taken", host, arrived.readValid, arrived.readData);
        arrived.readReady.set(taken.inReady);
        receiver.wordValid.set(taken.outValid);
        receiver.word.set(taken.outWord);
        taken.outReady.set(receiver.wordReady);
        receiver.ready.set(receivedReady);
        receivedValid = out("received_valid", receiver.valid);
        receivedData = out("received_data", receiver.data);
        receivedLast = out("received_last", receiver.last);
        receivedBad = out("received_bad", receiver.bad);

        DatagramSender sender = inDomain(host, () -> inst("datagrams_out", () -> new DatagramSender(options)));
        sender.asked.set(receiver.asked);
        sender.asker.set(receiver.asker);
        sender.host.set(kept("host_peer", greets, receiver.sender));
        sender.stray.set(kept("stray_peer", strays, receiver.sender));
        sender.valid.set(sendValid);
        sender.data.set(sendData);
        sender.last.set(sendLast);
        sender.bytes.set(sendBytes);
        sender.toStray.set(sendToStray);
        sendReady = out("send_ready", sender.ready);

        AsyncFifo leaving = queue("leaving", EthernetSender.WORD_BITS, QUEUE_WORDS, host, tx);
        StreamRegister given = register("given", host, sender.wordValid, sender.word);
        sender.wordReady.set(given.inReady);
        leaving.writeValid.set(given.outValid);
        leaving.writeData.set(given.outWord);
        given.outReady.set(leaving.writeReady);
        AsyncFifo whole = queue("whole", 1, FRAMES_MAX, host, tx);
        whole.writeValid.set(sender.frameWhole);
        whole.writeData.set(1);
        sender.frameTaken.set(whole.writeReady);

        EthernetSender line = inDomain(tx, () -> inst("frames_out", () -> new EthernetSender(options.wires())));
        line.frameWaits.set(whole.readValid.and(whole.readData.bit(0)));
        whole.readReady.set(line.frameTaken);
        line.word.set(leaving.readData);
        leaving.readReady.set(line.taken);
        pins = EthernetPins.on(this, options.wires());
        frames.dataValid.set(pins.rxValid());
        frames.error.set(pins.rxError());
        frames.data.set(pins.rxData());
        pins.txEnable().set(line.enable);
        pins.txData().set(line.data);
    }

    private StreamRegister register(String name, ClockDomain domain, Bit valid, Bits word) {
        StreamRegister register = inDomain(domain, () -> inst(name, () -> new StreamRegister(word.width())));
        register.inValid.set(valid);
        register.inWord.set(word);
        return register;
    }

    private AsyncFifo queue(String name, int wordBits, int depth, ClockDomain from, ClockDomain to) {
        return inst(name, () -> new AsyncFifo("ethernet_queue", wordBits, depth, from, to));
    }

    /** A station that is remembered. */
    private Bits kept(String name, Bit now, Bits station) {
        Bits kept = reg(name, bits(station.width())).initial(0);
        when(now, () -> kept.set(station));
        return kept;
    }
}
