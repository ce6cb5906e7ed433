package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.UInt;

/**
 * Counts the steps of one level of a walk, and knows the last one. Fast: it counts down, and whether one step is left is in a register of its own, so that nothing is compared
 * where a walk's levels meet. Small, for parts where logic is what lacks: it counts up, and compares.
 */
final class StepCounter {
    /** Whether the present step is the last one. */
    final Bit last;

    private final UInt at;
    private final Bit oneLeft;
    private final boolean small;
    private final int width;

    /**
     * @param total steps of the walk under way, of which only a small counter is told all the time
     * @param width bits that no number of steps exceeds
     */
    StepCounter(Block block, String name, int width, UInt total, boolean small) {
        this.small = small;
        this.width = width;
        at = block.register(name, width);
        oneLeft = small ? Bit.of(false) : block.flag(name + "_is_last");
        last = small ? block.named("last_" + name, at.plus(1).eq(total.resize(width))) : oneLeft;
    }

    /** To the first of so many steps. */
    void begin(UInt steps) {
        if (small) {
            at.set(0);
        } else {
            at.set(steps.resize(width));
            oneLeft.set(steps.resize(width).eq(1));
        }
    }

    /** To the next step. */
    void next() {
        if (small) {
            at.set(at.plus(1));
        } else {
            at.set(at.minus(1));
            oneLeft.set(lastAfterThis());
        }
    }

    /** Whether the step after this one will be the last one, of a fast counter. */
    Bit lastAfterThis() {
        return width < 2 ? Bit.of(false) : at.eq(2);
    }
}
