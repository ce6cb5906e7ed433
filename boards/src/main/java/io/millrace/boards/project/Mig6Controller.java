package io.millrace.boards.project;

import io.millrace.boards.MemoryController;
import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.Type;

/** Virtex-6's memory controller with its user interface, as {@link Mig6Wrapper} writes it. */
final class Mig6Controller extends MemoryBlackBox {
    final Bit systemClock = in("sys_clk", Type.bit());
    final Bit referenceClock = in("clk_ref", Type.bit());
    /** Active low. */
    final Bit systemReset = in("sys_rst_n", Type.bit());

    final Bit clock = out("ui_clk", Type.bit());
    final Bit reset = out("ui_clk_sync_rst", Type.bit());
    final Bit calibrated = out("phy_init_done", Type.bit());
    final Bits address;
    final Bits command = in("app_cmd", Type.bits(NativePort.COMMAND_BITS));
    final Bit enable = in("app_en", Type.bit());
    final Bit ready = out("app_rdy", Type.bit());
    final Bits writeData;
    final Bits writeMask;
    final Bit writeEnd = in("app_wdf_end", Type.bit());
    final Bit writeValid = in("app_wdf_wren", Type.bit());
    final Bit writeReady = out("app_wdf_rdy", Type.bit());
    final Bits readData;
    final Bit readValid = out("app_rd_data_valid", Type.bit());

    Mig6Controller(MemoryController controller, int addressBits) {
        super(Mig6Wrapper.MODULE);
        int width = controller.number("DataWidth");
        int half = width * NativePort.BURST / 2;
        address = in("app_addr", Type.bits(NativePort.appAddressBits(addressBits, width)));
        writeData = in("app_wdf_data", Type.bits(half));
        writeMask = in("app_wdf_mask", Type.bits(half / 8));
        readData = out("app_rd_data", Type.bits(half));
        joinPins(controller);
    }
}
