package io.millrace.scheduler;

/**
 * Rows flowing from an actor to an actor through a circular row buffer. Edges of one producer in one memory share the
 * buffer (equal base, pitch, slots); copies in other memories have their own base and slots and the same pitch.
 *
 * <p>Two counters stand for it in hardware and simulator: {@code available}, rows committed and not yet claimed by the
 * consumer, and {@code occupied}, slots reserved and not yet freed.
 *
 * @param id position in {@link Machine#edges()}; see {@link Schedule#edge}
 * @param producer actor id
 * @param consumer actor id
 * @param base element address of slot 0
 * @param rowPitch elements from slot to slot (columns x channels)
 * @param slots rows the buffer holds
 */
public record Edge(int id, int producer, int consumer, int memory, int base, int rowPitch, int slots) {
    /** Whether the buffers of two edges have elements in common; those of one producer in one memory are the same. */
    public boolean overlaps(Edge other) {
        return memory == other.memory && base < other.base + other.elements() && other.base < base + elements();
    }

    /** Elements of the buffer. */
    public int elements() {
        return rowPitch * slots;
    }
}
