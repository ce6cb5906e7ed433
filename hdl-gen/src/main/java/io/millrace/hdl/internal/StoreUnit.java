package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Ram;
import io.millrace.hdl.bridge.UInt;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.ProgramLayout;
import io.millrace.scheduler.Timing;
import io.millrace.scheduler.Unit;

/**
 * Reads rows of spilled maps from row memories and writes them to DRAM. A burst is asked for when all its beats are in the queue, so that none is waited for, and
 * when the one before it is written. A firing ends with the answer to its last burst.
 */
final class StoreUnit extends RowSender {
    final StorePorts dram;

    StoreUnit(String name, Machine machine, Unit.Store unit, ProgramSource source) {
        super(name, machine, unit, unit.lanes(), source);
        Bit granted = in("granted", bit());
        Bit moves = in("moves", bit());
        Bit written = in("written", bit());
        Bit answered = in("answered", bit());

        int beats = Timing.storeBeats(unit);
        UInt outstanding = state("outstanding", uint(indexBits(beats + 1)), 0);
        Steps steps = read(name, outstanding.ne(beats));
        outstanding.set(outstanding
                .plus(steps.step().asUInt().resize(outstanding.width()))
                .minus(moves.asUInt().resize(outstanding.width())));

        Bit storing = state("storing", bit(), 0);
        UInt headRows = head.endsFrame.mux(following.get("rowsLast"), following.get("rows"));
        fire.set(storing.not().and(head.valid).and(hasRows()).and(hasSpace(headRows)));
        var walk = new BurstWalk(this, rows, unit.burstBeats(), granted);

        // Bursts that are whole in the queue, and whether one is being written.
        int inBurst = Timing.log2Of(unit.burstBeats());
        Bit full = inBurst == 0 ? Bit.of(true) : steps.beat().resize(inBurst).eq(unit.burstBeats() - 1);
        Bit whole = delayPulse("whole_burst", steps.step().and(full.or(steps.lastBeat())), PUSH);
        UInt ready = state("bursts_ready", uint(indexBits(beats + 1)), 0);
        ready.set(ready.plus(whole.asUInt().resize(ready.width()))
                .minus(granted.asUInt().resize(ready.width())));
        Bit writing = state("writing", bit(), 0);
        when(written, () -> writing.set(0));
        when(granted, () -> writing.set(1));
        Bit request = ready.ne(0).and(writing.not());

        int burstBits = ProgramLayout.of(machine).spilledBurstBits() + 1;
        UInt unanswered = state("unanswered", uint(burstBits), 0);
        unanswered.set(unanswered
                .plus(granted.asUInt().resize(burstBits))
                .minus(answered.asUInt().resize(burstBits)));
        Bit done =
                wire("all_answered", storing.and(walk.left.not()).and(answered).and(unanswered.eq(1)));
        // The firing ends with its commit.
        Bit ended = delayPulse("ended", done, Timing.TOKENS - 1);
        when(ended, () -> storing.set(0));
        when(fire, () -> storing.set(1));
        ports.commits(done, active.get("edgesOut").asBits(), rows);
        ports.traceCommit.set(ended);

        // What is under way when the machine is stopped is still written: the place of its next beat is kept.
        Ram queue = ram("queue", beats, steps.elements().width());
        UInt put = reg("put", uint(queue.addressBits())).init(0);
        UInt take = reg("take", uint(queue.addressBits())).init(0);
        Bit push = delayPulse("push", steps.step(), PUSH);
        queue.write(put, steps.elements(), push);
        when(push, () -> put.set(put.plus(1)));
        when(moves, () -> take.set(take.plus(1)));
        when(ports.run.not(), () -> put.set(take));
        dram = new StorePorts(
                out("request", request),
                out("burst", walk.burst),
                out("beats", walk.beats),
                granted,
                out("data", queue.readNow(take)),
                moves,
                written,
                answered);
        clearUnless(ports.run);
    }
}
