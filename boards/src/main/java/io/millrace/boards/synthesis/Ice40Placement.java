package io.millrace.boards.synthesis;

import io.millrace.boards.Family;
import io.millrace.boards.internal.ToolCache;
import io.millrace.boards.internal.ToolRun;
import io.millrace.hdl.Design;
import io.millrace.ir.CompileException;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.Unit;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * A bare core on an iCE40 UP5K or HX8K by yosys and nextpnr: behind a shell that shifts program words in over one pin, since the package has 39 and the
 * core more ports; trace outputs are left open. Results are kept beside those of {@link YosysSynthesis}.
 */
public final class Ice40Placement {
    private static final String SHELL = "millrace_bare";
    private static final int CODE_BITS = 8;
    private static final Duration LIMIT = Duration.ofMinutes(20);

    private Ice40Placement() {}

    /**
     * Places and routes a core.
     *
     * @param family {@code ICE40UP} for an UP5K, {@code ICE40HX} for an HX8K
     * @param clockMhz the clock that nextpnr works towards; a slower result is reported, not refused
     * @throws CompileException BLD-0201 to BLD-0206 if a tool is missing, fails or takes too long
     * @throws IllegalArgumentException if the core's streams are wider than a byte
     */
    public static PlacementReport run(Design core, Family family, double clockMhz) {
        requireByteStreams(core.machine());
        String script = YosysSynthesis.coreScript(core, SHELL, family.yosysFamily()) + "; write_json net.json";
        String options = device(family) + " --seed 1 --timing-allow-fail --freq " + clockMhz;
        try {
            Path kept = YosysSynthesis.kept(core, script + options + shell(), ".placed.json");
            return PlacementReport.parse(ToolCache.text(kept, work -> place(core, script, options, work)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String device(Family family) {
        return switch (family) {
            case ICE40UP -> "--up5k --package sg48";
            case ICE40HX -> "--hx8k --package ct256";
            case VIRTEX6, VIRTEX7, KINTEX7, ARTIX7, ZYNQ7 ->
                throw new IllegalArgumentException(family + " is no family of iCE40");
        };
    }

    private static void requireByteStreams(Machine machine) {
        for (Unit unit : machine.units()) {
            int lanes = switch (unit) {
                case Unit.HostIn h -> h.lanes();
                case Unit.HostOut h -> h.lanes();
                case Unit.Matrix _, Unit.Vector _, Unit.Store _, Unit.Load _ -> 1;
            };
            if (lanes * machine.precision().bits() > CODE_BITS && !(unit instanceof Unit.Matrix)) {
                throw new IllegalArgumentException("unit " + unit.name() + " has a stream of " + lanes
                        + " codes, and the shell pins for one byte");
            }
        }
    }

    /** Returns nextpnr's report. */
    private static Path place(Design core, String script, String options, Path work) throws IOException {
        Path shell = work.resolve(SHELL + ".v");
        var files = new ArrayList<>(core.files());
        Files.writeString(shell, shell());
        Path sources = Files.createDirectories(work.resolve("yosys"));
        files.add(shell);
        YosysSynthesis.synthesize(files, SHELL, script, sources, LIMIT);
        var command = new ArrayList<String>();
        command.add("nextpnr-ice40");
        command.addAll(List.of(options.split(" ")));
        Path report = work.resolve("report.json");
        command.addAll(List.of("--json", sources.resolve("net.json").toString(), "--report", report.toString()));
        Path log = work.resolve("nextpnr.log");
        OptionalInt status;
        try {
            status = ToolRun.run(command, work, log, LIMIT);
        } catch (InterruptedIOException e) {
            throw e;
        } catch (IOException e) {
            throw YosysSynthesis.failure(
                    "BLD-0204",
                    core.top(),
                    "nextpnr-ice40 is not on the PATH (" + e.getMessage() + ")",
                    "install it: apt-get install nextpnr-ice40");
        }
        if (status.isEmpty()) {
            throw YosysSynthesis.failure(
                    "BLD-0205",
                    core.top(),
                    "nextpnr-ice40 did not end within " + LIMIT.toMinutes() + " minutes",
                    "take a smaller machine: the part is too full to be routed");
        }
        if (status.getAsInt() != 0) {
            String errors = Files.readAllLines(log).stream()
                    .filter(line -> line.startsWith("ERROR") || line.contains("ICESTORM_"))
                    .reduce("", (a, b) -> a + "\n" + b);
            throw YosysSynthesis.failure(
                    "BLD-0206",
                    core.top(),
                    "nextpnr-ice40 failed with status " + status.getAsInt() + ":" + errors,
                    "take a smaller machine, or report this if the parts are within the device's");
        }
        return report;
    }

    /** The core with one byte in and one out; program words come bit by bit, lowest first. */
    private static String shell() {
        return """
                module millrace_bare (
                  input wire clk, input wire reset, input wire run,
                  input wire load_start, input wire load_shift, input wire load_bit,
                  input wire in_valid, input wire [7:0] in_data, output wire in_ready,
                  output wire out_valid, output wire [7:0] out_data, input wire out_ready, output wire out_last
                );
                  reg [31:0] word = 0;
                  reg [5:0] bits = 0;
                  always @(posedge clk) begin
                    if (load_start) bits <= 0;
                    else if (load_shift) begin
                      word <= {load_bit, word[31:1]};
                      bits <= (bits == 32) ? 6'd1 : bits + 6'd1;
                    end else if (bits == 32) bits <= 0;
                  end
                  millrace_core core (
                    .clk(clk), .reset(reset), .run(run),
                    .load_start(load_start), .load_valid(bits == 32), .load_data(word),
                    .in_valid(in_valid), .in_data(in_data), .in_ready(in_ready),
                    .out_valid(out_valid), .out_data(out_data), .out_ready(out_ready), .out_last(out_last)
                  );
                endmodule
                """;
    }
}
