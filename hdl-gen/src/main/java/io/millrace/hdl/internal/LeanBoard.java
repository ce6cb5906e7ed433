package io.millrace.hdl.internal;

import io.millrace.hdl.HostPortOptions;
import io.millrace.hdl.bridge.Bit;
import io.millrace.scheduler.Identity;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.ProgramImage.Section;
import java.util.List;

/** A machine with a lean host port on an asynchronous serial line. */
public final class LeanBoard extends Block {
    private static final int WORD_BYTES_MAX = 8;

    /**
     * @param name name of the Verilog module
     * @param coreName that of the machine's module
     * @param constants the words that are constants in the logic
     * @param design identity of the design
     * @param clocksPerBit core clocks of a bit on the line, at least 4
     */
    public LeanBoard(
            String name,
            String coreName,
            Machine machine,
            List<Section> constants,
            Identity design,
            HostPortOptions options,
            int clocksPerBit) {
        super(name);
        var format = PacketFormat.of(design, machine, options);
        int wordBytes = LeanLoader.wordBytes(Core.programShape(machine));
        LeanPort port = inst("port", () -> new LeanPort(format, wordBytes, clocksPerBit));
        Core core = inst("core", () -> new Core(coreName, machine, constants, true));
        port.uartRx.set(in("uart_rx", bit()));
        out("uart_tx", port.uartTx);
        core.run.set(port.run);
        core.bytePort().setMemory().set(port.setMemory);
        core.bytePort().setAddress().set(port.setAddress);
        core.bytePort().shift().set(port.shift);
        core.bytePort().write().set(port.write);
        core.bytePort().data().set(port.loadData);
        core.input().valid().set(port.inValid);
        core.input().data().set(port.inData);
        port.inReady.set(core.input().ready());
        port.outValid.set(core.output().valid());
        port.outData.set(core.output().data());
        port.outLast.set(core.outLast());
        core.output().ready().set(port.outReady);
        out("running", port.run);
        Bit activity = any(core.traces);
        out("activity", activity);
    }

    /** Whether the machine is one that a lean port serves: beats of a byte, one output, narrow program words, no DRAM. */
    public static boolean serves(Machine machine) {
        if (!machine.dramClients().isEmpty()) {
            return false;
        }
        var shape = Core.programShape(machine);
        var format = PacketFormat.of(Identity.NONE, machine, HostPortOptions.SMALL);
        return format.inBytes() == 1
                && format.outBytes() == 1
                && format.outputs() == 1
                && LeanLoader.wordBytes(shape) <= WORD_BYTES_MAX
                && shape.addressBits() <= 16;
    }
}
