package io.millrace.hdl.internal;

import io.millrace.hdl.EthernetOptions;
import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.Ram;
import io.millrace.hdl.bridge.UInt;

/** An Ethernet link that sends back what it gets, a message at a time: those that begin with H are HELLOs, those that begin with S come from strays. */
final class EchoLink extends Block {
    EchoLink(EthernetOptions options) {
        super("echo_link");
        EthernetLink link = inst("link", () -> new EthernetLink("millrace_ethernet", options));
        Bit stalls = in("stalls", bit());
        link.rxClock.set(in("eth_rx_clk", bit()));
        link.txClock.set(in("eth_tx_clk", bit()));
        EthernetPins.on(this, options.wires()).pass(link.pins);

        Ram memory = ram("message", 2048, 8);
        UInt size = reg("size", uint(11)).init(0);
        UInt sent = reg("sent", uint(11)).init(0);
        Bit sends = reg("sends", bit()).init(0);
        Bit fresh = reg("fresh", bit()).init(0);
        Bits first = reg("first", bits(8)).initial(0);
        Bit greets = reg("greets", bit()).init(0);
        Bit strays = reg("strays", bit()).init(0);
        link.receivedReady.set(sends.not().and(stalls.not()));
        Bit taken = wire("taken", link.receivedValid.and(sends.not()).and(stalls.not()));
        memory.write(size, link.receivedData, taken);
        greets.set(0);
        strays.set(0);
        when(taken, () -> {
            size.set(size.plus(1));
            Bits start = size.eq(0).mux(link.receivedData, first);
            first.set(start);
            when(link.receivedLast, () -> {
                when(link.receivedBad, () -> size.set(0)).otherwise(() -> {
                    sends.set(1);
                    fresh.set(1);
                    sent.set(0);
                    greets.set(start.eq('H'));
                    strays.set(start.eq('S'));
                });
            });
        });
        link.greets.set(greets);
        link.strays.set(strays);
        // One clock for the stations to be kept, and for the first byte to be read.
        Bit moves = wire("moves", link.sendReady.and(sends).and(fresh.not()));
        UInt next = wire("next", moves.mux(sent.plus(1), sent));
        when(fresh, () -> fresh.set(0));
        when(moves, () -> {
            sent.set(next);
            when(next.eq(size), () -> {
                sends.set(0);
                size.set(0);
            });
        });
        link.sendValid.set(sends.and(fresh.not()));
        link.sendData.set(memory.read(next, Bit.of(true)));
        link.sendLast.set(sent.plus(1).eq(size));
        link.sendBytes.set(size);
        link.sendToStray.set(first.eq('S'));
        UInt damaged = reg("damaged_messages", uint(8)).init(0);
        when(taken.and(link.receivedLast).and(link.receivedBad), () -> damaged.set(damaged.plus(1)));
        out("damaged", damaged);
    }
}
