package io.millrace.hdl.bridge;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What the generator says, in our words. */
final class RtlMessages {
    private static final String BRIDGE = "io\\.millrace\\.hdl\\.bridge\\.";
    private static final Pattern FOREIGN_FRAME = Pattern.compile("\\s*(at )?(spinal|scala|java|jdk)\\..*\\(.*\\)\\s*");
    private static final Pattern BRIDGE_PLACE = Pattern.compile(
            "( at)? " + BRIDGE
                    + "(Hardware|Value|Type|Bits?|UInt|SInt|Spinal|Rtl|When|Select|Ram|ClockDomain|BlackBox)[.$][^ ]*\\([A-Za-z]+\\.java:\\d+\\)");
    private static final Pattern CLOSING = Pattern.compile(
            "Error detected in phase .*|Design's errors are listed above.*|SpinalHDL compiler exit stack.*|\\*{20,}");
    private static final Pattern COLOUR = Pattern.compile("\u001b\\[[0-9;]*m");

    private RtlMessages() {}

    static RuntimeException explain(Throwable failure) {
        if (failure instanceof RtlException ours) {
            return ours;
        }
        if (failure instanceof Error error && !(failure instanceof AssertionError)) {
            throw error;
        }
        if (failure.getClass().getName().startsWith("spinal.") || failure instanceof AssertionError) {
            return new RtlException(readable(String.valueOf(failure.getMessage())), failure);
        }
        return failure instanceof RuntimeException unchecked
                ? unchecked
                : new RtlException("generation failed: " + failure.getMessage(), failure);
    }

    static List<String> warnings(ByteArrayOutputStream console) {
        return COLOUR.matcher(console.toString(StandardCharsets.UTF_8))
                .replaceAll("")
                .lines()
                .filter(line -> line.startsWith("[Warning]"))
                .map(line -> line.substring("[Warning]".length()).strip())
                .toList();
    }

    private static String readable(String message) {
        return message.lines()
                .filter(line -> !FOREIGN_FRAME.matcher(line).matches())
                .map(line -> BRIDGE_PLACE.matcher(line).replaceAll(""))
                .map(line -> line.replace("toplevel/", "").replace("component 'toplevel'", "the top module"))
                .filter(line -> !CLOSING.matcher(line.strip()).matches())
                .filter(line -> !line.isBlank())
                .map(String::stripTrailing)
                .collect(Collectors.joining("\n"))
                .strip();
    }
}
