package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.Ram;
import io.millrace.hdl.bridge.UInt;
import io.millrace.hdl.bridge.Value;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.ProgramLayout;
import io.millrace.scheduler.ProgramLayout.Kind;
import io.millrace.scheduler.Timing;
import io.millrace.scheduler.Unit;

/**
 * Fetches the weights of a streamed matrix engine: walks a list of its own, asks for burst after burst while the FIFO has room for all its
 * beats, and gives the words to the engine a tile at a time.
 *
 * <p>An entry is read in the cycle after the grant of a firing's last burst, and its first request is up two cycles later. A word that is taken in
 * cycle c is at {@link #weights5} in c + 5. Where a word has several tiles, so is the one that is taken; the first of a firing is the first of a word.
 */
final class WeightFetcher extends Block {
    final Bit run;
    final ProgramBus program;
    /** The next burst: whether there is room for it, its number, and its beats. */
    final Bit request;

    final UInt burst;
    final UInt beats;
    /** The DRAM accepts the burst. */
    final Bit granted;

    /** A word comes in. */
    final Bit arrives;

    final Bits data;
    /** A tile's load takes its first word; that tile is a firing's first; a word is taken; the last is. */
    final Bit begins;

    final Bit beginsFiring;
    final Bit takes;
    final Bit ends;
    /** Whether all words of the running firing's next tile are there, and of the next firing's first. */
    final Bit enough;

    final Bit enoughForFiring;
    final Bits weights5;

    WeightFetcher(String name, Machine machine, Unit.Matrix m, ProgramSource source) {
        super(name);
        var layout = ProgramLayout.of(machine);
        var fields = layout.stream(m);
        int tileWords = m.tileLoadCycles();
        int burstBeats = machine.dram().burstBeats();
        int countBits = indexBits(m.fifoWords()) + 1;
        int wordBits = machine.dram().dataBytes() * 8;
        run = in("run", bit());
        program = ProgramBus.ports(this, source.shape());
        granted = in("granted", bit());
        arrives = in("arrives", bit());
        data = in("data", bits(wordBits));
        begins = in("begins", bit());
        beginsFiring = in("begins_firing", bit());
        takes = in("takes", bit());
        ends = in("ends", bit());

        // The bursts of the present firing.
        UInt left = state("words_left", uint(ProgramLayout.STREAM_WORDS_BITS), 0);
        UInt next = reg("burst_next", uint(ProgramLayout.BURST_BITS)).initial(0);
        UInt free = state("words_free", uint(countBits), m.fifoWords());
        int beatBits = Timing.log2Of(burstBeats) + 1;
        // The next burst is known a cycle behind its counts: between two grants neither turns from enough to less.
        Bit full = wire("full_burst", left.ge(burstBeats));
        UInt nextBeats = wire("next_beats", full.mux(UInt.of(burstBeats, beatBits), left.resize(beatBits)));
        UInt n = regNext("burst_beats", nextBeats);
        Bit endsFiring = regNext("ends_firing", left.eq(nextBeats.resize(ProgramLayout.STREAM_WORDS_BITS)));
        Bit asks = state("asks", bit(), 0);
        // Compared side by side, not with the smaller of the two.
        Bit room = full.mux(free.ge(burstBeats), free.ge(left.resize(beatBits).resize(countBits)));
        asks.set(left.ne(0).and(room).and(granted.not()));
        request = out("request", asks);
        burst = out("burst", next);
        beats = out("beats", n);
        Bit lastBurst = wire("last_burst", granted.and(endsFiring));
        when(granted, () -> {
            next.set(next.plus(1));
            left.set(left.minus(n.resize(ProgramLayout.STREAM_WORDS_BITS)));
        });
        UInt none = UInt.of(0, countBits);
        walk(m, layout, fields, left, next, lastBurst);

        // Words by the tile, or tiles by the word.
        var place = m.tilesPerBeat() > 1 ? new PlaceInWord(m.tilesPerBeat()) : null;
        Bit freed = place == null ? ends : place.leaves;
        Bit gone = place == null ? begins : place.leaves;
        free.set(free.plus(freed.mux(UInt.of(tileWords, countBits), none))
                .minus(granted.mux(n.resize(countBits), none)));
        UInt there = state("words_there", uint(countBits), 0);
        there.set(there.plus(arrives.asUInt().resize(countBits)).minus(gone.mux(UInt.of(tileWords, countBits), none)));
        enough = out("enough", enough("enough_there", there, gone, tileWords, tileWords, m.fifoWords()));
        enoughForFiring = place == null
                ? enough
                : out(
                        "enough_for_firing",
                        place.inside.mux(enough("one_more_there", there, gone, 1, 2, m.fifoWords()), enough));
        Ram fifo = ram("fifo", m.fifoWords(), wordBits);
        UInt writeAt = state("write_word", uint(fifo.addressBits()), 0);
        UInt readAt = state("read_word", uint(fifo.addressBits()), 0);
        Bit goes3 = delayPulse("takes", place == null ? takes : place.leaves, 3);
        UInt afterRead = wire("after_read", after(fifo, readAt));
        when(arrives, () -> writeAt.set(after(fifo, writeAt)));
        when(goes3, () -> readAt.set(afterRead));
        fifo.write(writeAt, data, arrives);
        int weightBits = layout.weightWordBits(m);
        Bits weights;
        if (place == null) {
            Bits word = fifo.read(readAt, Bit.of(true));
            weights = weightBits < wordBits ? word.slice(0, weightBits) : word;
        } else {
            // What a firing's last tile has left of a word is passed before the next one is read.
            Bit skips3 = delayPulse("skips", place.skips, 3);
            Bits word = fifo.read(skips3.mux(afterRead, readAt), Bit.of(true));
            UInt tile4 = delay("taken_tile", place.taken, 4);
            weights = Value.pick(
                    tile4,
                    split(word, m.tilesPerBeat()).stream()
                            .map(part -> part.slice(0, weightBits))
                            .toList());
        }
        weights5 = out("weights", regNext("weights_5", weights));
        clearUnless(run);
    }

    /** Where in a word of several tiles the next one is; each takes a cycle. */
    private final class PlaceInWord {
        /** The next tile of a firing is not the first of a word. */
        final Bit inside;
        /** A firing's first tile passes what is left of a word. */
        final Bit skips;
        /** A word is left, the tile being its last or skipping its rest. */
        final Bit leaves;
        /** The tile that is taken. */
        final UInt taken;

        PlaceInWord(int tilesPerWord) {
            int bits = indexBits(tilesPerWord);
            UInt next = state("tile_in_word", uint(bits), 0);
            inside = state("inside_word", bit(), 0);
            taken = wire("taken_tile", beginsFiring.mux(UInt.of(0, bits), next));
            skips = wire("skips_rest", begins.and(beginsFiring).and(inside));
            Bit last = wire("takes_last", begins.and(beginsFiring.not()).and(next.eq(tilesPerWord - 1)));
            leaves = wire("leaves_word", skips.or(last));
            when(begins, () -> {
                next.set(taken.plus(1));
                inside.set(last.not());
            });
        }
    }

    /** The place after one, the first after the last. */
    private static UInt after(Ram fifo, UInt place) {
        return fifo.words() == 1 << fifo.addressBits()
                ? place.plus(1)
                : place.eq(fifo.words() - 1).mux(UInt.of(0, fifo.addressBits()), place.plus(1));
    }

    /** Whether so many words are there: of the next count, without waiting for it. */
    private Bit enough(String name, UInt there, Bit gone, int tileWords, int least, int most) {
        Bit enoughThere = state(name, bit(), 0);
        enoughThere.set(gone.mux(
                reaches(there, arrives, (long) tileWords + least, most), reaches(there, arrives, least, most)));
        return enoughThere;
    }

    /** Whether a count of at most {@code most} is so much, together with one that may come. */
    private static Bit reaches(UInt count, Bit oneMore, long least, int most) {
        Bit without = least > most ? Bit.of(false) : count.ge(least);
        if (least - 1 > most) {
            return without;
        }
        // Any count reaches none: not compared, which lint would take amiss.
        return without.or(least == 1 ? oneMore : oneMore.and(count.ge(least - 1)));
    }

    /** The walk over the entries; sets the bursts of the next firing. */
    private void walk(
            Unit.Matrix m, ProgramLayout layout, ProgramLayout.Fields fields, UInt left, UInt next, Bit lastBurst) {
        var header = layout.listHeader(m);
        int memory = ProgramLayout.memoryId(m, Kind.STREAM);
        Bits headerWord = reg("stream_header", bits(header.bits())).init(0);
        when(
                program.writes(memory).and(program.address().eq(0)),
                () -> headerWord.set(program.data().slice(0, header.bits())));
        UInt last = field(headerWord, header, "last");
        UInt loopStart = field(headerWord, header, "loopStart");

        UInt index = state("entry", uint(header.bits("last")), 1);
        Bit fresh = state("fresh_entry", bit(), 1);
        Bit reads = state("reads_entry", bit(), 1);
        Bit captures = state("captures_entry", bit(), 0);
        Ram list = ram("stream", m.capacity().listEntries() + 1, fields.bits());
        program.fill(list, memory);
        Bits word = wire("item", list.read(index.resize(list.addressBits()), reads));
        UInt times = field(word, fields, "times");
        UInt jumpBack = field(word, fields, "jumpBack");
        UInt jumpTimes = field(word, fields, "jumpTimes");
        UInt timesLeft = state("times_left", uint(times.width()), 0);
        UInt jumps = state("jumps", uint(jumpTimes.width()), 0);

        reads.set(lastBurst);
        captures.set(reads);
        when(captures, () -> {
            next.set(field(word, fields, "burst"));
            left.set(field(word, fields, "words"));
            fresh.set(0);
            when(fresh, () -> timesLeft.set(times.minus(1)));
        });
        var place = new ListPlace(index, fresh, timesLeft, jumps, last, loopStart, jumpBack, jumpTimes);
        when(lastBurst, () -> nextFiring(place));
    }
}
