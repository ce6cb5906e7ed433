package io.millrace.scheduler.internal;

import io.millrace.scheduler.Machine;
import io.millrace.scheduler.ProgramLayout;
import io.millrace.scheduler.Unit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** What a machine has too little of for a demand, in words. */
final class Shortfall {
    private final Machine machine;
    private final List<String> found = new ArrayList<>();

    private Shortfall(Machine machine) {
        this.machine = machine;
    }

    /** Empty if the machine covers the demand. */
    static List<String> of(Demand demand, Machine machine) {
        var s = new Shortfall(machine);
        for (var unit : machine.units()) {
            s.unit(unit, demand.units().get(unit.id()));
        }
        demand.memories().forEach(s::memory);
        s.widths(demand.widths());
        return s.found;
    }

    private void unit(Unit unit, Demand.OfUnit need) {
        var c = unit.capacity();
        compare(unit, "actors", need.actors(), c.actors());
        compare(unit, "firing list entries", need.listEntries(), c.listEntries());
        compare(unit, "inputs of a layer", need.inputs(), c.inputs());
        boolean maps = unit instanceof Unit.Matrix m && m.weightTiles() > 0;
        compare(
                unit,
                "weight words",
                maps ? need.mappedWords() : need.weightWords(),
                ProgramLayout.weightsOf(unit).words());
        switch (unit) {
            case Unit.HostIn _, Unit.HostOut _, Unit.Store _, Unit.Load _ -> {}
            case Unit.Matrix m -> {
                if (maps) {
                    compare(unit, "tiles of weights", need.weightTiles(), m.weightTiles());
                }
                compare(unit, "segments", need.segments(), c.segments());
                compare(unit, "accumulator words", need.accumulatorWords(), m.accumulatorWords());
                compare(unit, "accumulator bits", need.accumulatorBits(), m.accumulatorBits());
                if (need.ownSegments() && !m.ownSegments()) {
                    found.add("unit '" + unit.name()
                            + "' reads the same channels for all outputs, a grouped convolution needs others");
                }
                drain(unit, need);
            }
            case Unit.Vector v -> {
                compare(unit, "segments", need.segments(), c.segments());
                compare(unit, "accumulator words", need.accumulatorWords(), v.accumulatorWords());
                compare(unit, "accumulator bits", need.accumulatorBits(), v.accumulatorBits());
                var lacks = need.features();
                var has = v.features();
                lack(unit, lacks.maxima() && !has.maxima(), "take the largest of a window, as max pooling needs");
                lack(unit, lacks.sums() && !has.sums(), "add, as pooling by sum or mean needs");
                lack(
                        unit,
                        lacks.multiplies() && !has.multiplies(),
                        "multiply, as sums and depthwise convolutions need");
                lack(
                        unit,
                        lacks.factors() && !has.factors(),
                        "compute layers without weights: it is made for depthwise convolutions alone");
                lack(unit, lacks.products() && !has.products(), "multiply two maps");
                lack(unit, lacks.gathers() && !has.gathers(), "move codes");
                lack(unit, lacks.indices() && !has.indices(), "keep the index of the largest channel");
                drain(unit, need);
            }
        }
    }

    private void lack(Unit unit, boolean lacks, String what) {
        if (lacks) {
            found.add("unit '" + unit.name() + "' cannot " + what);
        }
    }

    private void drain(Unit unit, Demand.OfUnit need) {
        var d = ProgramLayout.drainOf(unit);
        compare(unit, "activation tables", need.tables(), d.tables());
        compare(unit, "bits of pre-shift", need.preShiftMax(), d.preShiftMax());
        lack(unit, need.planes() && !d.planes(), "write rows channel by channel");
        if (d.requantize()) {
            compare(unit, "parameter words", need.parameterWords(), d.parameterWords());
        }
    }

    private void compare(Unit unit, String what, int needed, int there) {
        if (needed > there) {
            found.add("unit '" + unit.name() + "' has " + there + " " + what + ", the network needs " + needed);
        }
    }

    private void memory(Demand.Pair pair, Demand.OfMemory need) {
        String where = "from '" + machine.unit(pair.writer()).name() + "' to '"
                + machine.unit(pair.reader()).name() + "'";
        var memory = machine.memories().stream()
                .filter(m -> m.writer() == pair.writer() && m.reader() == pair.reader())
                .findFirst();
        if (memory.isEmpty()) {
            found.add("there is no row memory " + where);
            return;
        }
        int id = memory.get().id();
        if (need.elements() > memory.get().elements()) {
            found.add("the row memory " + where + " holds " + memory.get().elements() + " codes, the network needs "
                    + need.elements());
        }
        if (need.granule() < memory.get().granule()) {
            found.add("the row memory " + where + " is written and read by "
                    + memory.get().granule() + " codes that lie together, the network needs every " + need.granule());
        }
        if (need.shared() && !memory.get().shared()) {
            found.add("the row memory " + where + " has no buffers that overlap, the network's do");
        }
        for (int k = 0; k < need.edges().size(); k++) {
            int edges = Collections.frequency(machine.edges(), new Machine.EdgeSlot(id, k));
            if (need.edges(k) > edges) {
                found.add("the row memory " + where + " has " + edges + " token edges to input " + k
                        + " of firings, the network needs " + need.edges(k));
            }
        }
    }

    private void widths(Demand.Widths need) {
        var limits = machine.limits();
        width("rows", need.rows(), limits.rows() - 1);
        width("columns", need.columns(), limits.columns());
        width("positions in a row", need.positions(), limits.positions() - 1);
        width("channels", need.channels(), limits.channels());
        width("tiles", need.tiles(), limits.tiles());
    }

    private void width(String what, int value, int bits) {
        if (value >= 1L << bits) {
            found.add("counters of " + what + " go up to " + ((1L << bits) - 1) + ", the network needs " + value);
        }
    }
}
