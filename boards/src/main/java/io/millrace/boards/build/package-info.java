/** From a compiled folder down to a bitstream. */
@NullMarked
package io.millrace.boards.build;

import org.jspecify.annotations.NullMarked;
