package io.millrace.hdl.bridge;

import java.util.Set;
import java.util.regex.Pattern;

/** What may be a name in the Verilog. */
final class Names {
    private static final Pattern IDENTIFIER = Pattern.compile("[A-Za-z][A-Za-z0-9_]*");

    private static final Set<String> CLOCK_PORTS = Set.of("clk", "reset");

    private Names() {}

    /** A name of something that is not a port: it must not push the clock ports from their names. */
    static String inner(String name) {
        if (CLOCK_PORTS.contains(name)) {
            throw new RtlException("'" + name + "' is the name of a clock port; choose another " + Locations.caller());
        }
        return checked(name);
    }

    static String checked(String name) {
        if (!IDENTIFIER.matcher(name).matches()) {
            throw new RtlException("'" + name
                    + "' is not a Verilog name: letters, digits and _, starting with a letter " + Locations.caller());
        }
        return name;
    }
}
