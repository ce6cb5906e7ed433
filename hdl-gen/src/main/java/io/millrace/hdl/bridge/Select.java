package io.millrace.hdl.bridge;

import java.math.BigInteger;
import java.util.HashSet;
import java.util.Set;
import spinal.core.DslScopeStack$;
import spinal.core.internals.Expression;
import spinal.core.internals.ScopeStatement;
import spinal.core.internals.SwitchStatement;
import spinal.core.internals.SwitchStatementElement;

/** A choice by the value of one signal; a {@code case} in the Verilog. */
public final class Select {
    private final Value<?> selector;
    private final SwitchStatement statement;
    private final Set<Long> keys = new HashSet<>();

    Select(Value<?> selector) {
        this.selector = selector;
        this.statement = new SwitchStatement(selector.node());
        DslScopeStack$.MODULE$.get().append(statement);
    }

    /**
     * Applies {@code body} when the signal equals {@code key}.
     *
     * @throws RtlException if the signal cannot hold {@code key}, or it has been handled
     */
    public Select is(long key, Runnable body) {
        if (!keys.add(key)) {
            throw new RtlException("select: " + key + " is handled twice " + Locations.caller());
        }
        scala.collection.mutable.ArrayBuffer<Expression> expressions = new scala.collection.mutable.ArrayBuffer<>();
        expressions.addOne(selector.constant(BigInteger.valueOf(key)).node());
        ScopeStatement scope = new ScopeStatement(statement);
        statement.elements().addOne(new SwitchStatementElement(expressions, scope));
        within(scope, body);
        return this;
    }

    /** Applies {@code body} when the signal equals none of the keys before. */
    public void otherwise(Runnable body) {
        ScopeStatement scope = new ScopeStatement(statement);
        statement.defaultScope_$eq(scope);
        within(scope, body);
    }

    private static void within(ScopeStatement scope, Runnable body) {
        var outer = scope.push();
        body.run();
        outer.restore();
    }
}
