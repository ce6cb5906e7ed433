/** The parts of the machine, one file a part. Cycle numbers in comments count from a read step or a drain step. */
@NullMarked
package io.millrace.hdl.internal;

import org.jspecify.annotations.NullMarked;
