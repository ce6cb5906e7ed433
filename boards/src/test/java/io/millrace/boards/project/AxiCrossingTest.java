package io.millrace.boards.project;

import static org.junit.jupiter.api.Assertions.assertEquals;

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
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The machine of a project with DRAM behind its queues: weights are written through them, and read back into every frame. */
@Timeout(240)
class AxiCrossingTest {
    private static final Duration DEADLINE = Duration.ofSeconds(120);
    private static final int FRAMES = 8;

    @TempDir
    private Path folder;

    @Test
    void weightsGoThroughTheQueuesBothWays() throws Exception {
        var spec = Boards.byName("kc705");
        var schedule = SmallDesign.streamed(spec);
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
        files.add(Files.writeString(folder.resolve("crossed.v"), wrapper(pins)));
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

    /** The board's boundary with the queues inside it. */
    private static String wrapper(DramPins pins) {
        return """
                /* verilator lint_off UNUSEDSIGNAL */
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
                  wire arvalid, arready, rvalid, awvalid, awready, wvalid, wready, bvalid, rready, bready, wlast;
                  wire [@A@:0] araddr, awaddr;
                  wire [7:0] arlen, awlen;
                  wire [@I@:0] arid, rid;
                  wire [@D@:0] rdata, wdata;
                  millrace_board board (
                    .clk(clk), .reset(reset),
                    .link_in_valid(link_in_valid), .link_in_data(link_in_data), .link_in_ready(link_in_ready),
                    .link_out_valid(link_out_valid), .link_out_data(link_out_data), .link_out_ready(link_out_ready),
                    .running(running), .activity(activity),
                    .dram_arvalid(arvalid), .dram_araddr(araddr), .dram_arlen(arlen), .dram_arid(arid), .dram_arready(arready),
                    .dram_rvalid(rvalid), .dram_rdata(rdata), .dram_rid(rid), .dram_rready(rready),
                    .dram_awvalid(awvalid), .dram_awaddr(awaddr), .dram_awready(awready),
                    .dram_wvalid(wvalid), .dram_wdata(wdata), .dram_wready(wready), .dram_bvalid(bvalid), .dram_bready(bready)
                  );
                  millrace_axi_crossing crossing (
                    .clk(clk), .reset(reset), .m_clk(clk), .m_reset(reset),
                    .c_arvalid(arvalid), .c_araddr(araddr), .c_arlen(arlen), .c_arid(arid), .c_arready(arready),
                    .c_rvalid(rvalid), .c_rdata(rdata), .c_rid(rid),
                    .c_awvalid(awvalid), .c_awaddr(awaddr), .c_awlen(8'd0), .c_awready(awready),
                    .c_wvalid(wvalid), .c_wdata(wdata), .c_wlast(1'b1), .c_wready(wready), .c_bvalid(bvalid),
                    .m_arvalid(dram_arvalid), .m_araddr(dram_araddr), .m_arlen(dram_arlen), .m_arid(dram_arid), .m_arready(dram_arready),
                    .m_rvalid(dram_rvalid), .m_rdata(dram_rdata), .m_rid(dram_rid), .m_rready(dram_rready),
                    .m_awvalid(dram_awvalid), .m_awaddr(dram_awaddr), .m_awlen(awlen), .m_awready(dram_awready),
                    .m_wvalid(dram_wvalid), .m_wdata(dram_wdata), .m_wlast(wlast), .m_wready(dram_wready),
                    .m_bvalid(dram_bvalid), .m_bready(dram_bready)
                  );
                endmodule
                """.replace("@A@", String.valueOf(pins.addressBits() - 1))
                .replace("@D@", String.valueOf(pins.dataBits() - 1))
                .replace("@I@", String.valueOf(pins.idBits() - 1));
    }
}
