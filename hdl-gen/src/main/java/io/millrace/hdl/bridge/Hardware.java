package io.millrace.hdl.bridge;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import spinal.core.Component;
import spinal.core.Nameable$;

/**
 * A hardware module. The constructor of a subclass describes it: it declares ports and registers, and assigns them.
 *
 * <p>Never call {@code new} on a subclass directly: a child is made by {@link #inst}, the top by {@link Rtl#generate}. A constructor
 * may run twice (once more to locate an error), so it takes its data as arguments and has no side effects. Ports are kept in fields
 * of the subclass, through which the parent drives the inputs and reads the outputs.
 *
 * <p>Everything is clocked by the input {@code clk} and synchronously reset by the input {@code reset}, active high, which appear where
 * they are used; {@link #inDomain} chooses another {@link ClockDomain}. A child has {@code clk} and {@code reset} too, joined to the
 * domain it is made in.
 */
public abstract class Hardware {
    /** The clock's port of a module, as {@link Rtl} has it. */
    private static final String CLOCK = "clk";

    private static final ThreadLocal<Boolean> PERMIT = ThreadLocal.withInitial(() -> false);
    /** Whether the next module that is made is a box. */
    private static final ThreadLocal<Boolean> BOX = ThreadLocal.withInitial(() -> false);

    private final Component component;
    private final boolean box;
    private final Set<String> ports = new HashSet<>();

    /** Starts the description of the module that the Verilog calls {@code definitionName}. */
    protected Hardware(String definitionName) {
        this(definitionName, Shell::new);
    }

    Hardware(String definitionName, Supplier<? extends Component> shell) {
        if (!PERMIT.get()) {
            throw new IllegalStateException("new " + getClass().getSimpleName()
                    + "() outside inst(...) or Rtl.generate(...): hand over a supplier there");
        }
        PERMIT.set(false);
        box = BOX.get();
        BOX.set(false);
        if (box) {
            var empty = new Box();
            component = empty;
            BlackBox.clock(empty, in(CLOCK, Type.bit()));
        } else {
            component = shell.get();
        }
        component.setDefinitionName(Names.checked(definitionName), false);
    }

    /** The body of an ordinary module. */
    private static final class Shell extends Component {}

    /** The body of a module that is described elsewhere. */
    private static final class Box extends spinal.core.BlackBox {}

    /** Runs the constructor in {@code maker} and closes the description. */
    static <H extends Hardware> H build(Supplier<H> maker) {
        PERMIT.set(true);
        H made;
        try {
            made = maker.get();
        } finally {
            PERMIT.set(false);
        }
        made.component().postInitCallback();
        return made;
    }

    final Component component() {
        return component;
    }

    /** Declares an input port; it keeps exactly this name. */
    protected final <V extends Value<V>> V in(String name, Type<V> type) {
        V port = type.fresh();
        port.node().asInput();
        return port(name, port);
    }

    /** Declares an output port, to be assigned; it keeps exactly this name. */
    protected final <V extends Value<V>> V out(String name, Type<V> type) {
        V port = type.fresh();
        port.node().asOutput();
        return port(name, port);
    }

    /** Declares an output port and drives it. */
    protected final <V extends Value<V>> V out(String name, V driver) {
        V port = out(name, driver.type());
        port.set(driver);
        return port;
    }

    /**
     * Declares a port driven from both sides; it keeps exactly this name. It can only be {@link Value#set set} to an inout port of a
     * child, which joins the two.
     */
    protected final <V extends Value<V>> V inout(String name, Type<V> type) {
        V port = type.fresh();
        port.node().setAsAnalog();
        port.node().asInOut();
        return port(name, port);
    }

    /** Declares a signal, to be assigned. */
    protected final <V extends Value<V>> V wire(String name, Type<V> type) {
        return type.fresh().named(name);
    }

    /** Gives an expression a name in the Verilog. */
    protected final <V extends Value<V>> V wire(String name, V driver) {
        V wire = wire(name, driver.type());
        wire.set(driver);
        return wire;
    }

    /**
     * Declares a register of the current clock domain, to be assigned; it keeps its value where it is not assigned, wherever it was
     * declared. It has no reset and no value at power-up unless {@link Value#init} or {@link Value#initial} gives one.
     */
    protected final <V extends Value<V>> V reg(String name, Type<V> type) {
        V register = Spinal.atRoot(component, type::fresh);
        register.node().setAsReg();
        component.addPrePopTask(Spinal.block(() -> withoutUnusedReset(register)));
        return register.named(name);
    }

    /** The value of {@code driver} one clock cycle ago: a register without reset, 0 at power-up, and not
     * subject to an enclosing condition. */
    protected final <V extends Value<V>> V regNext(String name, V driver) {
        V register = reg(name, driver.type());
        register.initial(0);
        return Spinal.atRoot(component, () -> {
            register.set(driver);
            return register;
        });
    }

    /** Declares a memory of {@code words} words of {@code wordBits} bits. */
    protected final Ram ram(String name, int words, int wordBits) {
        return Spinal.atRoot(component, () -> new Ram(name, words, wordBits));
    }

    /** Makes a child module. The instance name must differ from definition names, which share one name space with it. */
    protected final <H extends Hardware> H inst(String name, Supplier<H> maker) {
        H child = build(maker);
        child.component().setName(Names.inner(name), Nameable$.MODULE$.DATAMODEL_WEAK());
        return child;
    }

    /**
     * Makes a child that shares its module with others: what is described is a box with the module's ports, and once, apart from all, the module itself. That
     * takes a fraction of the time where there are many. The constructor declares the ports, returns if it {@link #isBox}, and goes on to the body, which has registers
     * but no reset.
     */
    protected final <H extends Hardware> H instShared(String name, Supplier<H> maker) {
        BOX.set(true);
        H child;
        try {
            child = inst(name, maker);
        } finally {
            BOX.set(false);
        }
        Rtl.describe(child.component().definitionName(), maker);
        return child;
    }

    /** Whether only ports are wanted: the body of this module is described elsewhere. */
    protected final boolean isBox() {
        return box;
    }

    /** Makes assignments in {@code body} conditional. */
    protected final When when(Bit condition, Runnable body) {
        return When.start(condition, body);
    }

    /** Starts a choice by the value of {@code selector}. */
    protected final Select select(UInt selector) {
        return new Select(selector);
    }

    /** Starts a choice by the value of {@code selector}. */
    protected final Select select(Bits selector) {
        return new Select(selector);
    }

    /** {@link Value#pick}. */
    protected static <V extends Value<V>> V pick(UInt index, List<V> choices) {
        return Value.pick(index, choices);
    }

    /** Declares the inputs {@code <name>_clk} and {@code <name>_reset} and makes them a clock domain. */
    protected final ClockDomain clockDomain(String name) {
        return new ClockDomain(name, in(name + "_clk", Type.bit()), in(name + "_reset", Type.bit()));
    }

    /** Makes a clock domain of signals of this design, such as the outputs of a clock generator. */
    protected final ClockDomain clockDomain(String name, Bit clock, Bit reset) {
        return new ClockDomain(name, clock, reset);
    }

    /** The domain of the same clock with another reset. */
    protected final ClockDomain clockDomain(String name, ClockDomain sameClock, Bit reset) {
        return new ClockDomain(name, sameClock, reset);
    }

    /** The clock domain that this description is in. */
    protected final ClockDomain currentDomain() {
        return ClockDomain.current();
    }

    /** Registers, memory ports and children made in {@code body} belong to {@code domain}. */
    protected final void inDomain(ClockDomain domain, Runnable body) {
        domain.run(body);
    }

    /** As {@link #inDomain(ClockDomain, Runnable)}, giving what {@code body} makes. */
    protected final <T> T inDomain(ClockDomain domain, Supplier<T> body) {
        return domain.domain().on(Spinal.function(body));
    }

    /**
     * {@code bit} of the domain {@code from} as seen in the domain {@code to}: registered once in {@code from}, so that no glitch
     * gets over, and twice in {@code to}. A pulse shorter than a cycle of {@code to} may be lost.
     */
    protected final Bit crossBit(Bit bit, ClockDomain from, ClockDomain to) {
        return crossGray("cross", bit.asBits(), from, to).bit(0);
    }

    /** {@link #crossBit} for a number of which at most one bit changes in a cycle of {@code from}. */
    final Bits crossGray(String name, Bits gray, ClockDomain from, ClockDomain to) {
        Bits source = inDomain(from, () -> regNext(name + "_source", gray));
        return inDomain(to, () -> {
            Bits first = regNext(name + "_meta", source);
            first.node().addTag(spinal.core.crossClockDomain$.MODULE$); // SpinalHDL marks it async_reg by itself
            return regNext(name + "_sync", first).attribute("async_reg", "true");
        });
    }

    /** The reset becomes a port of the module only where something is reset. */
    private static void withoutUnusedReset(Value<?> register) {
        if (!register.node().hasInit()) {
            register.node().clockDomain_$eq(register.node().clockDomain().withoutReset());
        }
    }

    private <V extends Value<V>> V port(String name, V port) {
        if (!ports.add(name)) {
            throw new RtlException("two ports named '" + name + "' " + Locations.caller());
        }
        port.node().setName(Names.checked(name));
        return port;
    }
}
