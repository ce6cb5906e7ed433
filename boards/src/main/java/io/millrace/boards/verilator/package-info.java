/** The machine's RTL, run by Verilator as a separate program. */
@NullMarked
package io.millrace.boards.verilator;

import org.jspecify.annotations.NullMarked;
