/**
 * Mapping of a quantized graph to a dataflow machine: budgets, machine, firing lists, buffers, program layout, cost.
 */
@NullMarked
package io.millrace.scheduler;

import org.jspecify.annotations.NullMarked;
