package io.millrace.boards;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What Xilinx' memory interface generator (MIG, UG586 for the 7 series, UG406 for Virtex-6) is told of a DRAM.
 *
 * @param settings what its project file says of the controller, by the names of its elements and in their order
 * @param timing the memory's times in ns (tREFI in us), by its names
 * @param pins the memory's pins
 * @param dciCascades banks that take another's reference for their impedance, where the board says so
 * @param capture where the clocks that read data come in by stand, which Virtex-6 has to be told
 * @param source the document or file that says so
 */
public record MemoryController(
        Map<String, String> settings,
        Map<String, String> timing,
        List<PinGroup> pins,
        List<DciCascade> dciCascades,
        Optional<Capture> capture,
        String source) {
    public MemoryController {
        settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
        timing = Collections.unmodifiableMap(new LinkedHashMap<>(timing));
        pins = List.copyOf(pins);
        dciCascades = List.copyOf(dciCascades);
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

        /** The slaves' numbers with blanks between them, as board files and constraints have them. */
        public String slaveNumbers() {
            return slaves.stream().map(String::valueOf).collect(Collectors.joining(" "));
        }
    }

    /**
     * Clocks of read data on Virtex-6: one for each strobe and one for each column of banks, made in the cells of pins that stay free, and the clock manager that
     * they come from.
     *
     * @param strobes for each strobe, 0 first, its pin and the place of that pin's cells
     * @param clockManager place of the clock manager, such as {@code X0Y8}
     */
    public record Capture(List<Place> strobes, List<Column> columns, String clockManager, String source) {
        public Capture {
            strobes = List.copyOf(strobes);
            columns = List.copyOf(columns);
        }
    }

    /**
     * A pin that is kept free, since the cells behind it make a clock.
     *
     * @param site the place of those cells, such as {@code X2Y137}
     */
    public record Place(String pin, String site) {}

    /**
     * A column of banks with strobes.
     *
     * @param region the place of the column's clock buffer
     * @param strobes the strobes there, in order
     */
    public record Column(Place place, String region, List<Integer> strobes) {
        public Column {
            strobes = List.copyOf(strobes);
        }
    }

    /** A setting, such as {@code TimePeriod}; empty where it is not made. */
    public String setting(String name) {
        return settings.getOrDefault(name, "");
    }

    /** A setting that is made and is a whole number, such as {@code DataWidth}. */
    public int number(String name) {
        return Integer.parseInt(setting(name));
    }
}
