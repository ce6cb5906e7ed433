package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.Ram;
import io.millrace.hdl.bridge.UInt;
import io.millrace.hdl.bridge.Value;
import io.millrace.scheduler.ProgramLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A word for each actor of a unit: registers for few, else a RAM; a block RAM where control is fixed and logic is what lacks. */
final class ActorMemory {
    private final Block block;
    private final List<UInt> registers = new ArrayList<>();
    private final List<Ram> rams = new ArrayList<>();
    /** Bits that would take another block, by actor, and those that were read. */
    private final List<UInt> high = new ArrayList<>();

    private @Nullable UInt highRead;

    ActorMemory(Block block, String name, int actors, int width, boolean inBlock) {
        this.block = block;
        if (ProgramLayout.inRegisters(actors, inBlock)) {
            for (int i = 0; i < actors; i++) {
                registers.add(block.register(name + i, width));
            }
        } else {
            int beside = inBlock ? ProgramLayout.besideBlock(width) : 0;
            Ram ram = block.memory(name, actors, width - beside);
            rams.add(inBlock ? ram.attribute("ram_style", "block") : ram);
            if (beside > 0) {
                for (int i = 0; i < actors; i++) {
                    high.add(block.register(name + "_high" + i, beside));
                }
                highRead = block.register(name + "_high_read", beside);
            }
        }
    }

    /**
     * The actor's word, in the cycles after one with {@code enable} in which the actor stays the same and its word is not written.
     */
    UInt read(UInt actor, Bit enable) {
        if (rams.isEmpty()) {
            return inRegisters(actor);
        }
        Bits low = rams.getFirst().read(actor.resize(rams.getFirst().addressBits()), enable);
        UInt above = highRead;
        if (above == null) {
            return low.asUInt();
        }
        block.on(enable, () -> above.set(Value.pick(actor.resize(Block.indexBits(high.size())), high)));
        return Bits.concat(above.asBits(), low).asUInt();
    }

    /** The actor's word in the same cycle. */
    UInt readNow(UInt actor) {
        return rams.isEmpty()
                ? inRegisters(actor)
                : rams.getFirst()
                        .readNow(actor.resize(rams.getFirst().addressBits()))
                        .asUInt();
    }

    private UInt inRegisters(UInt actor) {
        return switch (registers.size()) {
            case 1 -> registers.getFirst();
            case 2 -> actor.bit(0).mux(registers.get(1), registers.getFirst());
            default -> Value.pick(actor.resize(Block.indexBits(registers.size())), registers);
        };
    }

    void write(UInt actor, Bits word, Bit enable) {
        if (!rams.isEmpty()) {
            Ram ram = rams.getFirst();
            ram.write(actor.resize(ram.addressBits()), word.slice(0, ram.wordBits()), enable);
            for (int i = 0; i < high.size(); i++) {
                UInt register = high.get(i);
                block.on(
                        enable.and(actor.eq(i)),
                        () -> register.set(
                                word.slice(ram.wordBits(), register.width()).asUInt()));
            }
            return;
        }
        for (int i = 0; i < registers.size(); i++) {
            UInt register = registers.get(i);
            Bit mine = switch (registers.size()) {
                case 1 -> enable;
                case 2 -> enable.and(actor.bit(0).eq(i));
                default -> enable.and(actor.eq(i));
            };
            block.on(mine, () -> register.set(word.asUInt()));
        }
    }
}
