package io.millrace.runtime.board;

import io.millrace.runtime.Frame;

/** What a core computes: output codes from input codes. */
@FunctionalInterface
public interface FrameFunction {
    Frame apply(Frame input);
}
