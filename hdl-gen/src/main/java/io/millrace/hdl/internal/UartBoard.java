package io.millrace.hdl.internal;

import io.millrace.hdl.HostPortOptions;
import io.millrace.hdl.bridge.Bit;
import io.millrace.scheduler.Identity;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.ProgramImage.Section;
import java.util.List;

/** A machine with its host port behind an asynchronous serial line. */
public final class UartBoard extends Block {
    /**
     * @param name name of the Verilog module
     * @param boardName that of the machine with its host port
     * @param coreName that of the machine's module
     * @param constants the words that are constants in the logic
     * @param design identity of the design
     * @param clocksPerBit core clocks of a bit on the line, at least 4
     */
    public UartBoard(
            String name,
            String boardName,
            String coreName,
            Machine machine,
            List<Section> constants,
            Identity design,
            HostPortOptions options,
            int clocksPerBit) {
        super(name);
        if (!machine.dramClients().isEmpty()) {
            throw new IllegalArgumentException("a board on a serial line alone has no DRAM");
        }
        BoardCore board = inst("board", () -> new BoardCore(boardName, coreName, machine, constants, design, options));
        UartReceiver receiver = inst("receiver", () -> new UartReceiver(clocksPerBit));
        UartSender sender = inst("sender", () -> new UartSender(clocksPerBit));
        receiver.line.set(in("uart_rx", bit()));
        board.linkInValid.set(receiver.valid);
        board.linkInData.set(receiver.data);
        receiver.ready.set(board.linkInReady);
        sender.valid.set(board.linkOutValid);
        sender.data.set(board.linkOutData);
        board.linkOutReady.set(sender.ready);
        out("uart_tx", sender.line);
        out("running", board.running);
        Bit activity = board.activity;
        out("activity", activity);
    }
}
