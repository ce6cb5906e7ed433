/** Boards that are not there: the peers that stand for them behind the runtime's links. */
@NullMarked
package io.millrace.boards.live;

import org.jspecify.annotations.NullMarked;
