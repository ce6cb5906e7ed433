/**
 * The board's side of {@code docs/protocol.md} in Java, state for state: what the RTL host port does, around any core.
 */
@NullMarked
package io.millrace.runtime.board;

import org.jspecify.annotations.NullMarked;
