package io.millrace.hdl.bridge;

import java.util.regex.Pattern;

/** What may be a name in the Verilog. */
final class Names {
    private static final Pattern IDENTIFIER = Pattern.compile("[A-Za-z][A-Za-z0-9_]*");

    private Names() {}

    static String checked(String name) {
        if (!IDENTIFIER.matcher(name).matches()) {
            throw new RtlException(
                    "'" + name + "' is not a Verilog name: letters, digits and _, starting with a letter");
        }
        return name;
    }
}
