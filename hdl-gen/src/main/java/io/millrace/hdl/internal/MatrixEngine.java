package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.Ram;
import io.millrace.hdl.bridge.SInt;
import io.millrace.hdl.bridge.UInt;
import io.millrace.hdl.bridge.Value;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.ProgramLayout;
import io.millrace.scheduler.ProgramLayout.Kind;
import io.millrace.scheduler.Timing;
import io.millrace.scheduler.Unit;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A matrix engine: tiles of a firing in order, one read a cycle, products summed over lanes and accumulated over segments; the drain
 * takes finished groups.
 */
final class MatrixEngine extends Engine {
    final WritePorts writes;

    /** Between fetcher and DRAM, where the weights are streamed. */
    final @Nullable StreamPorts stream;

    private final @Nullable WeightFetcher fetcher;

    private final Unit.Matrix m;

    MatrixEngine(String name, Machine machine, Unit.Matrix m, ProgramSource source) {
        super(name, machine, m, source);
        this.m = m;
        fetcher = m.streamed() ? inst("fetcher", () -> new WeightFetcher(name + "_fetcher", machine, m, source)) : null;
        stream = fetcher == null ? null : StreamPorts.through(this, fetcher);
        var limits = machine.limits();
        int elementBits = machine.precision().bits();

        // The walk over tiles, rows and pixel clocks.
        Bit running = state("running", bit(), 0);
        Bit waiting = state("waiting", bit(), 0);
        Bit readsDone = state("reads_done", bit(), 0);
        Bit tileFirst = state("tile_first", bit(), 0);
        UInt elapsed = state("elapsed", uint(2), 0);
        boolean small = source.fixed();
        var tile = new StepCounter(this, "tile", bitsOf("outputTiles"), now("outputTiles"), small);
        Bit firstTile = reg("first_tile", bit()).initial(0);
        int segmentBits = m.ownSegments() ? indexBits(unit.capacity().segments()) : bitsOf("segmentLast");
        UInt segment = reg("segment", uint(segmentBits)).initial(0);
        UInt segmentEnd = segmentEnd(segmentBits);
        var row = new StepCounter(this, "row", bitsOf("rows", "rowsLast"), rows, small);
        var clock = new StepCounter(this, "clock_in_row", bitsOf("clocksPerRow"), now("clocksPerRow"), small);
        var walk = new InputWalk(this);
        // With slots, in the slot.
        UInt word =
                reg("accumulator_word", uint(indexBits(m.accumulatorWords()))).initial(0);
        Bit firstSegment = reg("first_segment", bit()).initial(0);

        Bit inner = now("inner").bit(0);
        Bit lastTileIndex = tile.last;
        Bit segmentIsLast =
                small ? Bit.of(false) : reg("segment_is_last", bit()).initial(0);
        Bit lastSegment = small ? segment.eq(segmentEnd) : segmentIsLast;
        Bit lastTile = wire("last_tile", lastTileIndex.and(lastSegment));
        Bit read = wire("read", running.and(readsDone.not()));
        Bit lastClock = clock.last;
        Bit lastRead = wire("last_read", read.and(lastClock).and(row.last));
        // elapsed + 1 >= tileCyclesMin, which is at most 3; where logic is not what lacks, kept from the cycle before.
        UInt least = now("tileCyclesMin").resize(2);
        Bit longFromStart = least.bit(1).not();
        Bit longEnough = small
                ? wire(
                        "long_enough",
                        elapsed.bit(1)
                                .or(longFromStart)
                                .or(elapsed.bit(0).and(least.bit(0).not())))
                : reg("long_enough", bit()).initial(0);
        Bit tileEnd = wire("tile_end", running.and(readsDone.or(lastRead)).and(longEnough));
        Bit firingEnd = wire("firing_end", tileEnd.and(lastTile));
        Bit groupEnd = wire("group_end", tileEnd.and(inner.mux(lastTile, lastSegment)));

        var weightLoad = new WeightLoad(tileFirst, lastTile);
        Bit ready = weightLoad.ready;

        Bit idle = running.not().and(waiting.not());
        fire.set(idle.or(firingEnd).and(ready).and(headMayFire()));

        // Between tiles of a firing: a tile that opens a group also waits for its half.
        Bit opensGroup = inner.not().and(lastSegment);
        Bit opensGroupWaiting = state("opens_group", bit(), 0);
        Bit opens = wire("next_opens_group", waiting.mux(opensGroupWaiting, opensGroup));
        Bit between = wire("between_tiles", tileEnd.and(lastTile.not()).or(waiting));
        Bit nextTile = wire("next_tile", between.and(ready).and(opens.not().or(halfFree)));
        Bit starts = wire("tile_starts", fire.or(nextTile));
        tileFirst.set(starts);
        weightLoad.taken(starts);
        when(running, () -> elapsed.set(elapsed.eq(3).mux(elapsed, elapsed.plus(1))));
        if (!small) {
            longEnough.set(longFromStart.or(elapsed.ne(0)).or(least.bit(0).not()));
            when(starts, () -> longEnough.set(longFromStart));
            when(
                    fire,
                    () -> longEnough.set(next("tileCyclesMin").resize(2).bit(1).not()));
        }
        when(lastRead, () -> readsDone.set(1));
        when(tileEnd, () -> {
            running.set(0);
            when(lastTile.not(), () -> {
                waiting.set(1);
                opensGroupWaiting.set(opensGroup);
            });
        });
        when(starts, () -> {
            running.set(1);
            waiting.set(0);
            elapsed.set(0);
            readsDone.set(0);
        });

        when(read, () -> {
            word.set(word.plus(1));
            when(lastClock, () -> {
                        clock.begin(now("clocksPerRow"));
                        walk.firstColumn();
                        row.next();
                        walk.nextRow();
                    })
                    .otherwise(() -> {
                        clock.next();
                        walk.nextColumn();
                    });
        });
        // Tile and segment advance at the end of a tile, whether or not the next one starts at once.
        Runnable nextSegment = () -> {
            segment.set(segment.plus(1));
            if (!small) {
                segmentIsLast.set(segment.plus(1).eq(segmentEnd));
            }
        };
        when(tileEnd, () -> {
            row.begin(rows);
            clock.begin(now("clocksPerRow"));
            walk.firstRow();
            walk.firstColumn();
            when(
                            inner,
                            () -> when(lastTileIndex, () -> {
                                        tile.begin(now("outputTiles"));
                                        nextSegment.run();
                                        firstSegment.set(0);
                                        word.set(0);
                                    })
                                    .otherwise(() -> {
                                        tile.next();
                                        if (m.hasSlots()) {
                                            word.set(0);
                                        }
                                    }))
                    .otherwise(() -> {
                        word.set(0);
                        when(lastSegment, () -> {
                                    nextSegments(segment, segmentEnd);
                                    if (!small) {
                                        segmentIsLast.set(nextTileHasOne());
                                    }
                                    tile.next();
                                    firstTile.set(0);
                                    firstSegment.set(1);
                                })
                                .otherwise(() -> {
                                    nextSegment.run();
                                    firstSegment.set(0);
                                });
                    });
        });
        when(fire, () -> {
            tile.begin(next("outputTiles"));
            firstTile.set(1);
            row.begin(headRows);
            clock.begin(next("clocksPerRow"));
            if (!small) {
                segmentIsLast.set(next("segmentBase").eq(next("segmentLast")));
            }
            segment.set(next("segmentBase").resize(segment.width()));
            firstSegment.set(1);
            word.set(0);
            walk.begin();
            if (m.ownSegments()) {
                segmentEnd.set(next("segmentLast").resize(segmentBits));
            }
        });

        Bit groupStarts = wire("group_starts", fire.or(nextTile.and(opens)));
        Bit currentHalf = reg("current_half", bit()).initial(0);
        when(groupStarts, () -> currentHalf.set(half));
        freeRowsRead(firingEnd);

        Reader reader = connectReader(m.readElements(), segmentAfterStep(segment), walk);
        MacArray array = inst("array", () -> new MacArray(name + "_mac_array", m, elementBits));
        array.load.set(delayPulse("load_shadow", weightLoad.load, 5));
        array.loadWord.set(delay("load_shadow_word", weightLoad.loadWord, 5));
        array.weights.set(weightLoad.weights5);
        array.swap.set(delayPulse("swap", tileFirst, 5));
        array.activations.set(taps(reader.elements, active.ago("taps", 5).get("stepSelect"), elementBits));

        // Accumulation: sums are there u cycles after their read.
        int u = 7 + Timing.productLatency(machine.precision(), m) + Timing.sumLatency(m);
        UInt wordBefore = delay("word", word, u - 1);
        Bit halfBefore = delay("group_half", currentHalf, u - 1);
        Bit readBefore = delayPulse("accumulate", read, u - 1);
        Bit halfAt = regNext("group_half_u", halfBefore);
        Bit firstAt = delay("first", firstSegment, u);
        int words = m.outputs() * m.pixels();
        Drain drain = inst(
                "drain",
                () -> new Drain(
                        name + "_drain",
                        machine,
                        m,
                        m.drain(),
                        m.outputs(),
                        m.pixels(),
                        m.accumulatorWords(),
                        m.hasSlots() ? m.slotGranule() : 0,
                        m.accumulatorBits(),
                        source));
        // With slots a memory for each output channel, whose sums have their own place.
        var places = new ArrayList<UInt>();
        var begins = new ArrayList<Bit>();
        for (Bits code : array.codes) {
            int slotBits = indexBits(m.slots());
            places.add(placed(code.slice(0, slotBits).asUInt(), wordBefore, m.slotGranule()));
            begins.add(regNext("begins_" + begins.size(), code.bit(elementBits - 1)));
        }
        if (places.isEmpty()) {
            places.add(wordBefore);
            begins.add(firstAt);
        }
        int each = words / places.size();
        var stored = new ArrayList<Bits>();
        var rams = new ArrayList<List<Ram>>();
        for (int k = 0; k < 2; k++) {
            var ofOutputs = new ArrayList<Bits>();
            var ofHalf = new ArrayList<Ram>();
            for (int o = 0; o < places.size(); o++) {
                String which = "accumulators" + k + (places.size() > 1 ? "_" + o : "");
                Ram ram = ram(which, m.accumulatorWords(), each * m.accumulatorBits());
                UInt address = readBefore.and(halfBefore.eq(k)).mux(places.get(o), drain.accumulatorAddress);
                ofOutputs.add(ram.read(address.resize(ram.addressBits()), Bit.of(true)));
                ofHalf.add(ram);
            }
            stored.add(byPixel(ofOutputs));
            rams.add(ofHalf);
        }
        var before = split(halfAt.mux(stored.get(1), stored.get(0)), words);
        var sums = split(array.sums, words);
        var added = new ArrayList<Bits>();
        for (int i = 0; i < words; i++) {
            SInt partial = sums.get(i).asSInt().resize(m.accumulatorBits());
            SInt old = begins.get(i % begins.size())
                    .mux(SInt.of(0, m.accumulatorBits()), before.get(i).asSInt());
            added.add(regNext("accumulated" + i, old.plus(partial)).asBits());
        }
        Bit halfAfter = regNext("group_half_after", halfAt);
        Bit storeAfter = delayPulse("store", readBefore, 2);
        for (int o = 0; o < places.size(); o++) {
            UInt after = delay("word_after" + (places.size() > 1 ? "_" + o : ""), places.get(o), 2);
            Bits result = join(ofOutput(added, o, places.size()));
            for (int k = 0; k < 2; k++) {
                Ram ram = rams.get(k).get(o);
                ram.write(after.resize(ram.addressBits()), result, storeAfter.and(halfAfter.eq(k)));
            }
        }

        Bit opensFiring = inner.or(firstTile);
        connectDrain(
                drain,
                new Job(groupEnd, opensFiring, firingEnd, inner),
                groupStarts,
                new Halves(stored.get(0), stored.get(1)));
        writes = connectWrites(drain);
        clearUnless(ports.run);
    }

    /** A word of a slot, which begins where none of the word's bits are. */
    static UInt placed(UInt slot, UInt word, int granule) {
        int zeros = indexBits(granule);
        UInt begin = granule == 1
                ? slot
                : Bits.concat(slot.asBits(), Bits.of(0, zeros)).asUInt();
        int bits = Math.max(begin.width(), word.width());
        return begin.resize(bits).asBits().or(word.resize(bits).asBits()).asUInt();
    }

    /** Accumulators of each output channel's pixels, as those of each pixel's output channels. */
    private Bits byPixel(List<Bits> byOutput) {
        if (byOutput.size() == 1) {
            return byOutput.getFirst();
        }
        var lanes = byOutput.stream().map(b -> split(b, m.pixels())).toList();
        var all = new ArrayList<Bits>();
        for (int px = 0; px < m.pixels(); px++) {
            for (var lane : lanes) {
                all.add(lane.get(px));
            }
        }
        return join(all);
    }

    /** The accumulators of one of some output channels, pixel by pixel; of one, all. */
    private static List<Bits> ofOutput(List<Bits> accumulators, int output, int outputs) {
        return outputs == 1
                ? accumulators
                : IntStream.range(0, accumulators.size() / outputs)
                        .mapToObj(px -> accumulators.get(px * outputs + output))
                        .toList();
    }

    /** Loads the weights of a tile while the tile before it runs; the first of a firing as soon as the head is known. */
    private final class WeightLoad {
        final Bit load;
        final UInt loadWord;
        /** The weight word of a load cycle, five cycles later. */
        final Bits weights5;
        /** Whether the next tile's weights are there or arrive in time for a start in the next cycle. */
        final Bit ready;

        private final Bit loaded;

        WeightLoad(Bit tileFirst, Bit lastTile) {
            loaded = state("loaded", bit(), 0);
            Bit loading = state("loading", bit(), 0);
            Bit awaitsHead = state("awaits_head", bit(), 1);
            loadWord = state("load_word", uint(indexBits(m.tileLoadCycles())), 0);
            Bit due = awaitsHead.or(tileFirst.and(lastTile)).and(head.valid);
            Bit startsHead = wire("starts_head_load", fetcher == null ? due : due.and(fetcher.enoughForFiring));
            Bit startsNext = startsNext(tileFirst.and(lastTile.not()));
            load = wire("load", startsNext.or(startsHead).or(loading));
            // The last of several words follows others.
            Bit ongoing = m.tileLoadCycles() > 1 ? loading : load;
            Bit loadEnds = wire("load_ends", ongoing.and(loadWord.eq(m.tileLoadCycles() - 1)));
            weights5 = fetcher == null
                    ? weights5(startsHead, loadEnds)
                    : fetched5(fetcher, startsNext, startsHead, loadEnds);
            ready = wire("weights_ready", loaded.or(loadEnds));
            when(tileFirst.and(lastTile), () -> awaitsHead.set(1));
            when(startsHead, () -> awaitsHead.set(0));
            when(load, () -> {
                loading.set(1);
                loadWord.set(loadWord.plus(1));
            });
            when(loadEnds, () -> {
                loading.set(0);
                loadWord.set(0);
                loaded.set(1);
            });
        }

        /** The loaded weights are swapped in. */
        void taken(Bit starts) {
            when(starts, () -> loaded.set(0));
        }

        /** Whether the load of the running firing's next tile begins: at once, or when the fetcher has it. */
        private Bit startsNext(Bit tileStarts) {
            if (fetcher == null) {
                return tileStarts;
            }
            Bit awaitsTile = state("awaits_tile", bit(), 0);
            Bit starts = wire("starts_next_load", tileStarts.or(awaitsTile).and(fetcher.enough));
            when(tileStarts, () -> awaitsTile.set(1));
            when(starts, () -> awaitsTile.set(0));
            return starts;
        }

        /** The word that the fetcher gives for a load cycle, five cycles later. */
        private Bits fetched5(WeightFetcher words, Bit beginsNext, Bit beginsFiring, Bit ends) {
            words.run.set(ports.run);
            ports.program.drive(words.program);
            words.begins.set(beginsNext.or(beginsFiring));
            words.beginsFiring.set(beginsFiring);
            words.takes.set(load);
            words.ends.set(ends);
            return words.weights5;
        }

        /** The weight word of a load cycle, five cycles later. */
        private Bits weights5(Bit startsHead, Bit loadEnds) {
            boolean mapped = m.weightTiles() > 0;
            UInt place = mapped ? foundPlace1(startsHead, loadEnds) : nextPlace(startsHead);
            Ram weights = ram("weights", m.weightWords(), layout.weightWordBits(m));
            Bit written = ports.program.writes(ProgramLayout.memoryId(m, Kind.WEIGHTS));
            UInt address = written.mux(
                    ports.program.address().resize(weights.addressBits()),
                    delay("weight_address", place, mapped ? 2 : 3).resize(weights.addressBits()));
            Bits word =
                    weights.readWrite(address, ports.program.data().resize(weights.wordBits()), Bit.of(true), written);
            return regNext("weights_5", word);
        }

        /** The word of a load cycle: an actor's words follow each other. */
        private UInt nextPlace(Bit startsHead) {
            UInt weightWord =
                    reg("weight_word", uint(fields.bits("weightBase"))).initial(0);
            UInt loadAddress = wire("load_address", startsHead.mux(next("weightBase"), weightWord));
            when(load, () -> weightWord.set(loadAddress.plus(1)));
            return loadAddress;
        }

        /** The word of a load cycle, a cycle later: an actor's tiles follow each other in the map, which says where the words of each begin. */
        private UInt foundPlace1(Bit startsHead, Bit loadEnds) {
            UInt weightTile =
                    reg("weight_tile", uint(fields.bits("weightBase"))).initial(0);
            UInt loadTile = wire("load_tile", startsHead.mux(next("weightBase"), weightTile));
            when(load, () -> weightTile.set(loadEnds.mux(loadTile.plus(1), loadTile)));
            int wordBits = layout.tileMap(m).bits();
            Ram map = ram("tile_map", m.weightTiles(), wordBits);
            Bit written = ports.program.writes(ProgramLayout.memoryId(m, Kind.STREAM));
            UInt address =
                    written.mux(ports.program.address().resize(map.addressBits()), loadTile.resize(map.addressBits()));
            UInt first1 = map.readWrite(address, ports.program.data().resize(wordBits), Bit.of(true), written)
                    .asUInt();
            UInt word1 = regNext("tile_word_1", loadWord).resize(wordBits);
            return first1.plus(word1);
        }
    }

    /** The last segment of the present output tile. */
    private UInt segmentEnd(int bits) {
        return m.ownSegments()
                ? reg("segment_end", uint(bits)).initial(0)
                : now("segmentLast").resize(bits);
    }

    /** Goes on to the first segment of the next output tile. */
    private void nextSegments(UInt segment, UInt segmentEnd) {
        UInt base = now("segmentBase").resize(segment.width());
        if (!m.ownSegments()) {
            segment.set(base);
            return;
        }
        UInt step = now("segmentStep");
        segment.set(step.eq(0).mux(base, segment.plus(1)));
        segmentEnd.set(segmentEnd.plus(step.resize(segment.width())));
    }

    /** Whether the next output tile has one segment: it follows the last of this one, or all tiles have the same. */
    private Bit nextTileHasOne() {
        Bit same = now("segmentBase").eq(now("segmentLast"));
        return m.ownSegments()
                ? now("segmentStep").eq(0).mux(same, now("segmentStep").eq(1))
                : same;
    }

    /** X groups of S elements out of one read. */
    private Bits taps(Bits elements, UInt stepSelect, int elementBits) {
        var read = split(elements, m.readElements());
        var groups = new ArrayList<Bits>();
        groups.add(join(read.subList(0, m.lanes())));
        for (int px = 1; px < m.pixels(); px++) {
            var choices = new ArrayList<Bits>();
            for (int step : m.pixelSteps()) {
                choices.add(join(read.subList(px * step, px * step + m.lanes())));
            }
            groups.add(Value.pick(stepSelect, choices));
        }
        return join(groups);
    }
}
