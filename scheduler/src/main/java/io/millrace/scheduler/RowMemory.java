package io.millrace.scheduler;

/**
 * The physical memory between a writing unit and a reading unit: one write port, one read port, {@code lanes} elements
 * a word, each granule of them a memory of its own so that a run of up to {@code lanes} elements can start at any granule.
 *
 * @param id position in {@link Machine#memories()}
 * @param lanes elements a word, a power of two
 * @param words depth
 * @param shared whether buffers in it may overlap, see {@link Schedule#sharing}
 * @param whole whether every read begins a word and every word is written from its first element on, one at a time, so that no lane needs a
 *     memory of its own; only where control is fixed to a program of which that is true
 * @param granule elements, a power of two, that are only written and read together: every run begins at a multiple of so many, and every write is of a multiple
 */
public record RowMemory(
        int id, int writer, int reader, int lanes, int words, boolean shared, boolean whole, int granule) {
    /** A memory of granules of one element, of buffers that may overlap. */
    public RowMemory(int id, int writer, int reader, int lanes, int words, boolean shared) {
        this(id, writer, reader, lanes, words, shared, false, 1);
    }

    /** A memory of buffers that lie apart. */
    public RowMemory(int id, int writer, int reader, int lanes, int words) {
        this(id, writer, reader, lanes, words, false);
    }

    public RowMemory {
        if (Integer.bitCount(lanes) != 1 || words < 1) {
            throw new IllegalArgumentException("lanes are a power of two, words at least one: " + lanes + ", " + words);
        }
        if (Integer.bitCount(granule) != 1 || granule > lanes) {
            throw new IllegalArgumentException("a granule is a power of two of " + lanes + " lanes: " + granule);
        }
    }

    /** The same, read in whole words or not. */
    public RowMemory withWhole(boolean wholeWords) {
        return new RowMemory(id, writer, reader, lanes, words, shared, wholeWords, granule);
    }

    /** Capacity in elements. */
    public int elements() {
        return lanes * words;
    }
}
