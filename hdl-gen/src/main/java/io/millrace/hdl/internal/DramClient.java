package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.UInt;

/** A unit's way to the port to DRAM. */
sealed interface DramClient permits StreamPorts, StorePorts {
    /** Whether it asks for a burst: its number, its beats. */
    Bit request();

    UInt burst();

    UInt beats();

    /** The DRAM accepts the burst. */
    Bit granted();
}
