package io.millrace.scheduler;

import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.internal.LeastNeeds;
import io.millrace.scheduler.internal.MachineResources;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;

/** Compares a machine's estimated resources with a target's budget. */
public final class Fit {
    /** Part of the flip-flops of an iCE40 design that share no logic cell with the LUT before them, as nextpnr packs ours: .67 to .77. */
    private static final double UNPACKED = 0.7;

    /** Part of an iCE40's logic cells that may be planned: nextpnr placed 94 % of an UP5K's, and found no place for carry chains at 96 %. */
    private static final double PLACEABLE = 0.97;

    /** What a part of a number that is a whole number may be less for its representation. */
    private static final double ROUNDING = 1e-6;

    /** Parts of a machine that a refusal names. */
    private static final int EXPLAINED = 5;

    private final Schedule schedule;
    private final Target target;
    private final Cost.Resources need;
    /** Parts of the target's logic and of its block RAMs that may be planned. */
    private final double logicPart;

    private final double blockRamPart;
    private final boolean explains;
    private final List<Diagnostic> found = new ArrayList<>();

    private Fit(Schedule schedule, Cost.Resources need, double logicPart, double blockRamPart, boolean explains) {
        this.schedule = schedule;
        this.need = need;
        this.logicPart = logicPart;
        this.blockRamPart = blockRamPart;
        this.explains = explains;
        target = schedule.target();
    }

    /** One diagnostic (SCH-0301) for each kind of part of which the machine needs more than the target has; empty if it fits. */
    public static List<Diagnostic> check(Schedule schedule) {
        return new Fit(schedule, CostModel.resources(schedule.machine(), schedule.target()), 1, 1, false).check();
    }

    /** Logic cells of an iCE40 that LUTs and flip-flops take together, estimated. */
    public static int logicCells(Cost.Resources need) {
        return (int) Math.ceil(need.lut() + UNPACKED * need.ff());
    }

    /** The same for a machine that needs so much, of the parts that may be planned. */
    static List<Diagnostic> check(Schedule schedule, Cost.Resources need, Objective objective) {
        return new Fit(schedule, need, objective.share(), objective.blockRamShare(schedule.target()), false).check();
    }

    /** The same of the parts that may be planned, with what of the machine needs most of each kind, in words. */
    public static List<Diagnostic> explained(Schedule schedule, Objective objective) {
        var need = CostModel.resources(schedule.machine(), schedule.target());
        return new Fit(schedule, need, objective.share(), objective.blockRamShare(schedule.target()), true).check();
    }

    private List<Diagnostic> check() {
        boolean ice = target.family() == Target.Family.ICE40;
        compare(ice ? "SB_MAC16 multipliers" : "DSP48 slices", Cost.Resources::dsp, target.dsp(), 1);
        if (ice) {
            // On the small parts every tenth counts, and nextpnr places them full.
            compare("4-kbit block RAMs", Cost.Resources::ebr4k, target.ebr4k(), 1);
            compare("256-kbit RAMs", Cost.Resources::spram256k, target.spram256k(), 1);
            compare("logic cells", Fit::logicCells, Math.min(target.lut(), target.ff()), PLACEABLE);
        } else {
            compare("36-kbit block RAMs", Cost.Resources::bram36Total, target.bram36(), blockRamPart);
            compare("LUTs", Cost.Resources::lut, target.lut(), logicPart);
            compare("flip-flops", Cost.Resources::ff, target.ff(), logicPart);
        }
        if (target.dram().exists()) {
            long bytes =
                    DramLayout.allBursts(schedule) * schedule.machine().dram().burstBytes();
            compare("MiB of DRAM", (int) Math.ceilDiv(bytes, 1L << 20), target.dramMegabytes(), 1, "");
        }
        return found;
    }

    /**
     * Of what a target has less than every machine for a graph needs: one diagnostic (SCH-0301) for each kind. They are lower bounds, found without a machine from
     * operations and maps alone; a graph without any may still need more than there is.
     *
     * @param graph one without {@link Scheduler#refusals}
     * @param share part of the target's memories that may be planned, see {@link Objective#share()}
     */
    public static List<Diagnostic> impossible(QuantizedGraph graph, Target target, double share) {
        var need = LeastNeeds.of(graph);
        var found = new ArrayList<Diagnostic>();
        var ice = target.family() == Target.Family.ICE40;
        if (need.multipliers() > target.dsp() && !target.multipliesInLogic()) {
            found.add(impossible(graph, target, need.multipliers() + " multiplier", "no multiplier blocks"));
        }
        // LUTs hold 64 bits each at most, where they hold any.
        long memory = target.blockMemoryBits() + (ice ? 0 : 64L * target.lut());
        long usable = (long) (memory * (ice ? 1 : share));
        if (need.rowBits() > usable) {
            String rows = kib(need.rowBits()) + " KiB on chip for the rows that its layers' windows read, "
                    + kib(need.widestBits()) + " KiB of them of '" + need.widest() + "'";
            found.add(impossible(graph, target, rows, kib(usable) + " KiB in all its memories"));
        } else if (!target.dram().exists() && need.rowBits() + need.weightBits() > usable) {
            String all =
                    kib(need.weightBits()) + " KiB on chip for weights and " + kib(need.rowBits()) + " KiB for rows";
            found.add(impossible(graph, target, all, kib(usable) + " KiB in all its memories, and no DRAM"));
        }
        if (target.dram().exists() && need.weightBits() - usable > (long) target.dramMegabytes() << 23) {
            String weights = (need.weightBits() >> 23) + " MiB for weights";
            found.add(impossible(graph, target, weights, target.dramMegabytes() + " MiB of DRAM"));
        }
        return found;
    }

    private static long kib(long bits) {
        return Math.ceilDiv(bits, 8 * 1024L);
    }

    private static Diagnostic impossible(QuantizedGraph graph, Target target, String needed, String there) {
        return new Diagnostic(
                "SCH-0301",
                SourceRef.file(graph.name()),
                "every machine for it needs at least " + needed + ", " + target.name() + " has " + there,
                "take a larger board, a smaller input, or a part of the model with --from and --to");
    }

    private void compare(String what, ToIntFunction<Cost.Resources> kind, int there, double share) {
        int needed = kind.applyAsInt(need);
        compare(what, needed, there, share, explains && needed > there * share ? mostOf(kind) : "");
    }

    private void compare(String what, int needed, int there, double share, String most) {
        int usable = (int) (there * share + ROUNDING);
        if (needed <= usable) {
            return;
        }
        String of = usable == there ? "" : " (" + Math.round(share * 100) + " % of " + there + ")";
        found.add(new Diagnostic(
                "SCH-0301",
                SourceRef.file(schedule.graph().name()),
                "machine '" + schedule.machine().name() + "' needs about " + needed + " " + what + ", " + target.name()
                        + " has " + usable + of + ": " + (needed - usable) + " too many" + most,
                (explains
                                ? "no smaller machine was found: take a smaller model or input, "
                                : "take smaller engines (P, S, X, Q), ")
                        + "or a board with at least " + needed + " " + what));
    }

    /** The units and row memories that need most of a kind of part, the most first. */
    private String mostOf(ToIntFunction<Cost.Resources> kind) {
        return MachineResources.breakdown(schedule.machine(), target).entrySet().stream()
                .filter(e -> kind.applyAsInt(e.getValue()) > 0)
                .sorted(Comparator.comparingInt(e -> -kind.applyAsInt(e.getValue())))
                .limit(EXPLAINED)
                .map(e -> kind.applyAsInt(e.getValue()) + " for " + e.getKey())
                .collect(Collectors.joining(", ", "; ", ""));
    }
}
