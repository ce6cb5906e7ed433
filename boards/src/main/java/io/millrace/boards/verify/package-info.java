/** The proof chain: integer evaluator, simulator and Verilated RTL on the same frames. */
@NullMarked
package io.millrace.boards.verify;

import org.jspecify.annotations.NullMarked;
