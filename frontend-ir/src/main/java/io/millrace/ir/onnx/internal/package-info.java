/** The steps of the ONNX importer. */
@NullMarked
package io.millrace.ir.onnx.internal;

import org.jspecify.annotations.NullMarked;
