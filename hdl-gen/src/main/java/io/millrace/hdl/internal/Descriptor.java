package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.UInt;
import io.millrace.scheduler.ProgramLayout;
import io.millrace.scheduler.ProgramLayout.Fields;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * The fields of one descriptor in one cycle: wires from registers that were loaded, or constants chosen by a number in a register. Copies for
 * other cycles cost registers for their fields in the one case, for the number in the other.
 */
abstract sealed class Descriptor {
    final Block block;
    final Fields fields;

    private Descriptor(Block block, Fields fields) {
        this.block = block;
        this.fields = fields;
    }

    /** The fields of a word. */
    static Descriptor loaded(Block block, Bits word, Fields fields) {
        return new Loaded(block, fields, name -> Block.field(word, fields, name));
    }

    /** The fields of the constant word with this number. */
    static Descriptor fixed(Block block, UInt number, Fields fields, List<BigInteger> words) {
        return new Fixed(block, number, fields, words);
    }

    /** A field, as wide as it is declared. */
    abstract UInt get(String name);

    /** The fields so many cycles ago. */
    abstract Descriptor ago(String name, int cycles);

    /** The fields as they were when {@code sample} was last 1; only those named may be asked for. */
    abstract Descriptor held(String name, Bit sample, List<String> names);

    /** Bits that the largest value of any of these fields takes, at least 1. */
    abstract int bits(String... names);

    /** Bits of an address in a buffer of the size in this field. */
    abstract int placeBits(String size);

    /** Whether in every descriptor these fields are equal, but for those that are 0. */
    abstract boolean alikeOrZero(List<String> names);

    final Bit flag(String name) {
        return get(name).bit(0);
    }

    final Descriptor held(String name, Bit sample) {
        return held(
                name,
                sample,
                fields.fields().stream().map(ProgramLayout.Field::name).toList());
    }

    private static final class Loaded extends Descriptor {
        private final Function<String, UInt> source;
        private final Map<String, UInt> made = new HashMap<>();

        Loaded(Block block, Fields fields, Function<String, UInt> source) {
            super(block, fields);
            this.source = source;
        }

        @Override
        UInt get(String name) {
            return made.computeIfAbsent(name, source);
        }

        @Override
        Descriptor ago(String name, int cycles) {
            return new Loaded(block, fields, field -> block.delay(name + "_" + field, get(field), cycles));
        }

        @Override
        Descriptor held(String name, Bit sample, List<String> names) {
            var registers = new HashMap<String, UInt>();
            for (String field : names) {
                UInt register = block.register(name + "_" + field, fields.bits(field));
                block.on(sample, () -> register.set(get(field)));
                registers.put(field, register);
            }
            return new Loaded(block, fields, field -> {
                UInt register = registers.get(field);
                if (register == null) {
                    throw new IllegalStateException("field " + field + " is not held in " + name);
                }
                return register;
            });
        }

        @Override
        int bits(String... names) {
            return Arrays.stream(names).mapToInt(fields::bits).reduce(1, Math::max);
        }

        @Override
        int placeBits(String size) {
            return fields.bits(size) - 1;
        }

        @Override
        boolean alikeOrZero(List<String> names) {
            return names.size() <= 1;
        }
    }

    private static final class Fixed extends Descriptor {
        private final UInt number;
        private final List<BigInteger> words;

        Fixed(Block block, UInt number, Fields fields, List<BigInteger> words) {
            super(block, fields);
            this.number = number;
            this.words = List.copyOf(words);
        }

        private List<BigInteger> values(String name) {
            return Constants.field(words, fields, name);
        }

        @Override
        UInt get(String name) {
            return Constants.pick(number, values(name), fields.bits(name));
        }

        @Override
        Descriptor ago(String name, int cycles) {
            return new Fixed(block, block.delay(name + "_number", number, cycles), fields, words);
        }

        @Override
        Descriptor held(String name, Bit sample, List<String> names) {
            UInt register = block.register(name + "_number", number.width());
            block.on(sample, () -> register.set(number));
            return new Fixed(block, register, fields, words);
        }

        @Override
        int bits(String... names) {
            return Arrays.stream(names)
                    .mapToInt(name -> Constants.bits(values(name)))
                    .reduce(1, Math::max);
        }

        @Override
        boolean alikeOrZero(List<String> names) {
            return IntStream.range(0, words.size())
                    .allMatch(i -> names.stream()
                                    .map(name -> values(name).get(i))
                                    .filter(v -> v.signum() != 0)
                                    .distinct()
                                    .count()
                            <= 1);
        }

        @Override
        int placeBits(String size) {
            return Constants.bits(values(size).stream()
                    .map(v -> v.subtract(BigInteger.ONE).max(BigInteger.ZERO))
                    .toList());
        }
    }
}
