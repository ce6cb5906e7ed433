/** Helpers of the simulator: compiled schedule, timing engine, kernels. */
@NullMarked
package io.millrace.simulator.internal;

import org.jspecify.annotations.NullMarked;
