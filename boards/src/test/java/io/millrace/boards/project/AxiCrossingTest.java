package io.millrace.boards.project;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.boards.BoardSpec;
import io.millrace.boards.Boards;
import io.millrace.boards.flow.ManifestMaker;
import io.millrace.boards.live.EmulatedBoard;
import io.millrace.boards.live.SimulatedBoard;
import io.millrace.boards.verify.ProofNets;
import io.millrace.boards.verilator.BuildProfile;
import io.millrace.boards.verilator.VerilatedBoard;
import io.millrace.hdl.Design;
import io.millrace.hdl.DesignGenerator;
import io.millrace.hdl.ProgramAssembler;
import io.millrace.quantizer.InputSpec;
import io.millrace.quantizer.IntegerEvaluator;
import io.millrace.quantizer.random.RandomQuantizedGraphs;
import io.millrace.runtime.Frame;
import io.millrace.runtime.Links;
import io.millrace.runtime.Session;
import io.millrace.runtime.SessionOptions;
import io.millrace.scheduler.Schedule;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The machine of a project with DRAM behind its queues: weights are written through them, and read back into every frame. */
@Timeout(240)
class AxiCrossingTest {
    /** The board's boundary. */
    private static final String MODULE = """
            module crossed (
              input wire clk, input wire reset,
              input wire link_in_valid, input wire [7:0] link_in_data, output wire link_in_ready,
              output wire link_out_valid, output wire [7:0] link_out_data, input wire link_out_ready,
              output wire running, output wire activity,
              output wire dram_arvalid, output wire [@A@:0] dram_araddr, output wire [7:0] dram_arlen, output wire [@I@:0] dram_arid,
              input wire dram_arready, input wire dram_rvalid, input wire [@D@:0] dram_rdata, input wire [@I@:0] dram_rid, output wire dram_rready,
              output wire dram_awvalid, output wire [@A@:0] dram_awaddr, input wire dram_awready,
              output wire dram_wvalid, output wire [@D@:0] dram_wdata, input wire dram_wready,
              input wire dram_bvalid, output wire dram_bready
            );
            """;

    /** The board's link out and memory. */
    private static final String BOARD = """
                .link_out_valid(link_out_valid), .link_out_data(link_out_data), .link_out_ready(link_out_ready),
                .running(running), .activity(activity),
                .dram_arvalid(arvalid), .dram_araddr(araddr), .dram_arlen(arlen), .dram_arid(arid), .dram_arready(arready),
                .dram_rvalid(rvalid), .dram_rdata(rdata), .dram_rid(rid), .dram_rready(rready),
                .dram_awvalid(awvalid), .dram_awaddr(awaddr), .dram_awready(awready),
                .dram_wvalid(wvalid), .dram_wdata(wdata), .dram_wready(wready), .dram_bvalid(bvalid), .dram_bready(bready)
              );
            """;

    /** The machine's side of the queues. */
    private static final String MACHINE_SIDE = """
                .c_arvalid(arvalid), .c_araddr(araddr), .c_arlen(arlen), .c_arid(arid), .c_arready(arready),
                .c_rvalid(rvalid), .c_rdata(rdata), .c_rid(rid),
                .c_awvalid(awvalid), .c_awaddr(awaddr), .c_awlen(8'd0), .c_awready(awready),
                .c_wvalid(wvalid), .c_wdata(wdata), .c_wlast(1'b1), .c_wready(wready), .c_bvalid(bvalid),
            """;

    /** The boundary's DRAM where the memory is inside. */
    private static final String RESTING = """
              assign dram_arvalid = 1'b0; assign dram_araddr = 0; assign dram_arlen = 8'd0; assign dram_arid = 0; assign dram_rready = 1'b1;
              assign dram_awvalid = 1'b0; assign dram_awaddr = 0; assign dram_wvalid = 1'b0; assign dram_wdata = 0; assign dram_bready = 1'b1;
            """;

    /** Of a beat of a controller of 64 bits of DDR3. */
    private static final int NARROW_BITS = 512;

    private static final Duration DEADLINE = Duration.ofSeconds(120);
    private static final int FRAMES = 8;

    @TempDir
    private Path folder;

    @Test
    void weightsGoThroughTheQueuesBothWays() throws Exception {
        var spec = Boards.byName("kc705");
        everyFrameIsRight(spec, SmallDesign.streamed(spec), List.of(), AxiCrossingTest::wrapper);
    }

    /** Of beats that are two of the controller's each. */
    @Test
    void wideBeatsAreWrittenAndReadInHalves() throws Exception {
        var spec = Boards.byName("kc705");
        var schedule = SmallDesign.streamedWide(spec);
        assertEquals(2 * NARROW_BITS, schedule.machine().dram().dataBytes() * 8);
        everyFrameIsRight(spec, schedule, List.of(), AxiCrossingTest::overNarrowMemory);
    }

    /** The same to the user interface of a model of Virtex-6's controller, by the port to it and our top over what MIG makes. */
    @Test
    void weightsGoThroughTheUserInterfaceOfVirtex6() throws Exception {
        var spec = Boards.byName("ml605");
        Path model = Mig6Model.in(folder);
        everyFrameIsRight(spec, SmallDesign.streamed(spec), List.of(model), AxiCrossingTest::overUserInterface);
    }

    /** With beats of half a block. */
    @Test
    void wideBeatsGoThereToo() throws Exception {
        var spec = Boards.byName("ml605");
        Path model = Mig6Model.in(folder);
        everyFrameIsRight(spec, SmallDesign.streamedWide(spec), List.of(model), AxiCrossingTest::overUserInterface);
    }

    private void everyFrameIsRight(
            BoardSpec spec, Schedule schedule, List<Path> models, Function<DramPins, String> inside) throws Exception {
        Path project = folder.resolve("project");
        XilinxProject.write(schedule, spec, project);
        Path rtl = project.resolve("rtl");
        var pins = DramPins.of(rtl.resolve("millrace_board.v"));
        var files = new ArrayList<Path>();
        try (var all = Files.list(rtl)) {
            all.filter(file ->
                            !file.endsWith("millrace_top.v") && !file.toString().contains("uart"))
                    .sorted()
                    .forEach(files::add);
        }
        files.addAll(models);
        files.add(Files.writeString(folder.resolve("crossed.v"), inside.apply(pins)));
        var design = new Design(schedule.machine(), DesignGenerator.identity(schedule), "crossed", files);
        var board = VerilatedBoard.build(design, BuildProfile.VERIFICATION);
        var image = ProgramAssembler.assemble(schedule);
        var manifest = ManifestMaker.of("net", "emulated", schedule, image.programId(), InputSpec.UNIT);
        var evaluator = new IntegerEvaluator(schedule.graph());
        var frames = new ArrayList<Frame>();
        var expected = new ArrayList<Frame>();
        for (int i = 0; i < FRAMES; i++) {
            var codes = RandomQuantizedGraphs.randomFrame(schedule.graph(), i);
            frames.add(ProofNets.frame(codes));
            expected.add(ProofNets.frame(evaluator.run(codes)));
        }
        try (var emulated = EmulatedBoard.listen(board, 0)) {
            var link = Links.open(emulated.address(), _ -> SimulatedBoard.of(schedule, manifest), DEADLINE);
            var results = new ArrayList<Frame>();
            try (Session session = Session.open(link, manifest, Optional.of(image), SessionOptions.DEFAULT, DEADLINE)) {
                session.stream(frames.iterator(), r -> results.add(r.frame()), DEADLINE);
            }
            assertEquals(expected, results);
        }
    }

    /** The board's boundary with queues, port, controller and memory inside it; DRAM's own ports rest. Bytes wait until the memory is there. */
    private static String overUserInterface(DramPins pins) {
        return filled(pins, """
                /* verilator lint_off UNUSEDSIGNAL */
                /* verilator lint_off PINCONNECTEMPTY */
                @MODULE@
                @RESTING@
                  wire arvalid, arready, rvalid, awvalid, awready, wvalid, wready, bvalid, rready, bready, board_ready;
                  wire [@A@:0] araddr, awaddr;
                  wire [7:0] arlen;
                  wire [@I@:0] arid, rid;
                  wire [@D@:0] rdata, wdata;
                  wire m_arvalid, m_arready, m_rvalid, m_rready, m_awvalid, m_awready, m_wvalid, m_wready, m_bvalid, m_bready;
                  wire [@A@:0] m_araddr, m_awaddr;
                  wire [7:0] m_arlen, m_awlen;
                  wire [@I@:0] m_arid, m_rid;
                  wire [@D@:0] m_rdata, m_wdata;
                  wire ui_clk, ui_reset, calibrated, app_en, app_rdy, app_wdf_end, app_wdf_wren, app_wdf_rdy, app_rd_data_valid;
                  wire [26:0] app_addr;
                  wire [2:0] app_cmd;
                  wire [255:0] app_wdf_data, app_rd_data;
                  wire [31:0] app_wdf_mask;
                  wire [63:0] dq;
                  wire [7:0] dqs_p, dqs_n;
                  reg [4:0] powered = 5'd0;
                  always @(posedge clk) if (!powered[4]) powered <= powered + 5'd1;
                  wire hold = reset | ~powered[4] | ~calibrated;
                  assign link_in_ready = board_ready & ~hold;
                  millrace_board board (
                    .clk(clk), .reset(hold),
                    .link_in_valid(link_in_valid & ~hold), .link_in_data(link_in_data), .link_in_ready(board_ready),
                    @BOARD@
                  millrace_axi_crossing crossing (
                    .clk(clk), .reset(hold), .m_clk(ui_clk), .m_reset(hold),
                    @MACHINE_SIDE@
                    .m_arvalid(m_arvalid), .m_araddr(m_araddr), .m_arlen(m_arlen), .m_arid(m_arid), .m_arready(m_arready),
                    .m_rvalid(m_rvalid), .m_rdata(m_rdata), .m_rid(m_rid), .m_rready(m_rready),
                    .m_awvalid(m_awvalid), .m_awaddr(m_awaddr), .m_awlen(m_awlen), .m_awready(m_awready),
                    .m_wvalid(m_wvalid), .m_wdata(m_wdata), .m_wlast(), .m_wready(m_wready),
                    .m_bvalid(m_bvalid), .m_bready(m_bready)
                  );
                  millrace_native_port port (
                    .clk(ui_clk), .reset(ui_reset),
                    .s_arvalid(m_arvalid), .s_araddr(29'(m_araddr)), .s_arlen(m_arlen), .s_arid(m_arid), .s_arready(m_arready),
                    .s_rvalid(m_rvalid), .s_rdata(m_rdata), .s_rid(m_rid), .s_rready(m_rready),
                    .s_awvalid(m_awvalid), .s_awaddr(29'(m_awaddr)), .s_awlen(m_awlen), .s_awready(m_awready),
                    .s_wvalid(m_wvalid), .s_wdata(m_wdata), .s_wready(m_wready), .s_bvalid(m_bvalid), .s_bready(m_bready),
                    .app_addr(app_addr), .app_cmd(app_cmd), .app_en(app_en), .app_rdy(app_rdy),
                    .app_wdf_data(app_wdf_data), .app_wdf_mask(app_wdf_mask), .app_wdf_end(app_wdf_end), .app_wdf_wren(app_wdf_wren),
                    .app_wdf_rdy(app_wdf_rdy), .app_rd_data(app_rd_data), .app_rd_data_valid(app_rd_data_valid)
                  );
                  millrace_mig mig (
                    .sys_clk(clk), .clk_ref(clk), .sys_rst_n(powered[4]),
                    .ui_clk(ui_clk), .ui_clk_sync_rst(ui_reset), .phy_init_done(calibrated),
                    .app_addr(app_addr), .app_cmd(app_cmd), .app_en(app_en), .app_rdy(app_rdy),
                    .app_wdf_data(app_wdf_data), .app_wdf_mask(app_wdf_mask), .app_wdf_end(app_wdf_end), .app_wdf_wren(app_wdf_wren),
                    .app_wdf_rdy(app_wdf_rdy), .app_rd_data(app_rd_data), .app_rd_data_valid(app_rd_data_valid),
                    .ddr3_addr(), .ddr3_ba(), .ddr3_ras_n(), .ddr3_cas_n(), .ddr3_we_n(), .ddr3_reset_n(), .ddr3_ck_p(), .ddr3_ck_n(),
                    .ddr3_cke(), .ddr3_cs_n(), .ddr3_odt(), .ddr3_dm(), .ddr3_dq(dq), .ddr3_dqs_p(dqs_p), .ddr3_dqs_n(dqs_n)
                  );
                endmodule
                """);
    }

    /** The board's boundary with the queues inside it. */
    private static String wrapper(DramPins pins) {
        return filled(pins, """
                /* verilator lint_off UNUSEDSIGNAL */
                @MODULE@
                  wire arvalid, arready, rvalid, awvalid, awready, wvalid, wready, bvalid, rready, bready, wlast;
                  wire [@A@:0] araddr, awaddr;
                  wire [7:0] arlen, awlen;
                  wire [@I@:0] arid, rid;
                  wire [@D@:0] rdata, wdata;
                  millrace_board board (
                    .clk(clk), .reset(reset),
                    .link_in_valid(link_in_valid), .link_in_data(link_in_data), .link_in_ready(link_in_ready),
                    @BOARD@
                  millrace_axi_crossing crossing (
                    .clk(clk), .reset(reset), .m_clk(clk), .m_reset(reset),
                    @MACHINE_SIDE@
                    .m_arvalid(dram_arvalid), .m_araddr(dram_araddr), .m_arlen(dram_arlen), .m_arid(dram_arid), .m_arready(dram_arready),
                    .m_rvalid(dram_rvalid), .m_rdata(dram_rdata), .m_rid(dram_rid), .m_rready(dram_rready),
                    .m_awvalid(dram_awvalid), .m_awaddr(dram_awaddr), .m_awlen(awlen), .m_awready(dram_awready),
                    .m_wvalid(dram_wvalid), .m_wdata(dram_wdata), .m_wlast(wlast), .m_wready(dram_wready),
                    .m_bvalid(dram_bvalid), .m_bready(dram_bready)
                  );
                endmodule
                """);
    }

    /** The board's boundary with queues and a memory of half as many bits a beat inside it, which now and then takes and gives nothing; DRAM's own ports rest. */
    private static String overNarrowMemory(DramPins pins) {
        return filled(pins, """
                /* verilator lint_off UNUSEDSIGNAL */
                @MODULE@
                @RESTING@
                  wire arvalid, arready, rvalid, awvalid, awready, wvalid, wready, bvalid, rready, bready;
                  wire [@A@:0] araddr, awaddr;
                  wire [7:0] arlen;
                  wire [@I@:0] arid, rid;
                  wire [@D@:0] rdata, wdata;
                  wire m_arvalid, m_rready, m_awvalid, m_wvalid, m_wlast, m_bready;
                  wire [@A@:0] m_araddr, m_awaddr;
                  wire [7:0] m_arlen, m_awlen;
                  wire [@I@:0] m_arid;
                  wire [@N@:0] m_wdata;
                  millrace_board board (
                    .clk(clk), .reset(reset),
                    .link_in_valid(link_in_valid), .link_in_data(link_in_data), .link_in_ready(link_in_ready),
                    @BOARD@
                  reg [@N@:0] mem [0:4095];
                  reg [15:0] noise = 16'hace1;
                  reg reading = 1'b0, writing = 1'b0, answer = 1'b0;
                  reg [11:0] read_at, write_at;
                  reg [7:0] read_left, write_left;
                  reg [@I@:0] read_id;
                  wire m_rvalid = reading & (noise[0] | noise[3]), m_wready = writing & (noise[1] | noise[5]);
                  always @(posedge clk) begin
                    noise <= {noise[14:0], noise[15] ^ noise[13] ^ noise[12] ^ noise[10]};
                    if (!reading & m_arvalid) begin
                      reading <= 1'b1; read_at <= m_araddr[17:6]; read_left <= m_arlen; read_id <= m_arid;
                    end else if (m_rvalid & m_rready) begin
                      read_at <= read_at + 12'd1; read_left <= read_left - 8'd1; reading <= read_left != 8'd0;
                    end
                    if (!writing & !answer & m_awvalid) begin
                      writing <= 1'b1; write_at <= m_awaddr[17:6]; write_left <= m_awlen;
                    end else if (m_wvalid & m_wready) begin
                      mem[write_at] <= m_wdata; write_at <= write_at + 12'd1; write_left <= write_left - 8'd1;
                      writing <= write_left != 8'd0; answer <= write_left == 8'd0;
                      if (m_wlast != (write_left == 8'd0)) $fatal;
                    end else if (answer & m_bready) answer <= 1'b0;
                  end
                  millrace_axi_crossing crossing (
                    .clk(clk), .reset(reset), .m_clk(clk), .m_reset(reset),
                    @MACHINE_SIDE@
                    .m_arvalid(m_arvalid), .m_araddr(m_araddr), .m_arlen(m_arlen), .m_arid(m_arid), .m_arready(!reading),
                    .m_rvalid(m_rvalid), .m_rdata(mem[read_at]), .m_rid(read_id), .m_rready(m_rready),
                    .m_awvalid(m_awvalid), .m_awaddr(m_awaddr), .m_awlen(m_awlen), .m_awready(!writing & !answer),
                    .m_wvalid(m_wvalid), .m_wdata(m_wdata), .m_wlast(m_wlast), .m_wready(m_wready),
                    .m_bvalid(answer), .m_bready(m_bready)
                  );
                endmodule
                """);
    }

    private static String filled(DramPins pins, String text) {
        return text.replace("@MODULE@\n", MODULE)
                .replace("@RESTING@\n", RESTING)
                .replace("@N@", String.valueOf(NARROW_BITS - 1))
                .replace("@BOARD@\n", BOARD)
                .replace("@MACHINE_SIDE@\n", MACHINE_SIDE)
                .replace("@A@", String.valueOf(pins.addressBits() - 1))
                .replace("@D@", String.valueOf(pins.dataBits() - 1))
                .replace("@I@", String.valueOf(pins.idBits() - 1));
    }
}
