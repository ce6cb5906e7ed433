/** The text form of graphs. */
@NullMarked
package io.millrace.ir.text;

import org.jspecify.annotations.NullMarked;
