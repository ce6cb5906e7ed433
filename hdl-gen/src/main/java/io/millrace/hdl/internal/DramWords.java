package io.millrace.hdl.internal;

import io.millrace.scheduler.ProgramImage.Section;

/** The beats of a DRAM image, weight by weight. */
public final class DramWords {
    private final int weightBits;
    private final int wordBits;
    private final int chunksPerWord;
    private final int[] chunks;

    /**
     * @param words beats of the image
     * @param wordBits of a beat
     * @param weightBits of a weight
     */
    public DramWords(long words, int wordBits, int weightBits) {
        this.weightBits = weightBits;
        this.wordBits = wordBits;
        chunksPerWord = Math.ceilDiv(wordBits, 32);
        chunks = new int[Math.toIntExact(Math.multiplyExact(words, chunksPerWord))];
    }

    /** Sets a weight of a word that is still 0 there. */
    public void put(long word, int lane, int weight) {
        int bit = lane * weightBits;
        int field = weight & ((1 << weightBits) - 1);
        chunks[(int) (word * chunksPerWord + bit / 32)] |= field << bit % 32;
    }

    /** The image, from the first beat on. */
    public Section section(int memory) {
        return new Section(memory, 0, wordBits, chunks);
    }
}
