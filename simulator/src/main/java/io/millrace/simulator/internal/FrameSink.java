package io.millrace.simulator.internal;

/** Takes the maps of a frame, by actor id, when they are all there. */
@FunctionalInterface
interface FrameSink {
    void frame(int frame, short[][] maps);
}
