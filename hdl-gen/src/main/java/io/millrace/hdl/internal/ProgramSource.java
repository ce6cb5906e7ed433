package io.millrace.hdl.internal;

import io.millrace.scheduler.Machine;
import io.millrace.scheduler.ProgramImage.Section;
import io.millrace.scheduler.ProgramLayout;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Where the blocks of a machine find their program: on the bus that loads memories, or, with fixed control, in constants.
 *
 * @param shape of the bus
 * @param constants words from 0 on of each memory that is no memory but constants, by its id; empty for a machine that is loaded
 */
record ProgramSource(ProgramBus.Shape shape, Map<Integer, List<BigInteger>> constants) {
    ProgramSource {
        constants = Map.copyOf(constants);
    }

    /** The source of a machine's program, with the words of its memories that are constants. */
    static ProgramSource of(ProgramBus.Shape shape, Machine machine, List<Section> sections) {
        var constants = new HashMap<Integer, List<BigInteger>>();
        for (int id : ProgramLayout.of(machine).constantMemories()) {
            constants.put(id, words(sections, id));
        }
        return new ProgramSource(shape, constants);
    }

    /** A memory's words from 0 on; words that no section has are 0. */
    private static List<BigInteger> words(List<Section> sections, int memory) {
        var words = new ArrayList<BigInteger>();
        for (var section : sections) {
            for (int w = 0; section.memory() == memory && w < section.words(); w++) {
                while (words.size() <= section.startWord() + w) {
                    words.add(BigInteger.ZERO);
                }
                BigInteger word = BigInteger.ZERO;
                for (int c = 0; c < section.chunksPerWord(); c++) {
                    var chunk = BigInteger.valueOf(Integer.toUnsignedLong(section.chunk(w, c)));
                    word = word.or(chunk.shiftLeft(32 * c));
                }
                words.set(section.startWord() + w, word);
            }
        }
        return words;
    }

    /** Whether control is fixed. */
    boolean fixed() {
        return !constants.isEmpty();
    }

    /** Whether this memory is constants. */
    boolean fixed(int memory) {
        return constants.containsKey(memory);
    }

    /** The words of a memory that is constants. */
    List<BigInteger> words(int memory) {
        var words = constants.get(memory);
        if (words == null) {
            throw new IllegalStateException("memory " + memory + " is loaded, not constant");
        }
        return words;
    }
}
