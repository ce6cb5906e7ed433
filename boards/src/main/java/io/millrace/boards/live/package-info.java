/** Boards that answer a host now: Verilated hardware in a process of its own, and the simulator in this one. */
@NullMarked
package io.millrace.boards.live;

import org.jspecify.annotations.NullMarked;
