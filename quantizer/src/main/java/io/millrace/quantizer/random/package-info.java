/** Seeded random integer graphs, for tests of everything that runs one. */
@NullMarked
package io.millrace.quantizer.random;

import org.jspecify.annotations.NullMarked;
