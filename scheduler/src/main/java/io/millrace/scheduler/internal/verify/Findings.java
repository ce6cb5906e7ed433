package io.millrace.scheduler.internal.verify;

import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import io.millrace.scheduler.Actor;
import io.millrace.scheduler.Schedule;
import java.util.ArrayList;
import java.util.List;

/** Collects what is wrong with a schedule. */
public final class Findings {
    private static final String REMEDY =
            "schedule the network again; a schedule that was not edited and fails here is a bug";

    private final Schedule schedule;
    private final List<Diagnostic> found = new ArrayList<>();

    public Findings(Schedule schedule) {
        this.schedule = schedule;
    }

    public List<Diagnostic> all() {
        return List.copyOf(found);
    }

    boolean isEmpty() {
        return found.isEmpty();
    }

    void add(String code, String problem) {
        found.add(new Diagnostic(code, SourceRef.file(schedule.graph().name()), problem, REMEDY));
    }

    void add(String code, Actor actor, String problem) {
        var where = actor.node() >= 0 && actor.node() < schedule.graph().nodes().size()
                ? schedule.node(actor).source()
                : SourceRef.file(schedule.graph().name());
        found.add(new Diagnostic(code, where, "actor '" + actor.name() + "': " + problem, REMEDY));
    }

    void require(boolean holds, String code, Actor actor, String problem) {
        if (!holds) {
            add(code, actor, problem);
        }
    }

    void require(boolean holds, String code, String problem) {
        if (!holds) {
            add(code, problem);
        }
    }
}
