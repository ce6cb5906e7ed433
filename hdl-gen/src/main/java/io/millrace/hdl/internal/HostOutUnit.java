package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.Ram;
import io.millrace.hdl.bridge.UInt;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.Timing;
import io.millrace.scheduler.Unit;

/** Reads rows from row memories and offers them to the host's stream through a small queue. */
final class HostOutUnit extends RowSender {
    final Bit valid;
    final Bits data;
    /** 1 with the last beat of a tensor of a frame. */
    final Bit last;
    /** The tensor that the beat belongs to: number of the actor on this unit. */
    final UInt tensor;

    final Bit ready;

    HostOutUnit(String name, Machine machine, Unit.HostOut unit, ProgramSource source) {
        super(name, machine, unit, unit.lanes(), source);
        ready = in("stream_ready", bit());
        UInt outstanding = state("outstanding", uint(indexBits(Timing.HOST_OUT_BEATS + 1)), 0);
        Steps steps = read(name, outstanding.ne(Timing.HOST_OUT_BEATS));
        Bit step = steps.step();
        Bit done = steps.done();
        fire.set(running.not().or(done).and(head.valid).and(hasRows()));
        ports.traceCommit.set(done);

        // The queue: pushed five cycles after a step, so that a beat can leave six after it.
        int beatBits = steps.elements().width();
        int tensorBits = actor.width();
        Ram queue = ram("queue", Timing.HOST_OUT_BEATS, beatBits + 1 + tensorBits);
        UInt put = state("put", uint(queue.addressBits()), 0);
        UInt take = state("take", uint(queue.addressBits()), 0);
        UInt count = state("count", uint(queue.addressBits() + 1), 0);
        Bit push = delayPulse("push", step, PUSH);
        Bit offered = wire("offered", count.ne(0));
        Bit pop = wire("pop", offered.and(ready));
        Bit frameDone = delay("frame_done", done.and(endsFrame), PUSH);
        Bits tensorNow = delay("beat_tensor", actor.asBits(), PUSH);
        queue.write(put, Bits.concat(tensorNow, frameDone.asBits(), steps.elements()), push);
        when(push, () -> put.set(put.plus(1)));
        when(pop, () -> take.set(take.plus(1)));
        count.set(count.plus(push.asUInt().resize(count.width()))
                .minus(pop.asUInt().resize(count.width())));
        outstanding.set(outstanding
                .plus(step.asUInt().resize(outstanding.width()))
                .minus(pop.asUInt().resize(outstanding.width())));
        Bits front = queue.readNow(take);
        valid = out("stream_valid", offered);
        data = out("stream_data", front.slice(0, beatBits));
        last = out("stream_last", front.bit(beatBits));
        tensor = out("stream_tensor", front.slice(beatBits + 1, tensorBits).asUInt());
        clearUnless(ports.run);
    }
}
