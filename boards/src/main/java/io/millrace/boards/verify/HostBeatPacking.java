package io.millrace.boards.verify;

import io.millrace.boards.flow.ListedFirings;
import io.millrace.quantizer.Precision;
import io.millrace.scheduler.Actor;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Unit;
import io.millrace.scheduler.Work;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Cuts frames into the beats of the core's input stream, in the order of the host-in unit's list. */
public final class HostBeatPacking {
    private HostBeatPacking() {}

    /** All beats of the frames; a row starts in a beat of its own. */
    public static byte[] pack(Schedule schedule, List<List<short[]>> frames) {
        Unit.HostIn unit = (Unit.HostIn) schedule.machine().units().stream()
                .filter(u -> u instanceof Unit.HostIn)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("a machine has a host-in unit"));
        var walk = new ListedFirings(schedule, schedule.lists().get(unit.id()));
        int receivers = (int)
                schedule.actors().stream().filter(a -> a.unit() == unit.id()).count();
        int bytes = schedule.graph().precision() == Precision.INT8 ? 1 : 2;
        var out = ByteBuffer.allocate(totalBeats(schedule, unit, frames.size()) * unit.lanes() * bytes)
                .order(ByteOrder.LITTLE_ENDIAN);
        int finished = 0;
        while (finished < receivers * frames.size()) {
            var firing = walk.next();
            if (firing.frame() >= frames.size()) {
                continue;
            }
            Actor actor = schedule.actor(firing.actor());
            var geometry = schedule.geometry(actor);
            int elements = geometry.outputRowElements();
            short[] codes = frames.get(firing.frame()).get(((Work.Receive) actor.work()).input());
            for (int row = firing.firstRow(); row < firing.firstRow() + firing.rows(); row++) {
                int padded = Math.ceilDiv(elements, unit.lanes()) * unit.lanes();
                for (int i = 0; i < padded; i++) {
                    short code = i < elements ? codes[row * elements + i] : 0;
                    if (bytes == 1) {
                        out.put((byte) code);
                    } else {
                        out.putShort(code);
                    }
                }
            }
            if (firing.firstRow() + firing.rows() == geometry.outputRows()) {
                finished++;
            }
        }
        return out.array();
    }

    private static int totalBeats(Schedule schedule, Unit.HostIn unit, int frames) {
        int beats = 0;
        for (Actor actor : schedule.actors()) {
            if (actor.unit() == unit.id()) {
                var g = schedule.geometry(actor);
                beats += g.outputRows() * Math.ceilDiv(g.outputRowElements(), unit.lanes());
            }
        }
        return beats * frames;
    }
}
