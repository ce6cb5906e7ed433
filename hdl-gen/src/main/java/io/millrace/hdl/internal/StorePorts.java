package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.UInt;

/**
 * The way from a store unit to the port to DRAM.
 *
 * @param data the next beat
 * @param moves the DRAM takes it
 * @param written it takes the last one of a burst
 * @param answered a burst is answered
 */
record StorePorts(Bit request, UInt burst, UInt beats, Bit granted, Bits data, Bit moves, Bit written, Bit answered)
        implements DramClient {}
