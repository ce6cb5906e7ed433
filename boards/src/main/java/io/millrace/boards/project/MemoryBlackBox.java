package io.millrace.boards.project;

import io.millrace.boards.MemoryController;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.BlackBox;
import io.millrace.hdl.bridge.Type;
import io.millrace.hdl.bridge.Value;
import java.util.ArrayList;
import java.util.List;

/** A memory controller that a generator of Xilinx' makes, with the memory's pins at its boundary. */
abstract class MemoryBlackBox extends BlackBox {
    /** The memory's pins, each under its own name. */
    final List<Wire<?>> pins = new ArrayList<>();

    /** A port to the memory; its direction is that of its name's kind. */
    record Wire<V extends Value<V>>(String name, V port, boolean both) {}

    MemoryBlackBox(String module) {
        super(module);
    }

    /** Whether the memory drives a pin too: data and strobes. */
    static boolean isDriven(String name) {
        return name.startsWith("ddr3_dq");
    }

    /** Adds the memory's pins to the ports. */
    final void joinPins(MemoryController controller) {
        for (var group : controller.pins()) {
            boolean both = isDriven(group.name());
            if (group.isBus()) {
                Type<Bits> type = Type.bits(group.pins().size());
                pins.add(new Wire<>(group.name(), both ? inout(group.name(), type) : out(group.name(), type), both));
            } else {
                pins.add(new Wire<>(group.name(), out(group.name(), Type.bit()), false));
            }
        }
    }
}
