package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.Type;
import io.millrace.hdl.bridge.UInt;

/** The way between what reads from DRAM and the port to it; see {@link WeightFetcher} and {@link LoadUnit}. */
record StreamPorts(Bit request, UInt burst, UInt beats, Bit granted, Bit arrives, Bits data) implements DramClient {
    /** Ports on the block around a fetcher. */
    static StreamPorts through(Block block, WeightFetcher fetcher) {
        var ports = new StreamPorts(
                block.outPort("stream_request", Type.bit()),
                block.outPort("stream_burst", Type.uint(fetcher.burst.width())),
                block.outPort("stream_beats", Type.uint(fetcher.beats.width())),
                block.port("stream_granted", Type.bit()),
                block.port("stream_arrives", Type.bit()),
                block.port("stream_data", Type.bits(fetcher.data.width())));
        ports.request.set(fetcher.request);
        ports.burst.set(fetcher.burst);
        ports.beats.set(fetcher.beats);
        fetcher.granted.set(ports.granted);
        fetcher.arrives.set(ports.arrives);
        fetcher.data.set(ports.data);
        return ports;
    }
}
