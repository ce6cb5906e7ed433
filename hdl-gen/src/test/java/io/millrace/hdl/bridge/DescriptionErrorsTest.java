package io.millrace.hdl.bridge;

import static io.millrace.hdl.bridge.Type.bit;
import static io.millrace.hdl.bridge.Type.bits;
import static io.millrace.hdl.bridge.Type.uint;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a wrong description is told, in full but for line numbers. */
class DescriptionErrorsTest {
    @TempDir
    private Path folder;

    /** A module described by a test. */
    private static final class Sketch extends Hardware {
        Sketch(Consumer<Sketch> description) {
            super("sketch");
            description.accept(this);
        }

        <V extends Value<V>> V input(String name, Type<V> type) {
            return in(name, type);
        }

        <V extends Value<V>> V output(String name, Type<V> type) {
            return out(name, type);
        }

        <V extends Value<V>> V signal(String name, Type<V> type) {
            return wire(name, type);
        }

        void condition(Bit condition, Runnable body) {
            when(condition, body);
        }

        ClockDomain domain(String name) {
            return clockDomain(name);
        }

        Bit delayedIn(ClockDomain domain, String name, Bit bit) {
            return inDomain(domain, () -> regNext(name, bit));
        }

        Ram memory(int words, int wordBits) {
            return ram("memory", words, wordBits);
        }

        Select choice(UInt selector) {
            return select(selector);
        }
    }

    /** Line numbers and the names of lambdas change with this file. */
    private static String withoutNumbers(String message) {
        return message.replaceAll("java:\\d+", "java").replaceAll("lambda\\$[A-Za-z0-9$]+", "lambda");
    }

    private void refuses(String message, Consumer<Sketch> description) {
        refusesDesign(message, () -> new Sketch(description));
    }

    private void refusesDesign(String message, Supplier<Hardware> design) {
        RtlException refused = assertThrows(
                RtlException.class, () -> Rtl.generate(folder.resolve("out"), RtlOptions.defaults(), design));
        assertEquals(message, withoutNumbers(String.valueOf(refused.getMessage())));
        assertEquals(false, Files.exists(folder.resolve("out")));
    }

    @Test
    void latch() {
        refuses("""
                LATCH DETECTED for the combinatorial signal (held : out Bool) (no bits assigned), defined at
                    at io.millrace.hdl.bridge.DescriptionErrorsTest$Sketch.output(DescriptionErrorsTest.java)
                    at io.millrace.hdl.bridge.DescriptionErrorsTest.lambda(DescriptionErrorsTest.java)
                    at io.millrace.hdl.bridge.DescriptionErrorsTest$Sketch.<init>(DescriptionErrorsTest.java)
                    at io.millrace.hdl.bridge.DescriptionErrorsTest.lambda(DescriptionErrorsTest.java)""", m -> {
            Bit enable = m.input("enable", bit());
            Bit held = m.output("held", bit());
            m.condition(enable, () -> held.set(true));
        });
    }

    @Test
    void widths() {
        refuses(
                "set: 'a' uint(4) does not fit 'y' uint(5) (DescriptionErrorsTest.java)",
                m -> m.output("y", uint(5)).set(m.input("a", uint(4))));
    }

    @Test
    void constantOutOfRange() {
        refuses(
                "16 does not fit 'y' uint(4), which holds 0 to 15",
                m -> m.output("y", uint(4)).set(16));
    }

    @Test
    void noDriver() {
        refuses("""
                NO DRIVER ON (nothing :  Bool) (combinatorial signal with no logic connection), defined at
                    at io.millrace.hdl.bridge.DescriptionErrorsTest$Sketch.signal(DescriptionErrorsTest.java)
                    at io.millrace.hdl.bridge.DescriptionErrorsTest.lambda(DescriptionErrorsTest.java)
                    at io.millrace.hdl.bridge.DescriptionErrorsTest$Sketch.<init>(DescriptionErrorsTest.java)
                    at io.millrace.hdl.bridge.DescriptionErrorsTest.lambda(DescriptionErrorsTest.java)""", m -> m.output("y", bit()).set(m.signal("nothing", bit())));
    }

    @Test
    void twoPortsOfOneName() {
        refuses(
                "two ports named 'a' (DescriptionErrorsTest.java)",
                m -> m.output("a", bit()).set(m.input("a", bit())));
    }

    @Test
    void combinationalLoop() {
        refuses("""
                COMBINATORIAL LOOP :
                  Partial chain :
                    >>> (loop :  UInt[4 bits]) >>>
                    >>> (loop :  UInt[4 bits]) >>>
                  Full chain :
                    (loop :  UInt[4 bits])
                    (UInt + UInt)[4 bits]
                    (loop :  UInt[4 bits])""", m -> {
            UInt loop = m.signal("loop", uint(4));
            loop.set(loop.plus(1));
            m.output("y", uint(4)).set(loop);
        });
    }

    @Test
    void clockCrossing() {
        refuses("""
                CLOCK CROSSING VIOLATION :
                - Source            : (sent :  Bool)
                - Source clock      : (fast_clk : in Bool)
                - Destination       : (seen :  Bool)
                - Destination clock : (slow_clk : in Bool)
                - Source declaration :
                    at io.millrace.hdl.bridge.DescriptionErrorsTest$Sketch.lambda(DescriptionErrorsTest.java)
                    at io.millrace.hdl.bridge.DescriptionErrorsTest$Sketch.delayedIn(DescriptionErrorsTest.java)
                    at io.millrace.hdl.bridge.DescriptionErrorsTest.lambda(DescriptionErrorsTest.java)
                    at io.millrace.hdl.bridge.DescriptionErrorsTest$Sketch.<init>(DescriptionErrorsTest.java)
                    at io.millrace.hdl.bridge.DescriptionErrorsTest.lambda(DescriptionErrorsTest.java)
                - Destination declaration :
                    at io.millrace.hdl.bridge.DescriptionErrorsTest$Sketch.lambda(DescriptionErrorsTest.java)
                    at io.millrace.hdl.bridge.DescriptionErrorsTest$Sketch.delayedIn(DescriptionErrorsTest.java)
                    at io.millrace.hdl.bridge.DescriptionErrorsTest.lambda(DescriptionErrorsTest.java)
                    at io.millrace.hdl.bridge.DescriptionErrorsTest$Sketch.<init>(DescriptionErrorsTest.java)
                    at io.millrace.hdl.bridge.DescriptionErrorsTest.lambda(DescriptionErrorsTest.java)
                - Connection path :
                      >>> (sent :  Bool) >>>
                      >>> (seen :  Bool) >>>""", m -> {
            ClockDomain fast = m.domain("fast");
            ClockDomain slow = m.domain("slow");
            Bit sent = m.delayedIn(fast, "sent", m.input("x", bit()));
            m.output("y", bit()).set(m.delayedIn(slow, "seen", sent));
        });
    }

    @Test
    void childMadeByNew() {
        IllegalStateException refused = assertThrows(IllegalStateException.class, Designs.Mac::new);
        assertEquals(
                "new Mac() outside inst(...) or Rtl.generate(...): hand over a supplier there", refused.getMessage());
        IllegalStateException inside = assertThrows(
                IllegalStateException.class,
                () -> Rtl.generate(
                        folder,
                        RtlOptions.defaults(),
                        () -> new Sketch(m -> new Designs.Mac().clear.set(m.input("c", bit())))));
        assertEquals(
                "new Mac() outside inst(...) or Rtl.generate(...): hand over a supplier there", inside.getMessage());
    }

    @Test
    void names() {
        refuses(
                "'clk' is the name of a clock port; choose another (DescriptionErrorsTest.java)",
                m -> m.signal("clk", bit()));
        refuses(
                "'a.b' is not a Verilog name: letters, digits and _, starting with a letter (DescriptionErrorsTest.java)",
                m -> m.input("a.b", bit()));
    }

    @Test
    void memoryPorts() {
        refuses(
                "address 'a' uint(5) is wider than the 4 bits of memory (DescriptionErrorsTest.java)",
                m -> m.memory(16, 8).read(m.input("a", uint(5)), Bit.of(true)));
        refuses(
                "'d' bits(7) is not a word of 8 bits for memory (DescriptionErrorsTest.java)",
                m -> m.memory(16, 8).write(m.input("a", uint(4)), m.input("d", bits(7)), Bit.of(true)));
    }

    @Test
    void keyHandledTwice() {
        refuses("select: 1 is handled twice (DescriptionErrorsTest.java)", m -> {
            UInt y = m.output("y", uint(2));
            m.choice(m.input("a", uint(2))).is(1, () -> y.set(0)).is(1, () -> y.set(1));
        });
    }

    @Test
    void pickOfDifferentTypes() {
        refuses(
                "set: 'b' uint(3) does not fit an unnamed uint(2) (DescriptionErrorsTest.java)",
                m -> Value.pick(m.input("i", uint(1)), List.of(m.input("b", uint(3)), m.input("c", uint(2)))));
    }
}
