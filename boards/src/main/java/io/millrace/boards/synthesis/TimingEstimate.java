package io.millrace.boards.synthesis;

import io.millrace.boards.internal.ToolCache;
import io.millrace.boards.synthesis.Netlist.Cell;
import io.millrace.hdl.Design;
import io.millrace.ir.CompileException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Timing of a design between registers: yosys maps it to 7-series cells, and the longest path into each block is found over {@link CellDelays}.
 *
 * <p>yosys' own {@code sta} fails on block RAMs and takes the pins of LUTs as they come. A net takes {@value #NET_PS} ps and {@value #NET_DOUBLING_PS} ps more
 * for each doubling of what it drives, up to {@value #NET_DRIVEN_MAX}: beyond, drivers are copied. Nets inside of a slice (LUT to its register, wide
 * multiplexer or carry cell, carry to carry) and between DSPs take none.
 */
public final class TimingEstimate {
    static final int NET_PS = 500;
    static final int NET_DOUBLING_PS = 70;
    static final int NET_DRIVEN_MAX = 64;

    private final Netlist netlist;
    private final Map<Integer, Driver> drivers = new HashMap<>();
    private final Map<Integer, Integer> driven = new HashMap<>();
    private final Map<Integer, Arrival> arrivals = new HashMap<>();

    /** An output pin. */
    private record Driver(Cell cell, String port, int bit) {}

    /**
     * The latest time at which a net is stable.
     *
     * @param before what came to the driving cell last, none behind a register
     */
    private record Arrival(
            int totalPs,
            int logicPs,
            Driver driver,
            @Nullable Arrival before) {}

    /** A net's arrival at an input pin. */
    private record Incoming(Arrival arrival, int netPs) {
        int totalPs() {
            return arrival.totalPs + netPs;
        }
    }

    private TimingEstimate(Netlist netlist) {
        this.netlist = netlist;
        for (Cell cell : netlist.cells()) {
            cell.outputs().forEach((port, nets) -> {
                for (int i = 0; i < nets.length; i++) {
                    drivers.put(nets[i], new Driver(cell, port, i));
                }
            });
            cell.inputs().values().forEach(nets -> Arrays.stream(nets).forEach(n -> driven.merge(n, 1, Integer::sum)));
        }
    }

    /**
     * Maps a design by yosys for xc7 and estimates its paths.
     *
     * @throws CompileException BLD-0201 to BLD-0203 if yosys is missing, fails or takes too long
     */
    public static TimingReport run(Design design, Duration limit) {
        String script = YosysSynthesis.script(design.top(), "xc7") + "; write_json net.json";
        try {
            Path kept = YosysSynthesis.kept(design, script, ".json");
            return of(Netlist.parse(
                    ToolCache.text(kept, work -> {
                        YosysSynthesis.synthesize(design.files(), design.top(), script, work, limit);
                        return work.resolve("net.json");
                    }),
                    design.top()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static TimingReport of(Netlist netlist) {
        return new TimingEstimate(netlist).report();
    }

    private TimingReport report() {
        propagate();
        var worst = new TreeMap<String, TimingReport.Path>();
        for (Cell cell : netlist.cells()) {
            if (combinational(cell)) {
                continue;
            }
            cell.inputs().forEach((pin, nets) -> {
                OptionalInt setup = CellDelays.setup(cell, pin);
                for (int i = 0; setup.isPresent() && i < nets.length; i++) {
                    Incoming in = incoming(nets[i], cell, pin);
                    if (in != null) {
                        var path = path(in, cell, pin, setup.getAsInt());
                        worst.merge(path.part(), path, (a, b) -> a.totalPs() >= b.totalPs() ? a : b);
                    }
                }
            });
        }
        return new TimingReport(worst.values().stream()
                .sorted(Comparator.comparingInt(TimingReport.Path::totalPs).reversed())
                .toList());
    }

    private static boolean combinational(Cell cell) {
        return CellDelays.isLut(cell) || CellDelays.isCarry(cell) || CellDelays.isMux(cell);
    }

    /** Arrivals of all nets, in an order in which those that a cell needs come before it. */
    private void propagate() {
        var waiting = new HashMap<Cell, Integer>();
        var readers = new HashMap<Integer, List<Cell>>();
        var ready = new ArrayDeque<Integer>();
        for (Cell cell : netlist.cells()) {
            if (combinational(cell)) {
                int inputs = 0;
                for (int[] nets : cell.inputs().values()) {
                    for (int net : nets) {
                        if (drivers.containsKey(net)) {
                            inputs++;
                            readers.computeIfAbsent(net, _ -> new ArrayList<>()).add(cell);
                        }
                    }
                }
                waiting.put(cell, inputs);
                if (inputs == 0) {
                    settle(cell, ready);
                }
            } else {
                cell.outputs().forEach((port, nets) -> {
                    for (int i = 0; i < nets.length; i++) {
                        start(cell, port, i, nets[i]);
                        ready.add(nets[i]);
                    }
                });
            }
        }
        while (!ready.isEmpty()) {
            for (Cell cell : readers.getOrDefault(ready.remove(), List.of())) {
                if (waiting.merge(cell, -1, Integer::sum) == 0) {
                    settle(cell, ready);
                }
            }
        }
    }

    private void start(Cell cell, String port, int bit, int net) {
        int delay = CellDelays.clockTo(cell, port);
        arrivals.put(net, new Arrival(delay, delay, new Driver(cell, port, bit), null));
    }

    private void settle(Cell cell, ArrayDeque<Integer> ready) {
        cell.outputs().forEach((port, nets) -> {
            for (int i = 0; i < nets.length; i++) {
                Arrival latest = CellDelays.isLut(cell) ? throughLut(cell, port) : throughArcs(cell, port, i);
                if (latest != null) {
                    arrivals.put(nets[i], latest);
                }
                ready.add(nets[i]);
            }
        });
    }

    /** The latest input of a LUT is on its fastest pin, and so on. */
    private @Nullable Arrival throughLut(Cell cell, String port) {
        var inputs = cell.inputs().entrySet().stream()
                .map(e -> incoming(e.getValue()[0], cell, e.getKey()))
                .filter(Objects::nonNull)
                .sorted(Comparator.comparingInt(Incoming::totalPs).reversed())
                .toList();
        Arrival latest = null;
        for (int i = 0; i < inputs.size(); i++) {
            latest = later(latest, after(inputs.get(i), CellDelays.lut(i), cell, port, 0));
        }
        return latest;
    }

    private @Nullable Arrival throughArcs(Cell cell, String port, int bit) {
        Arrival latest = null;
        for (var input : cell.inputs().entrySet()) {
            for (int i = 0; i < input.getValue().length; i++) {
                Incoming in = incoming(input.getValue()[i], cell, input.getKey());
                OptionalInt delay = CellDelays.isMux(cell)
                        ? OptionalInt.of(CellDelays.muxf(cell, input.getKey()))
                        : CellDelays.carry(input.getKey(), i, port, bit);
                if (in != null && delay.isPresent()) {
                    latest = later(latest, after(in, delay.getAsInt(), cell, port, bit));
                }
            }
        }
        return latest;
    }

    private static Arrival after(Incoming in, int delay, Cell cell, String port, int bit) {
        return new Arrival(in.totalPs() + delay, in.arrival.logicPs + delay, new Driver(cell, port, bit), in.arrival);
    }

    private static Arrival later(@Nullable Arrival a, Arrival b) {
        return a == null || b.totalPs > a.totalPs ? b : a;
    }

    /** What comes over a net to a pin, nothing from constants and ports of the design. */
    private @Nullable Incoming incoming(int net, Cell cell, String pin) {
        Arrival arrival = arrivals.get(net);
        return arrival == null ? null : new Incoming(arrival, netPs(arrival.driver.cell, net, cell, pin));
    }

    private int netPs(Cell from, int net, Cell to, String pin) {
        boolean inSlice = CellDelays.isRegister(to) && pin.equals("D") && combinational(from)
                || CellDelays.isMux(to) && !pin.equals("S") && (CellDelays.isLut(from) || CellDelays.isMux(from))
                || CellDelays.isCarry(to) && pin.equals("S") && CellDelays.isLut(from)
                || CellDelays.isCarry(to) && pin.equals("CI")
                || pin.equals("PCIN");
        if (inSlice) {
            return 0;
        }
        // What a carry cell adds without a LUT passes one.
        int pass = CellDelays.isCarry(to) && pin.equals("S") ? CellDelays.lut(0) : 0;
        int loads = Math.min(NET_DRIVEN_MAX, driven.getOrDefault(net, 1));
        return pass + NET_PS + (int) Math.round(NET_DOUBLING_PS * Math.log(loads) / Math.log(2));
    }

    private TimingReport.Path path(Incoming in, Cell end, String pin, int setup) {
        var cells = new ArrayList<String>();
        cells.add(end.type() + "." + pin);
        int levels = 0;
        int carries = 0;
        Arrival at = in.arrival;
        for (Arrival a = at; a != null; a = a.before) {
            cells.addFirst(a.driver.cell.type());
            levels += CellDelays.isLut(a.driver.cell) ? 1 : 0;
            carries += CellDelays.isCarry(a.driver.cell) ? 1 : 0;
            at = a;
        }
        String to = end.outputs().isEmpty() ? end.name() : nameOf(end, pin);
        return new TimingReport.Path(
                part(to),
                nameOf(at.driver.cell, ""),
                to,
                cells,
                levels,
                carries,
                in.arrival.logicPs + setup,
                in.totalPs() + setup);
    }

    /** Of a memory its instance, of all else the net that it drives. */
    private String nameOf(Cell cell, String pin) {
        if (CellDelays.isBlockRam(cell) || CellDelays.isLutMemory(cell)) {
            return cell.name();
        }
        return cell.outputs().values().stream()
                .flatMapToInt(Arrays::stream)
                .mapToObj(netlist.names()::get)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(cell.name());
    }

    /** The block of a register or memory. */
    private static String part(String name) {
        var parts = new ArrayList<>(List.of(name.split("\\.")));
        while (parts.size() > 1 && parts.getLast().matches("\\d+")) {
            parts.removeLast();
        }
        if (parts.size() > 1) {
            parts.removeLast();
        } else {
            return "core";
        }
        return String.join(".", parts).replaceAll("\\d+", "");
    }
}
