package io.millrace.boards.project;

import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import io.millrace.scheduler.Cost;
import io.millrace.scheduler.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a vendor's tool reports of a placed and routed project, or of a synthesised one: parts used and the clock.
 *
 * @param lut look-up tables, those used as memory or shift registers included
 * @param ff flip-flops and latches
 * @param dsp multiplier blocks
 * @param bram36 36-kbit blocks, two 18-kbit halves being one, rounded up
 * @param fmaxMhz highest clock by the tool's timing analysis; empty where nothing was timed
 * @param failing endpoints or paths that miss their time, setup and hold
 * @param worstSlackNs least slack, where the tool gives one: setup, hold, pulse width
 */
public record VendorReport(
        int lut, int ff, int dsp, int bram36, OptionalDouble fmaxMhz, int failing, OptionalDouble worstSlackNs) {
    private static final int TIMING_EXIT = 7;
    private static final int TOOL_EXIT = 10;
    private static final Pattern VIVADO_TIMING =
            Pattern.compile("\\| Design Timing Summary\\R.*?WNS\\(ns\\)[^\\n]*\\R[ -]+\\R([^\\n]+)", Pattern.DOTALL);
    private static final Pattern ISE_TIMING = Pattern.compile("Timing errors:\\s+(\\d+)\\s+Score:\\s+(\\d+)");
    private static final Pattern ISE_CLOCK = Pattern.compile("\\(Maximum frequency:\\s+([0-9.]+)MHz\\)");

    /** Whether everything that is constrained is met. */
    public boolean timingMet() {
        return failing == 0 && worstSlackNs.orElse(0) >= 0;
    }

    /**
     * What the reports of a built project say.
     *
     * @param folder the project's
     * @throws CompileException exit code 10, BLD-0404, if a report is missing or is none of the tool's
     */
    public static VendorReport read(XilinxProject project, Path folder) {
        Path build = folder.resolve("build");
        return switch (project.tool()) {
            case VIVADO ->
                ofVivado(
                        text(build.resolve("utilization.rpt")),
                        text(build.resolve("timing_summary.rpt")),
                        project.clockMhz());
            case ISE -> {
                Path failed = build.resolve("failed.twr");
                Path timed = build.resolve("millrace.twr");
                yield ofIse(text(build.resolve("millrace.par")), text(Files.exists(timed) ? timed : failed));
            }
        };
    }

    /**
     * The reports of Vivado's {@code report_utilization} and {@code report_timing_summary}.
     *
     * @param clockMhz of the core, which the worst setup slack is taken to be of
     */
    static VendorReport ofVivado(String utilization, String timing, double clockMhz) {
        String[] row = match(VIVADO_TIMING, timing, "a summary of timing")
                .group(1)
                .strip()
                .split("\\s+");
        if (row.length < 7) {
            throw unreadable("a summary of timing with setup and hold");
        }
        double setup = number(row[0]);
        double hold = number(row[4]);
        double pulse = row.length < 11 ? Double.POSITIVE_INFINITY : number(row[8]);
        int failing = (int) (number(row[2]) + number(row[6]));
        double period = 1000 / clockMhz - setup;
        return new VendorReport(
                vivado(utilization, "(?:Slice|CLB) LUTs"),
                vivado(utilization, "(?:Slice|CLB) Registers"),
                vivado(utilization, "DSPs"),
                vivado(utilization, "Block RAM Tile"),
                period > 0 && Double.isFinite(period) ? OptionalDouble.of(1000 / period) : OptionalDouble.empty(),
                failing,
                OptionalDouble.of(Math.min(pulse, Math.min(setup, hold))));
    }

    /** The report of ISE's {@code par}, or of {@code xst}, and that of {@code trce}. */
    static VendorReport ofIse(String parts, String timing) {
        var errors = match(ISE_TIMING, timing, "a count of timing errors");
        var clock = ISE_CLOCK.matcher(timing);
        return ise(
                parts,
                clock.find() ? OptionalDouble.of(Double.parseDouble(clock.group(1))) : OptionalDouble.empty(),
                Integer.parseInt(errors.group(1)));
    }

    /** The report of ISE's {@code xst} alone: nothing is timed. */
    static VendorReport ofXst(String report) {
        return ise(report, OptionalDouble.empty(), 0);
    }

    private static VendorReport ise(String parts, OptionalDouble fmax, int errors) {
        int whole = ise(parts, "RAMB36E1/FIFO36E1s").orElse(0);
        int halves = ise(parts, "RAMB18E1/FIFO18E1s").orElse(0);
        return new VendorReport(
                ise(parts, "Slice LUTs").orElseThrow(() -> unreadable("a number of Slice LUTs")),
                ise(parts, "Slice Registers").orElseThrow(() -> unreadable("a number of Slice Registers")),
                ise(parts, "DSP48[AE]1s").orElse(0),
                ise(parts, "Block RAM/FIFO").orElse(whole + Math.ceilDiv(halves, 2)),
                fmax,
                errors,
                OptionalDouble.empty());
    }

    /** The first number of a row of Vivado's tables; some rows are of halves. */
    private static int vivado(String report, String row) {
        var found = match(
                Pattern.compile("^\\|\\s*" + row + "\\*?\\s*\\|\\s*([0-9.]+)\\s*\\|", Pattern.MULTILINE),
                report,
                "a row of " + row);
        return (int) Math.ceil(Double.parseDouble(found.group(1)));
    }

    /** The first number behind {@code Number of}, with commas or without. */
    private static Optional<Integer> ise(String report, String what) {
        var found = Pattern.compile("Number of " + what + ":\\s+([0-9,]+)").matcher(report);
        return found.find() ? Optional.of(Integer.valueOf(found.group(1).replace(",", ""))) : Optional.empty();
    }

    private static MatchResult match(Pattern pattern, String report, String what) {
        var found = pattern.matcher(report);
        if (!found.find()) {
            throw unreadable(what);
        }
        return found.toMatchResult();
    }

    /** {@code NA} stands where nothing is constrained. */
    private static double number(String text) {
        try {
            return text.equals("NA") ? Double.POSITIVE_INFINITY : Double.parseDouble(text);
        } catch (NumberFormatException e) {
            throw unreadable("a number in place of '" + text + "'");
        }
    }

    /**
     * The members of a JSON document: each kind of part with its estimate and the device's, as in summaries of estimates, and the clock.
     *
     * @param estimated the estimate of the same schedule
     */
    public ObjectNode toJson(Cost.Resources estimated, Target target) {
        var out = JsonMapper.shared().createObjectNode();
        part(out, "dsp", estimated.dsp(), dsp, target.dsp());
        part(out, "bram36", estimated.bram36Total(), bram36, target.bram36());
        part(out, "lut", estimated.lut(), lut, target.lut());
        part(out, "ff", estimated.ff(), ff, target.ff());
        fmaxMhz.ifPresent(mhz -> out.put("fmaxMhz", mhz));
        worstSlackNs.ifPresent(slack -> out.put("worstSlackNs", slack));
        out.put("failingPaths", failing).put("timingMet", timingMet());
        out.putObject("kinds").put("fmaxMhz", "estimated");
        return out;
    }

    private static void part(ObjectNode out, String name, int estimated, int synthesised, int budget) {
        out.putObject(name)
                .put("estimated", estimated)
                .put("synthesised", synthesised)
                .put("budget", budget);
    }

    /**
     * Refuses a result that misses its clock.
     *
     * @throws CompileException exit code 7, BLD-0405
     */
    public void requireTiming(String board) {
        if (!timingMet()) {
            var slack = worstSlackNs.isPresent()
                    ? String.format(Locale.ROOT, ", the worst by %.3f ns", -worstSlackNs.getAsDouble())
                    : "";
            throw new CompileException(
                    TIMING_EXIT,
                    new Diagnostic(
                            "BLD-0405",
                            SourceRef.file(board),
                            "timing is not met: " + failing + " paths are late" + slack,
                            "compile for a lower clock, or allow it"));
        }
    }

    private static String text(Path report) {
        try {
            return Files.readString(report);
        } catch (IOException e) {
            throw unreadable("the report " + report.getFileName());
        }
    }

    private static CompileException unreadable(String what) {
        return new CompileException(
                TOOL_EXIT,
                new Diagnostic(
                        "BLD-0404",
                        SourceRef.file("report"),
                        "the vendor's tool left no report with " + what,
                        "see the tool's log in the project's build folder; run make there again"));
    }
}
