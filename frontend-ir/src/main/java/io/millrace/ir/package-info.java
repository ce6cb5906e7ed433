/**
 * The float dataflow graph: what a model file says, typed and shaped, before any bit or board is chosen.
 */
@NullMarked
package io.millrace.ir;

import org.jspecify.annotations.NullMarked;
