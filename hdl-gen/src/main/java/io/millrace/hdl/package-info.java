/**
 * The machine as RTL, and the program image that makes it compute a network.
 */
@NullMarked
package io.millrace.hdl;

import org.jspecify.annotations.NullMarked;
