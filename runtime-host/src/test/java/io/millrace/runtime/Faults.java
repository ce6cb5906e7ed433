package io.millrace.runtime;

/**
 * What a virtual link does to what it carries. Probabilities are per packet, {@code byteFault} per byte of a byte stream.
 *
 * @param loss packet vanishes
 * @param burst packet starts a burst in which the next {@code burstLength} vanish
 * @param duplicate packet comes twice
 * @param reorder packet is held back by up to {@code reorderNanos}
 * @param flip 1 to 32 bits of the packet are flipped
 * @param cut packet is cut short or grows
 * @param garbage random bytes come before the packet
 * @param byteFault a byte is lost, added or changed
 * @param untilNanos faults stop at this virtual time
 */
record Faults(
        double loss,
        double burst,
        int burstLength,
        double duplicate,
        double reorder,
        long reorderNanos,
        double flip,
        double cut,
        double garbage,
        double byteFault,
        long untilNanos) {
    static final Faults NONE = new Faults(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    static Faults loss(double p) {
        return new Faults(p, 0, 0, 0, 0, 0, 0, 0, 0, 0, Long.MAX_VALUE);
    }

    static Faults bursts(double p, int length) {
        return new Faults(0, p, length, 0, 0, 0, 0, 0, 0, 0, Long.MAX_VALUE);
    }

    static Faults duplicates(double p) {
        return new Faults(0, 0, 0, p, 0, 0, 0, 0, 0, 0, Long.MAX_VALUE);
    }

    static Faults reorders(double p, long nanos) {
        return new Faults(0, 0, 0, 0, p, nanos, 0, 0, 0, 0, Long.MAX_VALUE);
    }

    static Faults flips(double p) {
        return new Faults(0, 0, 0, 0, 0, 0, p, 0, 0, 0, Long.MAX_VALUE);
    }

    static Faults cuts(double p) {
        return new Faults(0, 0, 0, 0, 0, 0, 0, p, 0, 0, Long.MAX_VALUE);
    }

    static Faults garbage(double p) {
        return new Faults(0, 0, 0, 0, 0, 0, 0, 0, p, 0, Long.MAX_VALUE);
    }

    static Faults bytes(double p) {
        return new Faults(0, 0, 0, 0, 0, 0, 0, 0, 0, p, Long.MAX_VALUE);
    }

    Faults until(long nanos) {
        return new Faults(
                loss, burst, burstLength, duplicate, reorder, reorderNanos, flip, cut, garbage, byteFault, nanos);
    }
}
