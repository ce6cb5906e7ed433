/** Resources of a design, counted by yosys as a separate program. */
@NullMarked
package io.millrace.boards.synthesis;

import org.jspecify.annotations.NullMarked;
