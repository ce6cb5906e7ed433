/** Printer and reader of the text form. */
@NullMarked
package io.millrace.quantizer.internal.text;

import org.jspecify.annotations.NullMarked;
