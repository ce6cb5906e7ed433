package io.millrace.scheduler;

import io.millrace.ir.Diagnostic;
import io.millrace.scheduler.internal.verify.Capacities;
import io.millrace.scheduler.internal.verify.Findings;
import io.millrace.scheduler.internal.verify.Lists;
import io.millrace.scheduler.internal.verify.Memories;
import io.millrace.scheduler.internal.verify.References;
import io.millrace.scheduler.internal.verify.TokenProof;
import io.millrace.scheduler.internal.verify.Works;
import java.util.List;

/**
 * Says whether a schedule is legal: it computes every row of every layer in every frame, fits its machine, never overwrites a row that is still
 * read, and never stops. Knows no scheduling algorithm.
 */
public final class ScheduleVerifier {
    private ScheduleVerifier() {}

    /** Everything that is wrong with a schedule; empty if it is legal. */
    public static List<Diagnostic> verify(Schedule schedule) {
        var findings = new Findings(schedule);
        References.check(schedule, findings);
        if (!findings.all().isEmpty()) {
            return findings.all();
        }
        Works.check(schedule, findings);
        Capacities.check(schedule, findings);
        Memories.check(schedule, findings);
        Lists.check(schedule, findings);
        if (findings.all().isEmpty()) {
            TokenProof.check(schedule, findings);
        }
        return findings.all();
    }
}
