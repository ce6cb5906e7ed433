package io.millrace.simulator;

import java.io.IOException;

/**
 * Writes a run in the Trace Event Format that ui.perfetto.dev and chrome://tracing read: a track for each unit with its
 * firings, and the token counters of each edge. A microsecond of the trace is a clock cycle.
 */
public final class ChromeTrace {
    private ChromeTrace() {}

    /** Writes the firings that start up to {@code lastCycle}, and the counters until then. */
    public static void write(SimulationResult result, long lastCycle, Appendable out) throws IOException {
        out.append("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n");
        out.append("{\"name\":\"process_name\",\"ph\":\"M\",\"pid\":1,\"args\":{\"name\":")
                .append(text(result.schedule().machine().name()))
                .append("}}");
        for (var unit : result.schedule().machine().units()) {
            out.append(",\n{\"name\":\"thread_name\",\"ph\":\"M\",\"pid\":1,\"tid\":" + unit.id()
                            + ",\"args\":{\"name\":")
                    .append(text(unit.name()))
                    .append("}}");
        }
        long end = Math.min(lastCycle, result.endCycle());
        for (var unit : result.schedule().machine().units()) {
            for (long i = 0; i < result.firingCount(unit.id()); i++) {
                var f = result.firing(unit.id(), i);
                if (f.start() > end) {
                    break;
                }
                firing(result, f, out);
            }
        }
        counters(result, end, out);
        out.append("\n]}\n");
    }

    private static void firing(SimulationResult result, FiringRecord f, Appendable out) throws IOException {
        out.append(",\n{\"name\":")
                .append(text(result.schedule().actor(f.actor()).name()))
                .append(",\"ph\":\"X\",\"pid\":1,\"tid\":" + f.unit())
                .append(",\"ts\":" + f.start() + ",\"dur\":" + (f.readEnd() - f.start() + 1))
                .append(",\"args\":{\"frame\":" + f.frame() + ",\"firing\":" + f.firing() + ",\"commit\":" + f.end()
                        + "}}");
    }

    private static void counters(SimulationResult result, long end, Appendable out) throws IOException {
        for (var c : result.tokenChanges(end)) {
            out.append(",\n{\"name\":")
                    .append(text(TokenCounterVcd.name(result.schedule(), c.edge())))
                    .append(",\"ph\":\"C\",\"pid\":1,\"ts\":" + c.cycle())
                    .append(",\"args\":{\"available\":" + c.available() + ",\"occupied\":" + c.occupied() + "}}");
        }
    }

    /** A JSON string. */
    private static String text(String s) {
        var quoted = new StringBuilder("\"");
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < ' ') {
                quoted.append(String.format("\\u%04x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }
}
