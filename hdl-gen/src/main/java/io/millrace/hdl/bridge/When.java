package io.millrace.hdl.bridge;

import spinal.core.WhenContext;
import spinal.core.when$;

/** A chain of conditions, tried in order. */
public final class When {
    private final WhenContext context;

    private When(WhenContext context) {
        this.context = context;
    }

    static When start(Bit condition, Runnable body) {
        return new When(when$.MODULE$.apply(condition.node(), Spinal.block(body), Locations.caller()));
    }

    /** Applies {@code body} if this condition holds and none before it did. */
    public When elseWhen(Bit condition, Runnable body) {
        return new When(context.elsewhen(condition.node(), Spinal.block(body), Locations.caller()));
    }

    /** Applies {@code body} if no condition held. */
    public void otherwise(Runnable body) {
        context.otherwise(Spinal.block(body));
    }
}
