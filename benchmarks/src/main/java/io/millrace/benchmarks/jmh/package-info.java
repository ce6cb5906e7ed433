/**
 * Micro-benchmarks of the compiler's phases and of the simulator, run by {@link io.millrace.benchmarks.JmhBench}.
 */
@NullMarked
package io.millrace.benchmarks.jmh;

import org.jspecify.annotations.NullMarked;
