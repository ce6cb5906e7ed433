package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.Unit;

/** Takes rows from the host's stream, a beat in each cycle in which valid and ready are 1, and writes them to row memories. */
final class HostInUnit extends RowReceiver {
    final Bit valid;
    final Bits data;
    final Bit ready;
    final WritePorts writes;

    HostInUnit(String name, Machine machine, Unit.HostIn unit, ProgramSource source) {
        super(name, machine, unit, unit.lanes(), source);
        valid = in("stream_valid", bit());
        data = in("stream_data", bits(unit.lanes() * machine.precision().bits()));
        fire.set(running.not().and(head.valid).and(hasSpace(headRows)));
        writes = receive(valid, data).writes();
        ready = out("stream_ready", running);
        clearUnless(ports.run);
    }
}
