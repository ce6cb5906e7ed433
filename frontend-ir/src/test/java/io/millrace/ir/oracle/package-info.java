/** ONNX Runtime and the importer itself in processes of their own, so that a crash or a full heap there is an outcome here. */
@NullMarked
package io.millrace.ir.oracle;

import org.jspecify.annotations.NullMarked;
