package io.millrace.boards.project;

import io.millrace.boards.MemoryController;
import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.Type;
import io.millrace.hdl.bridge.UInt;
import java.util.ArrayList;
import java.util.List;

/**
 * The memory controller that Xilinx' generator makes of the project file of {@link MigProject}: an AXI4 slave in a clock of its own (UG586). Clocks come without
 * buffers: the board's own, and 200 MHz for the delays of its pins.
 */
final class MigController extends MemoryBlackBox {
    static final String MODULE = "mig_7series_0";
    static final int ID_BITS = 4;

    final Bit systemClock = in("sys_clk_i", Type.bit());
    final Bit referenceClock = in("clk_ref_i", Type.bit());
    /** Active low. */
    final Bit systemReset = in("sys_rst", Type.bit());

    final Bit clock = out("ui_clk", Type.bit());
    final Bit reset = out("ui_clk_sync_rst", Type.bit());
    /** Active low, of the AXI side. */
    final Bit axiReset = in("aresetn", Type.bit());

    final Bit calibrated = out("init_calib_complete", Type.bit());
    final UInt readAddress;
    final UInt readLength = in("s_axi_arlen", Type.uint(8));
    final UInt readId = in("s_axi_arid", Type.uint(ID_BITS));
    final Bit readAddressValid = in("s_axi_arvalid", Type.bit());
    final Bit readAddressReady = out("s_axi_arready", Type.bit());
    final Bits readData;
    final UInt readDataId = out("s_axi_rid", Type.uint(ID_BITS));
    final Bit readValid = out("s_axi_rvalid", Type.bit());
    final Bit readReady = in("s_axi_rready", Type.bit());
    final UInt writeAddress;
    final UInt writeLength = in("s_axi_awlen", Type.uint(8));
    final Bit writeAddressValid = in("s_axi_awvalid", Type.bit());
    final Bit writeAddressReady = out("s_axi_awready", Type.bit());
    final Bits writeData;
    final Bit writeLast = in("s_axi_wlast", Type.bit());
    final Bit writeValid = in("s_axi_wvalid", Type.bit());
    final Bit writeReady = out("s_axi_wready", Type.bit());
    final Bit answerValid = out("s_axi_bvalid", Type.bit());
    final Bit answerReady = in("s_axi_bready", Type.bit());
    /** Inputs that hold one value. */
    private final List<Runnable> constants = new ArrayList<>();

    MigController(MemoryController controller, DramPins axi, int addressBits) {
        super(MODULE);
        readAddress = in("s_axi_araddr", Type.uint(addressBits));
        readData = out("s_axi_rdata", Type.bits(axi.dataBits()));
        writeAddress = in("s_axi_awaddr", Type.uint(addressBits));
        writeData = in("s_axi_wdata", Type.bits(axi.dataBits()));
        int size = Integer.numberOfTrailingZeros(axi.bytes());
        for (String channel : List.of("aw", "ar")) {
            constant("s_axi_" + channel + "size", 3, size);
            constant("s_axi_" + channel + "burst", 2, 1);
            constant("s_axi_" + channel + "lock", 1, 0);
            constant("s_axi_" + channel + "cache", 4, 3);
            constant("s_axi_" + channel + "prot", 3, 0);
            constant("s_axi_" + channel + "qos", 4, 0);
        }
        constant("s_axi_awid", ID_BITS, 0);
        Bits strobes = in("s_axi_wstrb", Type.bits(axi.bytes()));
        constants.add(() -> strobes.set(Bits.of(0, axi.bytes()).not()));
        for (String request : List.of("app_sr_req", "app_ref_req", "app_zq_req")) {
            Bit port = in(request, Type.bit());
            constants.add(() -> port.set(false));
        }
        for (String unread : List.of("mmcm_locked", "app_sr_active", "app_ref_ack", "app_zq_ack", "s_axi_rlast")) {
            out(unread, Type.bit());
        }
        out("device_temp", Type.bits(12));
        out("s_axi_bid", Type.bits(ID_BITS));
        out("s_axi_bresp", Type.bits(2));
        out("s_axi_rresp", Type.bits(2));
        joinPins(controller);
    }

    private void constant(String name, int width, long value) {
        Bits port = in(name, Type.bits(width));
        constants.add(() -> port.set(Bits.of(value, width)));
    }

    /** For the parent: drives the inputs that hold one value. */
    void driveConstants() {
        constants.forEach(Runnable::run);
    }
}
