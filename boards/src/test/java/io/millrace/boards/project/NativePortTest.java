package io.millrace.boards.project;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.hdl.bridge.Rtl;
import io.millrace.hdl.bridge.RtlOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random bursts that begin at any beat, through the port to Virtex-6's user interface into a model of it, and back. */
@Timeout(180)
class NativePortTest {
    private static final int ADDRESS_BITS = 29;
    private static final int MEMORY_BITS = 64;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(ints = {32, 64, 128, 256})
    void whatIsWrittenIsRead(int beatBits) throws Exception {
        var pins = new DramPins(ADDRESS_BITS, beatBits, 2, true);
        Path rtl = Files.createDirectories(folder.resolve("rtl"));
        Rtl.generate(rtl, RtlOptions.defaults(), () -> new NativePort(pins, ADDRESS_BITS, MEMORY_BITS));
        Path model = Mig6Model.in(folder);
        Path bench = Files.writeString(folder.resolve("bench.v"), bench(beatBits));
        Path main =
                Files.writeString(folder.resolve("main.cpp"), HARNESS.replace("@BYTES@", String.valueOf(beatBits / 8)));
        Path port = rtl.resolve(NativePort.MODULE + ".v");
        String said = new TopSimulation(folder).run("bench", List.of(bench, port, model, main));
        assertEquals("right", said.strip());
    }

    /** Each beat is told by one word: its lanes are that word and what follows of it. */
    private static String bench(int beatBits) {
        return """
                module bench (
                  input wire clk, input wire rst, output wire ready,
                  input wire [28:0] araddr, input wire [7:0] arlen, input wire [1:0] arid, input wire arvalid, output wire arready,
                  output wire [31:0] rword, output wire rlanes, output wire [1:0] rid, output wire rvalid, input wire rready,
                  input wire [28:0] awaddr, input wire [7:0] awlen, input wire awvalid, output wire awready,
                  input wire [31:0] wword, input wire wvalid, output wire wready, output wire bvalid, input wire bready
                );
                  localparam LANES = @BITS@ / 32;
                  wire [@BITS@-1:0] wdata, rdata;
                  wire [LANES-1:0] same;
                  genvar i;
                  generate
                    for (i = 0; i < LANES; i = i + 1) begin : lane
                      assign wdata[32*i +: 32] = wword + i * 32'h9e3779b9;
                      assign same[i] = rdata[32*i +: 32] == rdata[31:0] + i * 32'h9e3779b9;
                    end
                  endgenerate
                  assign rword = rdata[31:0];
                  assign rlanes = &same;
                  wire app_en, app_rdy, app_wdf_end, app_wdf_wren, app_wdf_rdy, app_rd_data_valid;
                  wire [26:0] app_addr;
                  wire [2:0] app_cmd;
                  wire [255:0] app_wdf_data, app_rd_data;
                  wire [31:0] app_wdf_mask;
                  millrace_native_port port (
                    .clk(clk), .reset(rst),
                    .s_arvalid(arvalid), .s_araddr(araddr), .s_arlen(arlen), .s_arid(arid), .s_arready(arready),
                    .s_rvalid(rvalid), .s_rdata(rdata), .s_rid(rid), .s_rready(rready),
                    .s_awvalid(awvalid), .s_awaddr(awaddr), .s_awlen(awlen), .s_awready(awready),
                    .s_wvalid(wvalid), .s_wdata(wdata), .s_wready(wready), .s_bvalid(bvalid), .s_bready(bready),
                    .app_addr(app_addr), .app_cmd(app_cmd), .app_en(app_en), .app_rdy(app_rdy),
                    .app_wdf_data(app_wdf_data), .app_wdf_mask(app_wdf_mask), .app_wdf_end(app_wdf_end), .app_wdf_wren(app_wdf_wren),
                    .app_wdf_rdy(app_wdf_rdy), .app_rd_data(app_rd_data), .app_rd_data_valid(app_rd_data_valid)
                  );
                  memc_ui_top controller (
                    .clk(clk), .rst(rst), .phy_init_done(ready),
                    .app_addr(app_addr), .app_cmd(app_cmd), .app_en(app_en), .app_rdy(app_rdy),
                    .app_wdf_data(app_wdf_data), .app_wdf_mask(app_wdf_mask), .app_wdf_end(app_wdf_end), .app_wdf_wren(app_wdf_wren),
                    .app_wdf_rdy(app_wdf_rdy), .app_rd_data(app_rd_data), .app_rd_data_valid(app_rd_data_valid)
                  );
                endmodule
                """.replace("@BITS@", String.valueOf(beatBits));
    }

    /** Writes go to one half of a small memory while reads come from the other; then the halves change. */
    private static final String HARNESS = """
            #include "Vbench.h"
            #include "verilated.h"
            #include <cstdio>
            #include <deque>
            #include <random>
            #include <vector>
            double sc_time_stamp() { return 0; }
            struct Beat { unsigned word, id; };
            int main() {
                const int bytes = @BYTES@, beats = 16384 / bytes, half = beats / 2;
                std::mt19937 random(1);
                auto below = [&](int n) { return static_cast<int>(random() % n); };
                Vbench top;
                std::vector<unsigned> memory(beats);
                std::deque<Beat> expected;
                top.rst = 1; top.arvalid = 0; top.awvalid = 0; top.wvalid = 0; top.bready = 1; top.rready = 0; top.clk = 0;
                int clocks = 0, filled = 0, side = 0, reads = 0;
                int writeAt = 0, writeLeft = 0, answers = 0;
                bool waiting = false;
                std::vector<unsigned> words;
                for (; clocks < 400000; clocks++) {
                    top.rst = clocks < 16;
                    top.rready = below(3) != 0;
                    if (!top.rst && top.ready) {
                        if (!waiting && !top.awvalid) {
                            int length = filled < beats ? std::min(64, beats - filled) : 1 + below(40);
                            // Reads that are under way want the old words.
                            if (filled >= beats && expected.empty()) side = 1 - side;
                            int at = filled < beats ? filled : side * half + below(half - length + 1);
                            filled = std::min(beats, filled + length);
                            top.awaddr = at * bytes; top.awlen = length - 1; top.awvalid = 1;
                            writeAt = at; writeLeft = length; waiting = true;
                            words.clear();
                            for (int i = 0; i < length; i++) words.push_back(random());
                        }
                        if (!top.wvalid && writeLeft > 0 && !top.awvalid && below(4) != 0) {
                            top.wvalid = 1; top.wword = words[words.size() - writeLeft];
                        }
                        if (!top.arvalid && filled >= beats && below(3) == 0 && clocks % 2000 > 400) {
                            // The half that no write is under way in.
                            int other = writeAt >= half ? 0 : half;
                            int length = 1 + below(40), at = other + below(half - length + 1), id = below(4);
                            top.araddr = at * bytes; top.arlen = length - 1; top.arid = id; top.arvalid = 1;
                            for (int i = 0; i < length; i++) expected.push_back({memory[at + i], static_cast<unsigned>(id)});
                        }
                    }
                    top.eval();
                    bool aw = top.awvalid && top.awready, w = top.wvalid && top.wready, ar = top.arvalid && top.arready;
                    bool b = top.bvalid && top.bready, r = top.rvalid && top.rready;
                    if (r) {
                        if (expected.empty()) { printf("a beat that nobody asked for\\n"); return 1; }
                        if (!top.rlanes || top.rword != expected.front().word || top.rid != expected.front().id) {
                            printf("clock %d: %x of %u in place of %x of %u\\n", clocks, top.rword, top.rid, expected.front().word, expected.front().id);
                            return 1;
                        }
                        expected.pop_front(); reads++;
                    }
                    if (b) {
                        if (!waiting || writeLeft) { printf("an answer to nothing\\n"); return 1; }
                        for (size_t i = 0; i < words.size(); i++) memory[writeAt + i] = words[i];
                        waiting = false; answers++;
                    }
                    top.clk = 1; top.eval(); top.clk = 0;
                    if (aw) top.awvalid = 0;
                    if (w) { top.wvalid = 0; writeLeft--; }
                    if (ar) top.arvalid = 0;
                    top.eval();
                }
                if (reads < 10000 || answers < 500) { printf("%d beats read, %d bursts written\\n", reads, answers); return 1; }
                printf("right\\n");
                return 0;
            }
            """;
}
