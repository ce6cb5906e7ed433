package io.millrace.hdl.bridge;

/**
 * A module that exists elsewhere: a vendor primitive, or Verilog by another hand. The subclass declares its ports, generics and
 * clocks, and assigns nothing. No file is written for it.
 */
public abstract class BlackBox extends Hardware {
    /** Starts the description of the module that the Verilog knows as {@code moduleName}. */
    protected BlackBox(String moduleName) {
        super(moduleName, Shell::new);
    }

    private static final class Shell extends spinal.core.BlackBox {}

    /** Sets a parameter of the instance to a number of at most 32 bits. */
    protected final void generic(String name, int value) {
        shell().addGeneric(Names.checked(name), value);
    }

    /** Sets a parameter of the instance to a text, quoted in the Verilog. */
    protected final void generic(String name, String value) {
        shell().addGeneric(Names.checked(name), value);
    }

    /** Sets a parameter of the instance to a number with a fraction. */
    protected final void generic(String name, double value) {
        shell().addGeneric(Names.checked(name), value);
    }

    /** Sets a parameter of the instance to {@code value}, sized: {@code 36'h0} and the like. */
    protected final void generic(String name, Bits value) {
        shell().addGeneric(Names.checked(name), value.node());
    }

    /** Connects the input port {@code clockPort} to the clock of the domain that the instance is made in. */
    protected final void clock(String clockPort) {
        clock(shell(), in(clockPort, Type.bit()));
    }

    static void clock(spinal.core.BlackBox shell, Bit clock) {
        shell.mapCurrentClockDomain(
                clock.node(),
                shell.mapCurrentClockDomain$default$2(),
                shell.mapCurrentClockDomain$default$3(),
                shell.mapCurrentClockDomain$default$4(),
                shell.mapCurrentClockDomain$default$5());
    }

    /** Connects two input ports to the clock and the active-high reset of the domain that the instance is made in. */
    protected final void clock(String clockPort, String resetPort) {
        Bit clock = in(clockPort, Type.bit());
        Bit reset = in(resetPort, Type.bit());
        shell().mapCurrentClockDomain(
                        clock.node(),
                        reset.node(),
                        shell().mapCurrentClockDomain$default$3(),
                        shell().mapCurrentClockDomain$default$4(),
                        shell().mapCurrentClockDomain$default$5());
    }

    private spinal.core.BlackBox shell() {
        return (spinal.core.BlackBox) component();
    }
}
