package io.millrace.scheduler;

import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import java.util.ArrayList;
import java.util.List;

/** Compares a machine's estimated resources with a target's budget. */
public final class Fit {
    /** Part of the flip-flops of an iCE40 design that share no logic cell with the LUT before them, as nextpnr packs ours: .67 to .77. */
    private static final double UNPACKED = 0.7;

    private Fit() {}

    /** One diagnostic (SCH-0301) for each kind of part of which the machine needs more than the target has; empty if it fits. */
    public static List<Diagnostic> check(Schedule schedule) {
        return check(schedule, CostModel.resources(schedule.machine(), schedule.target()), 1);
    }

    static List<Diagnostic> check(Schedule schedule, Cost.Resources need, double part) {
        var target = schedule.target();
        var found = new ArrayList<Diagnostic>();
        boolean ice = target.family() == Target.Family.ICE40;
        // On the small parts every tenth counts, and nextpnr places them full.
        double share = ice ? 1 : part;
        compare(schedule, found, ice ? "SB_MAC16 multipliers" : "DSP48 slices", need.dsp(), target.dsp(), 1);
        if (ice) {
            compare(schedule, found, "4-kbit block RAMs", need.ebr4k(), target.ebr4k(), 1);
            compare(schedule, found, "256-kbit RAMs", need.spram256k(), target.spram256k(), 1);
        } else {
            compare(schedule, found, "36-kbit block RAMs", need.bram36Total(), target.bram36(), share);
        }
        if (ice) {
            int cells = (int) Math.ceil(need.lut() + UNPACKED * need.ff());
            compare(schedule, found, "logic cells", cells, Math.min(target.lut(), target.ff()), 1);
        } else {
            compare(schedule, found, "LUTs", need.lut(), target.lut(), share);
            compare(schedule, found, "flip-flops", need.ff(), target.ff(), share);
        }
        if (target.dram().exists()) {
            long bytes =
                    DramLayout.allBursts(schedule) * schedule.machine().dram().burstBytes();
            compare(schedule, found, "MiB of DRAM", (int) Math.ceilDiv(bytes, 1L << 20), target.dramMegabytes(), 1);
        }
        return found;
    }

    private static void compare(
            Schedule schedule, List<Diagnostic> found, String what, int needed, int there, double share) {
        int usable = (int) (there * share);
        if (needed <= usable) {
            return;
        }
        String of = usable == there ? "" : " (" + Math.round(share * 100) + " % of " + there + ")";
        found.add(new Diagnostic(
                "SCH-0301",
                SourceRef.file(schedule.graph().name()),
                "machine '" + schedule.machine().name() + "' needs about " + needed + " " + what + ", "
                        + schedule.target().name() + " has " + usable + of + ": " + (needed - usable) + " too many",
                "take smaller engines (P, S, X, Q), or a board with at least " + needed + " " + what));
    }
}
