package io.millrace.benchmarks;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.NoBenchmarksException;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs the JMH benchmarks of {@code io.millrace.benchmarks.jmh}. */
public final class JmhBench {
    private JmhBench() {}

    /**
     * One benchmark's figures.
     *
     * @param name class and method
     * @param parameters as text, empty without any
     * @param milliseconds mean of one call
     * @param error half of its 99.9 % confidence interval; not a number where there is one iteration
     * @param calls how many were measured
     */
    public record Row(String name, String parameters, double milliseconds, double error, long calls) {}

    /**
     * Runs the benchmarks whose name a pattern finds.
     *
     * @param quick one iteration of a tenth of a second in this process: whether they run, not how fast
     * @param progress what JMH prints meanwhile
     * @return by name; empty if no benchmark is called so
     */
    public static List<Row> run(String pattern, boolean quick, PrintStream progress) {
        var options = new OptionsBuilder()
                .include("io\\.millrace\\.benchmarks\\.jmh\\..*(?:" + pattern + ")")
                .shouldFailOnError(true);
        if (quick) {
            options.forks(0).warmupIterations(0).measurementIterations(1).measurementTime(TimeValue.milliseconds(100));
        }
        var format = OutputFormatFactory.createFormatInstance(progress, VerboseMode.NORMAL);
        try {
            var rows = new ArrayList<Row>();
            for (var result : new Runner(options.build(), format).run()) {
                rows.add(row(result));
            }
            return rows;
        } catch (NoBenchmarksException _) {
            return List.of();
        } catch (RunnerException e) {
            throw new IllegalStateException("a benchmark failed: " + e.getMessage(), e);
        }
    }

    private static Row row(RunResult result) {
        var parameters = new TreeMap<String, String>();
        for (var key : result.getParams().getParamsKeys()) {
            parameters.put(key, result.getParams().getParam(key));
        }
        var name = result.getParams().getBenchmark();
        var figure = result.getPrimaryResult();
        return new Row(
                name.replaceFirst("^io\\.millrace\\.benchmarks\\.jmh\\.", ""),
                parameters.isEmpty() ? "" : parameters.toString(),
                figure.getScore(),
                figure.getScoreError(),
                figure.getSampleCount());
    }
}
