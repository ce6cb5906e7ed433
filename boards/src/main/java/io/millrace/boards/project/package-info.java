/** Projects for the FPGA vendors' tools: board tops, constraints, scripts; and what the tools' reports say. */
@NullMarked
package io.millrace.boards.project;

import org.jspecify.annotations.NullMarked;
