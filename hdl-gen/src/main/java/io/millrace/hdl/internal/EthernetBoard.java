package io.millrace.hdl.internal;

import io.millrace.hdl.EthernetOptions;
import io.millrace.hdl.HostPortOptions;
import io.millrace.scheduler.Identity;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.ProgramImage.Section;
import java.util.List;

/** A machine with its host port on Ethernet, up to the wires to the PHY. */
public final class EthernetBoard extends Block {
    /**
     * @param name name of the Verilog module
     * @param linkName that of the link
     * @param boardName that of the machine with its host port
     * @param coreName that of the machine's module
     * @param constants the words that are constants in the logic
     * @param design identity of the design
     */
    public EthernetBoard(
            String name,
            String linkName,
            String boardName,
            String coreName,
            Machine machine,
            List<Section> constants,
            Identity design,
            HostPortOptions options,
            EthernetOptions ethernet) {
        super(name);
        BoardCore board = inst("board", () -> new BoardCore(boardName, coreName, machine, constants, design, options));
        EthernetLink link = inst("link", () -> new EthernetLink(linkName, ethernet));
        link.rxClock.set(in(EthernetPins.RX_CLOCK, bit()));
        link.txClock.set(in(EthernetPins.TX_CLOCK, bit()));
        EthernetPins.on(this, ethernet.wires()).pass(link.pins);

        PacketPorts packets = board.packets();
        board.linkInValid.set(link.receivedValid);
        board.linkInData.set(link.receivedData);
        packets.inLast().set(link.receivedLast);
        packets.inBad().set(link.receivedBad);
        link.receivedReady.set(board.linkInReady);
        link.greets.set(packets.greets());
        link.strays.set(packets.strays());
        link.sendValid.set(board.linkOutValid);
        link.sendData.set(board.linkOutData);
        link.sendLast.set(packets.outLast());
        link.sendBytes.set(packets.outBytes());
        link.sendToStray.set(packets.toStray());
        board.linkOutReady.set(link.sendReady);
        out("running", board.running);
        out("activity", board.activity);
        board.passDram(this);
    }
}
