package io.millrace.boards.synthesis;

import java.util.List;

/**
 * Longest paths between registers of a design, estimated without placing it.
 *
 * @param paths of each part of the design the longest that ends there, longest first
 */
public record TimingReport(List<Path> paths) {
    public TimingReport {
        paths = List.copyOf(paths);
    }

    /**
     * A path from a register, a memory or a multiplier to the next.
     *
     * @param part block in which it ends, by instance names without numbers
     * @param from where it starts, {@code to} where it ends: names of registers or memories
     * @param cells what it passes, in order, by the vendor's names, the two ends included
     * @param levels LUTs on it
     * @param carries carry cells of four bits on it
     * @param logicPs delay of cells in picoseconds
     * @param totalPs with an assumed delay of the nets between them
     */
    public record Path(
            String part,
            String from,
            String to,
            List<String> cells,
            int levels,
            int carries,
            int logicPs,
            int totalPs) {
        public Path {
            cells = List.copyOf(cells);
        }
    }

    /** The longest, in picoseconds with nets. */
    public int worstPs() {
        return paths.stream().mapToInt(Path::totalPs).max().orElse(0);
    }
}
