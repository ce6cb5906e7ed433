package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.UInt;
import java.util.ArrayList;
import java.util.List;

/** The row-memory write ports of a unit, one a memory in the order of {@code Machine.memoriesFrom}; data and count are common. */
record WritePorts(List<Bit> valid, List<UInt> address, UInt count, Bits data) {

    /** Output ports driven by these signals. */
    static WritePorts ports(Block block, Bit valid, Bits memories, List<UInt> addresses, UInt count, Bits data) {
        var valids = new ArrayList<Bit>();
        var at = new ArrayList<UInt>();
        for (int k = 0; k < addresses.size(); k++) {
            Bit portValid = block.outPort("write_valid" + k, Block.bit());
            portValid.set(valid.and(memories.bit(k)));
            valids.add(portValid);
            UInt portAddress = block.outPort(
                    "write_address" + k, Block.uint(addresses.get(k).width()));
            portAddress.set(addresses.get(k));
            at.add(portAddress);
        }
        UInt portCount = block.outPort("write_count", Block.uint(count.width()));
        portCount.set(count);
        Bits portData = block.outPort("write_data", Block.bits(data.width()));
        portData.set(data);
        return new WritePorts(valids, at, portCount, portData);
    }
}
