/**
 * Board facts, board projects, and the live peers behind the runtime.
 */
@NullMarked
package io.millrace.boards;

import org.jspecify.annotations.NullMarked;
