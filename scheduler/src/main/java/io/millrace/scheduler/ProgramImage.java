package io.millrace.scheduler;

import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Everything a design needs loaded to run one network: firing lists, weights, tables, as words for its memories.
 *
 * <p>As a file, all fields little-endian:
 *
 * <pre>
 * byte  0  "MRPI"
 *       4  u32 version, 1
 *       8  design identity, 16 bytes
 *      24  program identity, 16 bytes
 *      40  u32 number of sections
 *      44  the sections, each
 *            u16 memory, u16 zero, u32 start word, u32 word bits, u32 words,
 *            payload: each word as ceil(word bits / 32) u32, lowest bits first, unused top bits zero
 *     end  u32 CRC-32C of all bytes before it
 * </pre>
 *
 * A board is sent {@link #loaderWords()}, the sections alone; the identities travel in the packet before.
 *
 * @param designId the design the sections' memories belong to; no other may load them
 * @param programId names this content; a board that names it already need not be loaded again
 */
public record ProgramImage(Identity designId, Identity programId, List<Section> sections) {
    private static final int MAGIC = 'M' | 'R' << 8 | 'P' << 16 | 'I' << 24;
    private static final int VERSION = 1;
    private static final int HEADER_BYTES = 44;
    private static final int SECTION_HEADER_WORDS = 4;

    /** Largest number of bits in one memory word. */
    public static final int WORD_BITS_MAX = 1 << 16;

    public ProgramImage {
        sections = List.copyOf(sections);
    }

    /** An image whose program identity is that of its content, so that equal programs have equal identities. */
    public static ProgramImage of(Identity designId, List<Section> sections) {
        byte[] content = bytes(new ProgramImage(designId, Identity.NONE, sections).loaderWords());
        return new ProgramImage(designId, Identity.ofContent(designId.toBytes(), content), sections);
    }

    /** Consecutive words of one memory. */
    public static final class Section {
        private final int memory;
        private final int startWord;
        private final int wordBits;
        private final int[] chunks;

        /**
         * @param memory 0 to 65,535, as the design numbers its memories
         * @param startWord address of the first word
         * @param wordBits 1 to {@link #WORD_BITS_MAX}
         * @param chunks all words, each as ceil(wordBits / 32) values, lowest bits first
         * @throws IllegalArgumentException if a field is out of range, the chunks are no whole number of words, or a
         *     word has a bit set above {@code wordBits}
         */
        public Section(int memory, int startWord, int wordBits, int[] chunks) {
            this.memory = memory;
            this.startWord = startWord;
            this.wordBits = wordBits;
            this.chunks = chunks.clone();
            String problem = problem(memory, startWord, wordBits, this.chunks);
            if (!problem.isEmpty()) {
                throw new IllegalArgumentException(problem);
            }
        }

        private static String problem(int memory, int startWord, int wordBits, int[] chunks) {
            if (memory < 0 || memory > 0xffff) {
                return "memory number " + memory + " is not in 0 to 65535";
            }
            if (startWord < 0) {
                return "start word " + startWord + " is negative";
            }
            if (wordBits < 1 || wordBits > WORD_BITS_MAX) {
                return "a word of " + wordBits + " bits is not in 1 to " + WORD_BITS_MAX;
            }
            int perWord = chunksPerWord(wordBits);
            if (chunks.length % perWord != 0) {
                return chunks.length + " chunks are no whole number of words of " + perWord;
            }
            int spare = perWord * 32 - wordBits;
            for (int i = perWord - 1; spare > 0 && i < chunks.length; i += perWord) {
                if (chunks[i] >>> (32 - spare) != 0) {
                    return "word " + i / perWord + " has bits set above its " + wordBits;
                }
            }
            return "";
        }

        private static int chunksPerWord(int wordBits) {
            return (wordBits + 31) / 32;
        }

        public int memory() {
            return memory;
        }

        public int startWord() {
            return startWord;
        }

        public int wordBits() {
            return wordBits;
        }

        /** Number of memory words. */
        public int words() {
            return chunks.length / chunksPerWord();
        }

        /** 32-bit values one word takes: ceil(wordBits / 32). */
        public int chunksPerWord() {
            return chunksPerWord(wordBits);
        }

        /** Bits {@code 32 * chunk} and up of one word; {@code word} counts from 0 within the section. */
        public int chunk(int word, int chunk) {
            return chunks[word * chunksPerWord() + chunk];
        }

        public int[] chunks() {
            return chunks.clone();
        }

        @Override
        public boolean equals(Object o) {
            return o instanceof Section s
                    && memory == s.memory
                    && startWord == s.startWord
                    && wordBits == s.wordBits
                    && Arrays.equals(chunks, s.chunks);
        }

        @Override
        public int hashCode() {
            return 31 * (31 * memory + startWord) + Arrays.hashCode(chunks);
        }

        @Override
        public String toString() {
            return "memory " + memory + " from word " + startWord + ": " + words() + " words of " + wordBits + " bits";
        }
    }

    /** What the board's loader is sent, in order: every section's four header words and its payload. */
    public int[] loaderWords() {
        int size = 0;
        for (Section s : sections) {
            size = Math.addExact(size, Math.addExact(SECTION_HEADER_WORDS, s.chunks.length));
        }
        var words = new int[size];
        int at = 0;
        for (Section s : sections) {
            words[at++] = s.memory;
            words[at++] = s.startWord;
            words[at++] = s.wordBits;
            words[at++] = s.words();
            System.arraycopy(s.chunks, 0, words, at, s.chunks.length);
            at += s.chunks.length;
        }
        return words;
    }

    /** The file's bytes. */
    public byte[] encode() {
        byte[] body = bytes(loaderWords());
        var out = ByteBuffer.allocate(Math.addExact(HEADER_BYTES + 4, body.length))
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(MAGIC)
                .putInt(VERSION)
                .put(designId.toBytes())
                .put(programId.toBytes())
                .putInt(sections.size())
                .put(body);
        return out.putInt(crc(out.array(), out.position())).array();
    }

    /**
     * Reads what {@link #encode()} wrote.
     *
     * @param bytes the whole file
     * @param file its name, for messages
     * @throws CompileException exit code 3, {@code SCH-0401} to {@code SCH-0404}, if it is anything else
     */
    public static ProgramImage decode(byte[] bytes, String file) {
        if (bytes.length < HEADER_BYTES + 4 || bytes.length % 4 != 0 || word(bytes, 0) != MAGIC) {
            throw refused("SCH-0401", file, "this is no program image: it does not start with MRPI or is cut short");
        }
        if (word(bytes, 4) != VERSION) {
            throw refused("SCH-0402", file, "program image version " + word(bytes, 4) + ", this tool reads " + VERSION);
        }
        int end = bytes.length - 4;
        if (crc(bytes, end) != word(bytes, end)) {
            throw refused("SCH-0403", file, "the checksum over its " + bytes.length + " bytes does not match");
        }
        var in = ByteBuffer.wrap(bytes, 0, end).order(ByteOrder.LITTLE_ENDIAN).position(8);
        var design = new byte[Identity.BYTES];
        var program = new byte[Identity.BYTES];
        in.get(design).get(program);
        int count = in.getInt();
        var sections = new ArrayList<Section>();
        for (int i = 0; i < count; i++) {
            sections.add(section(in, i, file));
        }
        if (count < 0 || in.hasRemaining()) {
            throw refused("SCH-0404", file, in.remaining() + " bytes follow its " + count + " sections");
        }
        return new ProgramImage(Identity.of(design), Identity.of(program), sections);
    }

    private static Section section(ByteBuffer in, int index, String file) {
        String name = "section " + index + " at byte " + in.position();
        if (in.remaining() < 4 * SECTION_HEADER_WORDS) {
            throw refused("SCH-0404", file, name + " has no whole header");
        }
        int memory = in.getInt();
        int startWord = in.getInt();
        int wordBits = in.getInt();
        int words = in.getInt();
        if (wordBits < 1 || wordBits > WORD_BITS_MAX) {
            throw refused("SCH-0404", file, name + " has words of " + wordBits + " bits, not 1 to " + WORD_BITS_MAX);
        }
        long chunkCount = (long) words * Section.chunksPerWord(wordBits);
        if (words < 0 || chunkCount * 4 > in.remaining()) {
            throw refused(
                    "SCH-0404",
                    file,
                    name + " names " + Integer.toUnsignedString(words) + " words of " + wordBits
                            + " bits, more than the file holds");
        }
        var chunks = new int[(int) chunkCount];
        for (int i = 0; i < chunks.length; i++) {
            chunks[i] = in.getInt();
        }
        String problem = Section.problem(memory, startWord, wordBits, chunks);
        if (!problem.isEmpty()) {
            throw refused("SCH-0404", file, name + ": " + problem);
        }
        return new Section(memory, startWord, wordBits, chunks);
    }

    private static CompileException refused(String code, String file, String problem) {
        return new CompileException(
                3,
                new Diagnostic(
                        code,
                        SourceRef.file(file),
                        problem,
                        "write it again with `millrace compile`, and copy it as a binary file"));
    }

    private static int word(byte[] bytes, int at) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(at);
    }

    private static byte[] bytes(int[] words) {
        var out = ByteBuffer.allocate(Math.multiplyExact(4, words.length)).order(ByteOrder.LITTLE_ENDIAN);
        out.asIntBuffer().put(words);
        return out.array();
    }

    private static int crc(byte[] bytes, int length) {
        var crc = new CRC32C();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }
}
