package io.millrace.hdl.internal;

import io.millrace.hdl.EthernetOptions.Wires;
import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.Type;

/** The wires of a MAC to its PHY but the clocks. */
record EthernetPins(Bit rxValid, Bit rxError, Bits rxData, Bit txEnable, Bits txData) {
    static final String RX_CLOCK = "eth_rx_clk";
    static final String TX_CLOCK = "eth_tx_clk";

    /** Ports of a block. */
    static EthernetPins on(Block block, Wires wires) {
        return new EthernetPins(
                block.port("eth_rx_dv", Type.bit()),
                block.port("eth_rx_er", Type.bit()),
                block.port("eth_rxd", Type.bits(wires.bits())),
                block.outPort("eth_tx_en", Type.bit()),
                block.outPort("eth_txd", Type.bits(wires.bits())));
    }

    /** Joins these, of a block, to those of the link within it. */
    void pass(EthernetPins inner) {
        inner.rxValid.set(rxValid);
        inner.rxError.set(rxError);
        inner.rxData.set(rxData);
        txEnable.set(inner.txEnable);
        txData.set(inner.txData);
    }
}
