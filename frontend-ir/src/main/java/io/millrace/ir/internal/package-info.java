/** The canonicalising passes themselves; {@link io.millrace.ir.Passes} puts them in order. */
@NullMarked
package io.millrace.ir.internal;

import org.jspecify.annotations.NullMarked;
