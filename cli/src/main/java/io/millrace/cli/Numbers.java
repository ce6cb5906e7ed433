package io.millrace.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Whole numbers of options within bounds; anything else is a usage error that names the bounds. */
final class Numbers {
    private Numbers() {}

    /** How many of something: 1 or more. */
    static final class Count implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String text) {
            return (int) parse(text, 1, Integer.MAX_VALUE);
        }
    }

    /** Frames of a measurement: 10 or more, so that a short run can be taken off a long one. */
    static final class Frames implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String text) {
            return (int) parse(text, 10, Integer.MAX_VALUE);
        }
    }

    /** A bound, where 0 stands for none. */
    static final class Bound implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String text) {
            return (int) parse(text, 0, Integer.MAX_VALUE);
        }
    }

    /** A port to listen on, where 0 stands for any free one. */
    static final class Port implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String text) {
            return (int) parse(text, 0, 65535);
        }
    }

    private static long parse(String text, long low, long high) {
        try {
            long value = Long.parseLong(text);
            if (value >= low && value <= high) {
                return value;
            }
        } catch (NumberFormatException _) {
            // told below
        }
        throw new TypeConversionException("'" + text + "' is not a whole number from " + low + " to " + high);
    }
}
