package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.Unit;

/** Reads rows of spilled maps from DRAM, burst after burst without a pause, and writes each beat to row memories as it comes. */
final class LoadUnit extends RowReceiver {
    final StreamPorts dram;
    final WritePorts writes;

    LoadUnit(String name, Machine machine, Unit.Load unit, ProgramSource source) {
        super(name, machine, unit, unit.lanes(), source);
        Bit granted = in("granted", bit());
        Bit arrives = in("arrives", bit());
        Bits data = in("data", bits(unit.lanes() * machine.precision().bits()));
        fire.set(running.not().and(head.valid).and(hasRows()).and(hasSpace(headRows)));
        Rows received = receive(arrives, data);
        writes = received.writes();
        var walk = new BurstWalk(this, rows, machine.dram().burstBeats(), granted);
        dram = new StreamPorts(
                out("request", walk.left), out("burst", walk.burst), out("beats", walk.beats), granted, arrives, data);

        freeRows(received.done());
        clearUnless(ports.run);
    }
}
