package io.millrace.simulator;

import io.millrace.scheduler.Schedule;
import java.io.IOException;

/**
 * Writes the token counters of a run as a value change dump (IEEE 1364, clause 18): for each edge {@code available} and
 * {@code occupied}, 16 bits each, one time unit a clock cycle. The text has no date, so equal runs give equal files.
 */
public final class TokenCounterVcd {
    private static final int BITS = 16;

    private TokenCounterVcd() {}

    /** Writes the changes up to {@code lastCycle}. */
    public static void write(SimulationResult result, long lastCycle, Appendable out) throws IOException {
        var schedule = result.schedule();
        out.append("$comment one time unit is a clock cycle $end\n$timescale 1 ns $end\n");
        out.append("$scope module ")
                .append(identifier(schedule.machine().name()))
                .append(" $end\n");
        for (var edge : schedule.edges()) {
            String name = name(schedule, edge.id());
            declare(out, code(2 * edge.id()), name + "_available");
            declare(out, code(2 * edge.id() + 1), name + "_occupied");
        }
        out.append("$upscope $end\n$enddefinitions $end\n#0\n$dumpvars\n");
        for (var edge : schedule.edges()) {
            value(out, 0, 2 * edge.id());
            value(out, 0, 2 * edge.id() + 1);
        }
        out.append("$end\n");
        changes(result, lastCycle, out);
    }

    private static void changes(SimulationResult result, long lastCycle, Appendable out) throws IOException {
        int[] last = new int
                [result.schedule().edges().stream()
                        .mapToInt(e -> 2 * e.id() + 2)
                        .max()
                        .orElse(0)];
        long now = 0;
        for (var c : result.tokenChanges(Math.min(lastCycle, result.endCycle()))) {
            if (c.cycle() != now) {
                out.append('#').append(Long.toString(c.cycle())).append('\n');
                now = c.cycle();
            }
            change(out, last, 2 * c.edge(), c.available());
            change(out, last, 2 * c.edge() + 1, c.occupied());
        }
        long end = Math.min(lastCycle, result.endCycle()) + 1;
        out.append('#').append(Long.toString(end)).append('\n');
    }

    private static void change(Appendable out, int[] last, int variable, int value) throws IOException {
        if (last[variable] != value) {
            last[variable] = value;
            value(out, value, variable);
        }
    }

    private static void value(Appendable out, int value, int variable) throws IOException {
        out.append('b')
                .append(Integer.toBinaryString(value & ((1 << BITS) - 1)))
                .append(' ')
                .append(code(variable))
                .append('\n');
    }

    private static void declare(Appendable out, String code, String name) throws IOException {
        out.append("$var reg " + BITS + " ")
                .append(code)
                .append(' ')
                .append(name)
                .append(" [" + (BITS - 1) + ":0] $end\n");
    }

    /** {@code edge3_conv1_to_pool1}. */
    static String name(Schedule schedule, int edge) {
        var e = schedule.edge(edge);
        return identifier("edge" + edge + "_" + schedule.actor(e.producer()).name() + "_to_"
                + schedule.actor(e.consumer()).name());
    }

    private static String identifier(String name) {
        return name.replaceAll("[^A-Za-z0-9_]", "_");
    }

    /** The short name of a variable: digits of base 94 in the printable characters. */
    private static String code(int variable) {
        var code = new StringBuilder();
        for (int v = variable; ; v = v / 94 - 1) {
            code.append((char) ('!' + v % 94));
            if (v < 94) {
                return code.toString();
            }
        }
    }
}
