package io.millrace.hdl.bridge;

import spinal.core.Bool;
import spinal.core.ClockDomain$;

/**
 * A clock and its synchronous active-high reset. Registers and memory ports belong to the domain in which they are made; a path from
 * one domain into another that passes no synchroniser fails the generation.
 */
public final class ClockDomain {
    private final String name;
    private final spinal.core.ClockDomain domain;

    ClockDomain(String name, Bit clock, Bit reset) {
        this(name, clock.node(), reset);
    }

    ClockDomain(String name, ClockDomain sameClock, Bit reset) {
        this(name, sameClock.domain.clock(), reset);
    }

    private ClockDomain(String name, Bool clock, Bit reset) {
        ClockDomain$ defaults = ClockDomain$.MODULE$;
        this.name = name;
        this.domain = defaults.apply(
                clock,
                reset.node(),
                defaults.apply$default$3(),
                defaults.apply$default$4(),
                defaults.apply$default$5(),
                Spinal.synchronousReset(),
                defaults.apply$default$7(),
                defaults.apply$default$8());
    }

    private ClockDomain(String name, spinal.core.ClockDomain domain) {
        this.name = name;
        this.domain = domain;
    }

    /** The domain of the description that is running. */
    static ClockDomain current() {
        return new ClockDomain("current", ClockDomain$.MODULE$.current());
    }

    void run(Runnable body) {
        domain.on(Spinal.block(body));
    }

    spinal.core.ClockDomain domain() {
        return domain;
    }

    @Override
    public String toString() {
        return name;
    }
}
