package io.millrace.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Whole numbers of options within bounds; anything else is a usage error that names the bounds. */
final class Numbers {
    private Numbers() {}

    /** How many of something: 1 or more. */
    static final class Count extends Within {
        Count() {
            super(1, Integer.MAX_VALUE);
        }
    }

    /** Frames of a measurement: 10 or more, so that a short run can be taken off a long one. */
    static final class Frames extends Within {
        Frames() {
            super(10, Integer.MAX_VALUE);
        }
    }

    /** A bound, where 0 stands for none. */
    static final class Bound extends Within {
        Bound() {
            super(0, Integer.MAX_VALUE);
        }
    }

    /** A number of frames, of which there is always one at least, and no more than a host would keep. */
    static final class Batch extends Within {
        Batch() {
            super(1, 256);
        }
    }

    /** A port to listen on, where 0 stands for any free one. */
    static final class Port extends Within {
        Port() {
            super(0, 65535);
        }
    }

    private abstract static class Within implements ITypeConverter<Integer> {
        private final int low;
        private final int high;

        Within(int low, int high) {
            this.low = low;
            this.high = high;
        }

        @Override
        public final Integer convert(String text) {
            try {
                int value = Integer.parseInt(text);
                if (value >= low && value <= high) {
                    return value;
                }
            } catch (NumberFormatException _) {
                // told below
            }
            throw new TypeConversionException("'" + text + "' is not a whole number from " + low + " to " + high);
        }
    }
}
