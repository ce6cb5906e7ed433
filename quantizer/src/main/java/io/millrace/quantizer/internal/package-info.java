/** Parts of the quantizer that nobody outside it uses. */
@NullMarked
package io.millrace.quantizer.internal;

import org.jspecify.annotations.NullMarked;
