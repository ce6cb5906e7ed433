/**
 * The integer graph: what the hardware computes, number for number, before any engine or cycle is chosen.
 */
@NullMarked
package io.millrace.quantizer;

import org.jspecify.annotations.NullMarked;
