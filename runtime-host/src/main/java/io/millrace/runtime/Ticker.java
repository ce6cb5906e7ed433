package io.millrace.runtime;

/** A monotonic clock. Tests put virtual time behind it. */
@FunctionalInterface
public interface Ticker {
    /** Nanoseconds since some fixed instant; never steps back. */
    long nanos();

    /** The clock of this machine. */
    static Ticker system() {
        return System::nanoTime;
    }
}
