package io.millrace.boards;

import io.millrace.boards.internal.BoardJson;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a board offers: its device's resources, memories, clocks and wires to the host, each with its source.
 *
 * <p>These are the whole device's counts. What a design may use of them is the target's budget, not said here.
 *
 * @param name lower-case key, as given to {@code --board}
 * @param part the device's order code
 * @param luts look-up tables of {@link Family#lutInputs()} inputs
 * @param dsps hard multipliers of kind {@code dspKind}
 * @param memories hard memory blocks; kinds the device lacks are absent
 * @param dram separately addressed DRAMs; empty if there is none
 * @param oscillatorsMhz clocks fixed on the board
 * @param coreClockMhz the clock assumed for a design's core until one has been placed and timed
 * @param links wires to the host, the one to prefer first
 * @param pins the package's pins that a source is known for
 * @param configuration how the configuration bank is supplied, where known
 * @param ice40 pins and clock of a board with an iCE40
 */
public record BoardSpec(
        String name,
        String title,
        Fact<String> part,
        Family family,
        Fact<Integer> luts,
        Fact<Integer> flipFlops,
        DspKind dspKind,
        Fact<Integer> dsps,
        Map<MemoryKind, Fact<Integer>> memories,
        List<Dram> dram,
        List<Fact<Double>> oscillatorsMhz,
        Fact<Double> coreClockMhz,
        List<HostLink> links,
        List<BoardPin> pins,
        Optional<ConfigurationBank> configuration,
        Optional<Ice40Wiring> ice40) {

    public BoardSpec {
        var ordered = new EnumMap<MemoryKind, Fact<Integer>>(MemoryKind.class);
        ordered.putAll(memories);
        memories = Collections.unmodifiableMap(ordered);
        dram = List.copyOf(dram);
        oscillatorsMhz = List.copyOf(oscillatorsMhz);
        links = List.copyOf(links);
        pins = List.copyOf(pins);
    }

    /** The pin of a port, where known. */
    public Optional<BoardPin> pin(String port) {
        return pins.stream().filter(pin -> pin.port().equals(port)).findFirst();
    }

    /** Blocks of one kind; 0 where the device has none. */
    public int memoryBlocks(MemoryKind kind) {
        var fact = memories.get(kind);
        return fact == null ? 0 : fact.value();
    }

    /** Bits of all hard memory blocks, parity bits included. */
    public long onChipBits() {
        return memories.entrySet().stream()
                .mapToLong(
                        entry -> (long) entry.getKey().bits() * entry.getValue().value())
                .sum();
    }

    /** int8 products a clock when every hard multiplier is busy. */
    public int peakInt8MacsPerCycle() {
        return dsps.value() * dspKind.int8ProductsPerClock();
    }

    /** The board file that reads back as this value. */
    public String toJson() {
        return BoardJson.write(this);
    }
}
