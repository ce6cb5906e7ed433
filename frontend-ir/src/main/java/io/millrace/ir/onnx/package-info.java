/** Reading and writing ONNX model files. */
@NullMarked
package io.millrace.ir.onnx;

import org.jspecify.annotations.NullMarked;
