package io.millrace.hdl.bridge;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import scala.Function0;
import scala.jdk.javaapi.CollectionConverters;
import scala.math.BigInt;
import scala.runtime.BoxedUnit;
import spinal.core.Bool;
import spinal.core.ClockDomainConfig;
import spinal.core.ClockDomainConfig$;
import spinal.core.Component;
import spinal.core.SYNC$;
import spinal.core.SpinalConfig;
import spinal.core.SpinalConfig$;
import spinal.core.package$;

/** The Scala side of things in Java terms. */
final class Spinal {
    private Spinal() {}

    static Function0<BoxedUnit> block(Runnable body) {
        return () -> {
            body.run();
            return BoxedUnit.UNIT;
        };
    }

    static <T> Function0<T> function(Supplier<T> body) {
        return body::get;
    }

    /** Runs {@code body} as if it stood outside all conditions of {@code component}. */
    static <T> T atRoot(Component component, Supplier<T> body) {
        return component.onBody(function(body));
    }

    static <T> scala.collection.immutable.Seq<T> seq(List<T> list) {
        return CollectionConverters.asScala(list).toSeq();
    }

    static BigInt bigInt(BigInteger value) {
        return new BigInt(value);
    }

    static Bool bool(boolean value) {
        return package$.MODULE$.Bool(value, Locations.caller());
    }

    /** Rising edge, synchronous active-high reset. */
    static ClockDomainConfig synchronousReset() {
        ClockDomainConfig$ defaults = ClockDomainConfig$.MODULE$;
        return new ClockDomainConfig(
                defaults.apply$default$1(),
                SYNC$.MODULE$,
                spinal.core.HIGH$.MODULE$,
                defaults.apply$default$4(),
                defaults.apply$default$5());
    }

    /**
     * The default configuration with some fields replaced. Its constructor has over 50 parameters that change between releases, so
     * both the defaults and the copy go by name.
     */
    static SpinalConfig config(Map<String, Object> replaced) {
        SpinalConfig$ companion = SpinalConfig$.MODULE$;
        Method apply = methodNamed(companion.getClass(), "apply", companion);
        Object[] arguments = new Object[apply.getParameterCount()];
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = invoke(companion, methodNamed(companion.getClass(), "apply$default$" + (i + 1), companion));
        }
        SpinalConfig defaults = (SpinalConfig) invoke(companion, apply, arguments);
        Map<String, Object> rest = new HashMap<>(replaced);
        for (int i = 0; i < arguments.length; i++) {
            Object value = rest.remove(defaults.productElementName(i));
            if (value != null) {
                arguments[i] = value;
            }
        }
        if (!rest.isEmpty()) {
            throw new IllegalStateException("this SpinalHDL has no configuration field " + rest.keySet());
        }
        return (SpinalConfig) invoke(companion, apply, arguments);
    }

    private static Method methodNamed(Class<?> type, String name, Object owner) {
        for (Method method : type.getMethods()) {
            if (method.getName().equals(name) && method.getReturnType() != Object.class) {
                return method;
            }
        }
        throw new IllegalStateException(owner + " has no method " + name);
    }

    private static Object invoke(Object target, Method method, Object... arguments) {
        try {
            return method.invoke(target, arguments);
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new IllegalStateException(
                    "SpinalHDL refused its own default configuration at " + method.getName(), e);
        }
    }
}
