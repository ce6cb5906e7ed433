package io.millrace.hdl.internal;

import io.millrace.hdl.HostPortOptions;
import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.scheduler.Identity;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.ProgramImage.Section;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A machine with its host port: all that is between the bytes of a link and the network. */
public final class BoardCore extends Block {
    final Bit linkInValid;
    final Bits linkInData;
    final Bit linkInReady;
    final Bit linkOutValid;
    final Bits linkOutData;
    final Bit linkOutReady;
    private final @Nullable PacketPorts packetPorts;
    private final PassedPorts dramPorts;
    final Bit running;
    /** 1 whenever a unit starts or ends something. */
    final Bit activity;

    /**
     * @param name name of the Verilog module
     * @param coreName that of the machine's module
     * @param constants the words that are constants in the logic
     * @param design identity of the design
     */
    public BoardCore(
            String name,
            String coreName,
            Machine machine,
            List<Section> constants,
            Identity design,
            HostPortOptions options) {
        super(name);
        var format = PacketFormat.of(design, machine, options);
        boolean dram = !machine.dramClients().isEmpty();
        HostPort port = inst("port", () -> new HostPort(format, dram));
        Core core = inst("core", () -> new Core(coreName, machine, constants));
        linkInValid = in("link_in_valid", bit());
        linkInData = in("link_in_data", bits(8));
        linkInReady = out("link_in_ready", port.linkInReady);
        linkOutValid = out("link_out_valid", port.linkOutValid);
        linkOutData = out("link_out_data", port.linkOutData);
        linkOutReady = in("link_out_ready", bit());
        port.linkInValid.set(linkInValid);
        port.linkInData.set(linkInData);
        port.linkOutReady.set(linkOutReady);
        packetPorts = format.packets() ? PacketPorts.on(this) : null;
        if (packetPorts != null) {
            packetPorts.pass(port.packets());
        }

        core.run.set(port.run);
        core.wordPort().start().set(port.loadStart);
        core.wordPort().valid().set(port.loadValid);
        core.wordPort().data().set(port.loadData);
        core.input().valid().set(port.inValid);
        core.input().data().set(port.inData);
        port.inReady.set(core.input().ready());
        port.outValid.set(core.output().valid());
        port.outData.set(core.output().data());
        port.outLast.set(core.outLast());
        port.outTensor.set(core.outTensor().resize(format.outputBits()));
        core.output().ready().set(port.outReady);
        if (core.loadReady != null && core.dramIdle != null) {
            port.loadReady().set(core.loadReady);
            port.mayRun().set(core.dramIdle);
        }
        dramPorts = core.passDram(this);
        running = out("running", port.run);
        activity = out("activity", any(core.traces));
    }

    /** Declares and joins the way to DRAM on the block around. */
    void passDram(Block outer) {
        dramPorts.through(outer);
    }

    /** What a packet link has besides the bytes. */
    PacketPorts packets() {
        if (packetPorts == null) {
            throw new IllegalStateException("a board on a byte stream");
        }
        return packetPorts;
    }
}
