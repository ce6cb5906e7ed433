package io.millrace.hdl.bridge;

/**
 * A queue between two clock domains: written in one, read in the other, in order and without loss. Only Gray-coded pointers cross
 * (Cummings, "Simulation and Synthesis Techniques for Asynchronous FIFO Design", SNUG 2002).
 *
 * <p>Write side: a word is taken at each edge where {@link #writeValid} and {@link #writeReady} are 1. Read side: {@link #readData}
 * holds the oldest word while {@link #readValid} is 1, and is dropped at each edge where {@link #readReady} is 1 as well. Both
 * domains must be reset together, for at least four cycles of the slower clock.
 */
public final class AsyncFifo extends Hardware {
    public final Bit writeValid = in("write_valid", Type.bit());
    public final Bits writeData;
    public final Bit writeReady = out("write_ready", Type.bit());
    public final Bit readReady = in("read_ready", Type.bit());
    public final Bit readValid = out("read_valid", Type.bit());
    public final Bits readData;

    /**
     * A queue of {@code depth} words of {@code wordBits} bits.
     *
     * @param depth a power of two, at least 4
     */
    public AsyncFifo(int wordBits, int depth, ClockDomain write, ClockDomain read) {
        this("async_fifo", wordBits, depth, write, read);
    }

    /** The same in a module of this name, for files that stand beside those of another design. */
    public AsyncFifo(String name, int wordBits, int depth, ClockDomain write, ClockDomain read) {
        super(name);
        if (depth < 4 || Integer.bitCount(depth) != 1) {
            throw new RtlException("an asynchronous queue needs a power of two of words, at least 4, not " + depth);
        }
        writeData = in("write_data", Type.bits(wordBits));
        readData = out("read_data", Type.bits(wordBits));
        Ram memory = ram("memory", depth, wordBits);
        Type<UInt> pointer = Type.uint(memory.addressBits() + 1);
        UInt written = inDomain(write, () -> reg("written", pointer).init(0));
        UInt fetched = inDomain(read, () -> reg("fetched", pointer).init(0));
        Bits writtenSeen = crossGray("written_gray", gray(written), write, read);
        Bits fetchedSeen = crossGray("fetched_gray", gray(fetched), read, write);

        Bit full = wire("full", gray(written).eq(fetchedSeen.xor(topTwo(pointer.width()))));
        writeReady.set(full.not());
        Bit push = wire("push", writeValid.and(full.not()));
        inDomain(write, () -> memory.write(written.resize(memory.addressBits()), writeData, push));
        when(push, () -> written.set(written.plus(1)));

        inDomain(read, () -> {
            Bit loaded = reg("loaded", Type.bit()).init(0);
            Bit fetch =
                    wire("fetch", gray(fetched).ne(writtenSeen).and(loaded.not().or(readReady)));
            readData.set(memory.readAcross(fetched.resize(memory.addressBits()), fetch));
            readValid.set(loaded);
            when(fetch, () -> {
                        fetched.set(fetched.plus(1));
                        loaded.set(1);
                    })
                    .elseWhen(readReady, () -> loaded.set(0));
        });
    }

    private static Bits gray(UInt binary) {
        return binary.asBits().xor(binary.shiftRight(1).resize(binary.width()).asBits());
    }

    private static Bits topTwo(int width) {
        return Bits.of(3L << (width - 2), width);
    }
}
