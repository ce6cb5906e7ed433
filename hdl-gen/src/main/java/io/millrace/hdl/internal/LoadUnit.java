package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.UInt;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.Timing;
import io.millrace.scheduler.Unit;
import java.util.List;

/** Reads rows of spilled maps from DRAM, burst after burst without a pause, and writes each beat to row memories as it comes. */
final class LoadUnit extends RowReceiver {
    final StreamPorts dram;
    final WritePorts writes;

    LoadUnit(String name, Machine machine, Unit.Load unit, ProgramSource source) {
        super(name, machine, unit, unit.lanes(), source);
        Bit granted = in("granted", bit());
        Bit arrives = in("arrives", bit());
        Bits data = in("data", bits(unit.lanes() * machine.precision().bits()));
        UInt edgeIn = following.get("edgeIn");
        fire.set(running.not()
                .and(head.valid)
                .and(ports.hasRows(edgeIn, head.need))
                .and(ports.hasSpace(headEdgesOut, headRows)));
        Rows received = receive(arrives, data);
        writes = received.writes();
        var walk = new BurstWalk(
                this,
                new BurstWalk.Firing(head, fire, following, active, actor, rows),
                unit.capacity().actors(),
                machine.dram().burstBeats(),
                granted);
        dram = new StreamPorts(
                out("request", walk.left), out("burst", walk.burst), out("beats", walk.beats), granted, arrives, data);

        UInt free = reg("free_rows", uint(head.freeBits)).initial(0);
        when(fire, () -> free.set(head.free.resize(head.freeBits)));
        ports.onInputs(ports.claimed, fire, List.of(edgeIn), List.of(head.free));
        ports.onInputs(
                ports.released,
                delayPulse("release", received.done(), Timing.FREE - 1),
                List.of(active.ago("release", Timing.FREE - 1).get("edgeIn")),
                List.of(delay("release_rows", free, Timing.FREE - 1)));
        clearUnless(ports.run);
    }
}
