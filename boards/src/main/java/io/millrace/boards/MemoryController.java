package io.millrace.boards;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What Xilinx' memory interface generator for the 7 series (MIG, UG586) is told of a DRAM.
 *
 * @param settings what its project file says of the controller, by the names of its elements and in their order
 * @param timing the memory's times in ns (tREFI in us), by its names
 * @param pins the memory's pins
 * @param dciCascade banks that take another's reference for their impedance, where the board says so
 * @param source the document or file that says so
 */
public record MemoryController(
        Map<String, String> settings,
        Map<String, String> timing,
        List<PinGroup> pins,
        Optional<DciCascade> dciCascade,
        String source) {
    public MemoryController {
        settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
        timing = Collections.unmodifiableMap(new LinkedHashMap<>(timing));
        pins = List.copyOf(pins);
    }

    /**
     * The pins of one port.
     *
     * @param port its name; {@code []} at its end tells a bus, of one wire perhaps
     * @param pins the package's pins, bit 0 first
     */
    public record PinGroup(String port, String standard, List<String> pins) {
        private static final String BUS = "[]";

        public PinGroup {
            pins = List.copyOf(pins);
        }

        public boolean isBus() {
            return port.endsWith(BUS);
        }

        /** The port without the mark of a bus. */
        public String name() {
            return isBus() ? port.substring(0, port.length() - BUS.length()) : port;
        }

        /** Each wire's name with its pin. */
        public Stream<BoardPin> wires(String source) {
            return IntStream.range(0, pins.size())
                    .mapToObj(i ->
                            new BoardPin(isBus() ? name() + "[" + i + "]" : name(), pins.get(i), standard, source));
        }
    }

    /**
     * Digitally controlled impedance of several banks by the reference resistors of one (UG471).
     *
     * @param master the bank whose VRN and VRP pins have the resistors
     * @param slaves the banks that follow it; theirs are free for other signals
     */
    public record DciCascade(int master, List<Integer> slaves, String source) {
        public DciCascade {
            slaves = List.copyOf(slaves);
        }
    }

    /** A setting, such as {@code TimePeriod}; empty where it is not made. */
    public String setting(String name) {
        return settings.getOrDefault(name, "");
    }
}
