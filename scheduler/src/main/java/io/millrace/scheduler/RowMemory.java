package io.millrace.scheduler;

/**
 * The physical memory between a writing unit and a reading unit: one write port, one read port, {@code lanes} elements
 * a word, each lane a memory of its own so that a run of up to {@code lanes} elements can start at any element.
 *
 * @param id position in {@link Machine#memories()}
 * @param lanes elements a word, a power of two
 * @param words depth
 * @param shared whether buffers in it may overlap, see {@link Schedule#sharing}
 * @param whole whether every read begins a word and every word is written from its first element on, one at a time, so that no lane needs a
 *     memory of its own; only where control is fixed to a program of which that is true
 */
public record RowMemory(int id, int writer, int reader, int lanes, int words, boolean shared, boolean whole) {
    /** A memory that is read from any element on. */
    public RowMemory(int id, int writer, int reader, int lanes, int words, boolean shared) {
        this(id, writer, reader, lanes, words, shared, false);
    }

    /** A memory of buffers that lie apart. */
    public RowMemory(int id, int writer, int reader, int lanes, int words) {
        this(id, writer, reader, lanes, words, false);
    }

    public RowMemory {
        if (Integer.bitCount(lanes) != 1 || words < 1) {
            throw new IllegalArgumentException("lanes are a power of two, words at least one: " + lanes + ", " + words);
        }
    }

    /** The same, read in whole words or not. */
    public RowMemory withWhole(boolean wholeWords) {
        return new RowMemory(id, writer, reader, lanes, words, shared, wholeWords);
    }

    /** Capacity in elements. */
    public int elements() {
        return lanes * words;
    }
}
