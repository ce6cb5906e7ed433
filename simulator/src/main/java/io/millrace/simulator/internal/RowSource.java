package io.millrace.simulator.internal;

/** Where the rows of an input map lie. */
interface RowSource {
    /** Array that holds row {@code row} of the map. */
    short[] array(int row);

    /** First element of the row in its array. */
    int offset(int row);

    /** A whole map in one array. */
    final class WholeMap implements RowSource {
        private final short[] codes;
        private final int pitch;

        WholeMap(short[] codes, int pitch) {
            this.codes = codes;
            this.pitch = pitch;
        }

        @Override
        public short[] array(int row) {
            return codes;
        }

        @Override
        public int offset(int row) {
            return row * pitch;
        }
    }

    /** Rows bound one by one. */
    final class Bound implements RowSource {
        private final short[][] rows;

        Bound(short[][] rows) {
            this.rows = rows;
        }

        @Override
        public short[] array(int row) {
            return rows[row];
        }

        @Override
        public int offset(int row) {
            return 0;
        }
    }
}
