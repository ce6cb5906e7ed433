/**
 * Hardware described in plain Java and written as Verilog 2001, on top of SpinalHDL.
 *
 * <p>A module is a subclass of {@link io.millrace.hdl.bridge.Hardware} whose constructor is its description; {@link
 * io.millrace.hdl.bridge.Rtl} runs it and writes the files. This is the only package that touches {@code scala.*} and {@code
 * spinal.*}, so the generator behind it can be replaced.
 */
@NullMarked
package io.millrace.hdl.bridge;

import org.jspecify.annotations.NullMarked;
