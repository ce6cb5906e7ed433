package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Value;
import java.util.ArrayList;
import java.util.List;

/** Ports that the blocks around one have as well. */
final class PassedPorts {
    private final List<Port<?>> ports = new ArrayList<>();

    private record Port<V extends Value<V>>(String name, V value, boolean output) {
        Port<V> through(Block outer) {
            V port = output ? outer.outPort(name, value.type()) : outer.port(name, value.type());
            if (output) {
                port.set(value);
            } else {
                value.set(port);
            }
            return new Port<>(name, port, output);
        }
    }

    <V extends Value<V>> void add(String name, V port, boolean output) {
        ports.add(new Port<>(name, port, output));
    }

    /** Declares and joins them on the block around; these are that block's. */
    PassedPorts through(Block outer) {
        var passed = new PassedPorts();
        ports.forEach(port -> passed.ports.add(port.through(outer)));
        return passed;
    }
}
