@NullMarked
package io.millrace.ir.onnx;

import org.jspecify.annotations.NullMarked;
