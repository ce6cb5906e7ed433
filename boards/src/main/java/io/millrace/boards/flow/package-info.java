/** The way from a quantized model to a compiled folder, in one place for every command. */
@NullMarked
package io.millrace.boards.flow;

import org.jspecify.annotations.NullMarked;
