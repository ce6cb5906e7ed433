package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.UInt;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.ProgramLayout;
import io.millrace.scheduler.Timing;
import io.millrace.scheduler.Unit;
import java.util.List;

/** What all units have in common: the head of the firing list, and which actor's firing is under way. */
abstract class FiringUnit extends Block {
    final UnitPorts ports;
    final Machine machine;
    final Unit unit;
    final ListHead head;
    /** 1 in the cycle in which the head's firing is decided; to be driven by the subclass. */
    final Bit fire;
    /** Descriptor of the head's firing. */
    final Descriptor following;
    /** The actor whose firing is under way, and whether it is its frame's last. */
    final UInt actor;

    final Bit endsFrame;
    /** Descriptor of the firing under way. */
    final Descriptor active;

    FiringUnit(String name, Machine machine, Unit unit, ProgramSource source) {
        super(name);
        this.machine = machine;
        this.unit = unit;
        ports = new UnitPorts(this, machine, unit, source);
        head = inst("list_head", () -> new ListHead(name + "_list_head", machine, unit, source));
        head.run.set(ports.run);
        ports.program.drive(head.program);
        fire = wire("fire", bit());
        head.fire.set(fire);
        following = head.descriptor(this, machine, unit, source);
        actor = reg("actor", uint(head.actor.width())).initial(0);
        endsFrame = reg("ends_frame", bit()).initial(0);
        when(fire, () -> {
            actor.set(head.actor);
            endsFrame.set(head.endsFrame);
        });
        active = following.held("active", fire);
    }

    /** Rows that the firing under way frees: those of the list's entry. */
    final UInt freedRows() {
        UInt free = reg("free_rows", uint(head.freeBits)).initial(0);
        when(fire, () -> free.set(head.free.resize(head.freeBits)));
        return free;
    }

    /** A field of the firing under way less the size of a buffer in another, for {@link #wrapAround}. */
    final UInt around(String field, String size, int addressBits) {
        UInt around = register("around_" + field + "_" + size, addressBits + 2);
        when(fire, () -> around.set(less(following.get(field), following.get(size), addressBits)));
        return around;
    }

    /** Whether there is space for the head's rows. */
    final Bit hasSpace(UInt headRows) {
        if (ProgramLayout.of(machine).shares(unit)) {
            ports.asksEmpty(following.get("edgesEmpty").asBits());
        }
        return ports.asksSpace(following.get("edgesOut").asBits(), headRows, fire);
    }

    /** Of a unit that reads one edge: whether the head's rows are there. */
    final Bit hasRows() {
        return ports.asksRows(List.of(new UnitPorts.Asked(following.get("edgeIn"), head.need, head.free)), fire);
    }

    /** Of a unit that reads one edge: a firing's rows are freed after the end of its reads. */
    final void freeRows(Bit readsEnd) {
        UInt free = freedRows();
        ports.releases(
                delayPulse("release", readsEnd, Timing.FREE - Timing.TOKENS),
                List.of(new UnitPorts.Released(
                        active.ago("release", Timing.FREE - Timing.TOKENS).get("edgeIn"),
                        delay("release_rows", free, Timing.FREE - Timing.TOKENS))));
    }
}
