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
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/**
 * The way out of an engine: takes the groups of accumulators in turn, walks output tile, row, column and beat, and writes the codes to
 * the row memories of the reading units.
 *
 * <p>A group's job is given in the last cycle e of the group. Its descriptor is fetched from e + 1 on; the first drain step d is
 * no earlier than {@code e + Timing.drainDelay}. A step takes {@code interval} cycles, d to a. Accumulators are addressed in d to a, parameters
 * too; the code is there in a + 7 + {@code Timing.narrowStages + Timing.requantizeStages}
 * (a + 2 without requantizer), {@code Timing.tableLatency} later with a table.
 */
final class Drain extends Block {
    final Bit run;
    final ProgramBus program;
    final Bit jobValid;
    final UInt jobActor;
    final Bit jobEndsFrame;
    final Bit jobOpensFiring;
    final Bit jobClosesFiring;
    final Bit jobInner;
    final Bit half;
    final UInt accumulatorAddress;
    /** Accumulators addressed in the cycle before, lane 0 lowest. */
    final Bits accumulators;

    final Bit halfDone;
    final Bit writeValid;
    final Bits writeMemories;
    final List<UInt> writeAddresses = new ArrayList<>();
    final UInt writeCount;
    final Bits writeData;
    /** 1 {@code Timing.TOKENS} cycles before the rows become visible. */
    final Bit commit;

    final UInt commitRows;
    final Bits commitEdges;

    /**
     * @param tileOutputs channels of a tile (P, or V)
     * @param pixels pixels of an accumulator word (X, or 1)
     * @param slotGranule accumulator words from one place of an output tile to the next, a power of two; 0 where tiles follow each other
     */
    Drain(
            String name,
            Machine machine,
            Unit unit,
            Unit.Drain spec,
            int tileOutputs,
            int pixels,
            int accumulatorWords,
            int slotGranule,
            int accumulatorBits,
            ProgramSource source) {
        super(name);
        var layout = ProgramLayout.of(machine);
        var limits = machine.limits();
        var fields = layout.drain(unit);
        int a = machine.addressBits();
        int words = fields.words();
        int codeBits = machine.precision().bits();
        int beatsFull = ProgramLayout.beatsFull(unit);
        int q = spec.lanes();
        int memories = machine.memoriesFrom(unit.id()).size();

        run = in("run", bit());
        program = ProgramBus.ports(this, source.shape());
        jobValid = in("job_valid", bit());
        jobActor = in("job_actor", uint(layout.actorBits(unit)));
        jobEndsFrame = in("job_ends_frame", bit());
        jobOpensFiring = in("job_opens_firing", bit());
        jobClosesFiring = in("job_closes_firing", bit());
        jobInner = in("job_inner", bit());
        accumulators = in("accumulators", bits(tileOutputs * pixels * accumulatorBits));

        // Jobs wait in the place of their accumulator half; the drain takes the halves in turn.
        Bit putHalf = state("put_half", bit(), 0);
        Bit takeHalf = state("take_half", bit(), 0);
        var pending = new ArrayList<Bit>();
        var matured = new ArrayList<Bit>();
        var actors = new ArrayList<UInt>();
        var flags = new ArrayList<Bits>();
        Bits jobFlags = Bits.concat(
                jobInner.asBits(), jobClosesFiring.asBits(), jobOpensFiring.asBits(), jobEndsFrame.asBits());
        for (int h = 0; h < 2; h++) {
            pending.add(state("pending" + h, bit(), 0));
            matured.add(state("matured" + h, bit(), 0));
            actors.add(reg("job_actor" + h, uint(jobActor.width())).initial(0));
            flags.add(reg("job_flags" + h, bits(4)).initial(0));
        }
        Bit mature = delayPulse("mature", jobValid, Timing.drainPipeline(machine, unit) - 2);
        Bit matureHalf = state("mature_half", bit(), 0);
        for (int h = 0; h < 2; h++) {
            int half = h;
            when(jobValid.and(putHalf.eq(h)), () -> {
                pending.get(half).set(1);
                actors.get(half).set(jobActor);
                flags.get(half).set(jobFlags);
            });
            when(mature.and(matureHalf.eq(h)), () -> matured.get(half).set(1));
        }
        when(jobValid, () -> putHalf.set(putHalf.not()));
        when(mature, () -> matureHalf.set(matureHalf.not()));
        Bit pendingNow = takeHalf.mux(pending.get(1), pending.get(0));
        Bit maturedNow = takeHalf.mux(matured.get(1), matured.get(0));
        UInt actor = takeHalf.mux(actors.get(1), actors.get(0));
        Bits flag = takeHalf.mux(flags.get(1), flags.get(0));
        Bit endsFrame = flag.bit(0);
        Bit opensFiring = flag.bit(1);
        Bit closesFiring = flag.bit(2);
        Bit inner = flag.bit(3);

        // Fetch of the descriptor and of the actor's place in its output buffer.
        Bit stepping = state("stepping", bit(), 0);
        Bit fetchedAll = state("fetched_all", bit(), 0);
        Bit fetching = state("fetching", bit(), 0);
        UInt word = state("word", uint(indexBits(words)), 0);
        Bit captures = state("captures", bit(), 0);
        Bit occupied = stepping.or(fetching).or(captures).or(fetchedAll);
        Bit begins = wire("fetch_begins", occupied.not().and(pendingNow));
        Bit reads = wire("fetch_reads", begins.or(fetching));
        when(
                reads,
                () -> when(word.eq(words - 1), () -> {
                            word.set(0);
                            fetching.set(0);
                        })
                        .otherwise(() -> {
                            word.set(word.plus(1));
                            fetching.set(1);
                        }));
        captures.set(reads);
        UInt captured = regNext("captured", word);
        Bit capturesLast = wire("captures_last", captures.and(captured.eq(words - 1)));
        int memory = ProgramLayout.memoryId(unit, Kind.DRAIN);
        var fetch = new Fetch(actor, word, reads, captures, captured);
        Descriptor descriptor = source.fixed(memory)
                ? fetchConstants(fetch, fields, source.words(memory))
                : fetchWords(fetch, fields, unit);
        when(capturesLast, () -> fetchedAll.set(1));

        var place = OutputPlace.inMemories(
                this, descriptor, unit.capacity().actors(), memories, source.fixed(), source.fixed(), true);
        int placeBits = place.bits;
        place.fetch(actor, begins);
        UInt rows = endsFrame.mux(descriptor.get("outRowsLast"), descriptor.get("outRows"));

        // The walk. Tile counters go on from group to group of a firing.
        Bit begin = wire("walk_begins", stepping.not().and(maturedNow).and(fetchedAll));
        boolean small = source.fixed();
        var tile = new StepCounter(this, "tile", descriptor.bits("outputTiles"), descriptor.get("outputTiles"), small);
        // Where rows may be written channel by channel, the distances are the actor's.
        boolean planes = spec.planes();
        int channelBits = planes ? Math.min(placeBits, limits.positions()) : descriptor.bits("channels");
        UInt tileChannel = reg("tile_channel", uint(channelBits)).initial(0);
        UInt tileParameter =
                reg("tile_parameter", uint(indexBits(spec.parameterWords()))).initial(0);
        var row = new StepCounter(this, "row", descriptor.bits("outRows", "outRowsLast"), rows, small);
        var column = new StepCounter(this, "column", descriptor.bits("columns"), descriptor.get("columns"), small);
        Bit lastTile = tile.last;
        UInt beatsLast = descriptor.get("beatsLast");
        int beatBits = indexBits(beatsFull + 1);
        UInt beats = beatsOf(lastTile, beatsLast, beatsFull, beatBits);
        var beat = new StepCounter(this, "beat", beatBits, beats, small);
        UInt pixel = reg("pixel", uint(indexBits(pixels))).initial(0);
        UInt interval = reg("interval", uint(indexBits(spec.interval()))).initial(0);
        UInt columnElement = reg("column_element", uint(Math.min(placeBits, limits.positions())))
                .initial(0);
        UInt beatElement = reg("beat_element", uint(tileChannel.width())).initial(0);
        boolean slots = slotGranule > 0;
        UInt address =
                reg("accumulator_word", uint(indexBits(accumulatorWords))).initial(0);
        UInt slot = slots
                ? reg("slot", uint(indexBits(accumulatorWords / slotGranule))).initial(0)
                : UInt.of(0, 1);
        UInt parameter =
                reg("parameter_word", uint(indexBits(spec.parameterWords()))).initial(0);
        UInt select = reg("select", uint(indexBits(beatsFull * pixels))).initial(0);

        UInt parameterBase =
                spec.requantize() ? descriptor.get("parameterBase") : UInt.of(0, indexBits(spec.parameterWords()));
        Bit oneParameter =
                spec.requantize() && unit instanceof Unit.Vector ? descriptor.flag("oneParameter") : Bit.of(false);
        Bit lastBeat = beat.last;
        Bit lastColumn = column.last;
        Bit lastRow = row.last;
        Bit endOfTile = wire("end_of_tile", lastBeat.and(lastColumn).and(lastRow));
        Bit lastOfGroup = slots ? slot.eq(descriptor.get("slotLast")) : inner.not();
        Bit endOfJob = wire("end_of_job", endOfTile.and(lastTile.or(lastOfGroup)));
        Bit step = wire("step", stepping.and(interval.eq(0)));
        Bit advance = wire("advance", stepping.and(interval.eq(spec.interval() - 1)));
        Bit multiPixel = pixels > 1 ? descriptor.flag("multiPixel") : Bit.of(false);
        Bit lastPixel = pixels > 1 ? multiPixel.not().or(pixel.eq(pixels - 1)) : Bit.of(true);
        Bit done = wire("done", advance.and(endOfJob));

        when(stepping, () -> interval.set(advance.mux(UInt.of(0, interval.width()), interval.plus(1))));
        when(begin, () -> {
            stepping.set(1);
            fetchedAll.set(0);
            interval.set(0);
            place.begin(opensFiring);
            row.begin(rows);
            column.begin(descriptor.get("columns"));
            beat.begin(beats);
            pixel.set(0);
            columnElement.set(0);
            beatElement.set(0);
            address.set(0);
            if (slots) {
                slot.set(0);
            }
            select.set(0);
            when(opensFiring, () -> {
                Bit onlyTile = descriptor.get("outputTiles").eq(1);
                tile.begin(descriptor.get("outputTiles"));
                beat.begin(beatsOf(onlyTile, beatsLast, beatsFull, beatBits));
                tileChannel.set(0);
                tileParameter.set(parameterBase);
                parameter.set(parameterBase);
            });
            when(opensFiring.not(), () -> parameter.set(tileParameter));
        });
        when(advance, () -> {
            when(lastBeat.not(), () -> {
                        beat.next();
                        UInt channel = planes
                                ? descriptor.get("beatStep").resize(channelBits)
                                : wrapping(q, beatElement.width());
                        beatElement.set(beatElement.plus(channel));
                        when(oneParameter.not(), () -> parameter.set(parameter.plus(1)));
                        select.set(select.plus(1));
                    })
                    .otherwise(() -> {
                        beat.begin(beats);
                        beatElement.set(0);
                        parameter.set(tileParameter);
                        when(lastPixel.or(lastColumn), () -> {
                                    pixel.set(0);
                                    select.set(0);
                                    address.set(address.plus(1));
                                })
                                .otherwise(() -> {
                                    pixel.set(pixel.plus(1));
                                    select.set(nextPixelSelect(pixel, pixels, beatsFull, select.width()));
                                });
                        when(lastColumn.not(), () -> {
                                    column.next();
                                    columnElement.set(columnElement.plus(descriptor
                                            .get(planes ? "columnStep" : "channels")
                                            .resize(columnElement.width())));
                                })
                                .otherwise(() -> {
                                    column.begin(descriptor.get("columns"));
                                    columnElement.set(0);
                                    row.next();
                                    place.nextRow();
                                });
                    });
            when(endOfTile, () -> {
                if (slots) {
                    address.set(0);
                    slot.set(slot.plus(descriptor.get("slotStep")));
                }
                row.begin(rows);
                place.firstRow();
                tile.next();
                beat.begin(beatsOf(tile.lastAfterThis(), beatsLast, beatsFull, beatBits));
                UInt channels = planes
                        ? descriptor.get("tileStep").resize(channelBits)
                        : wrapping(tileOutputs, tileChannel.width());
                tileChannel.set(tileChannel.plus(channels));
                UInt nextParameter = tileParameter.plus(wrapping(beatsFull, tileParameter.width()));
                when(oneParameter.not(), () -> {
                    tileParameter.set(nextParameter);
                    parameter.set(nextParameter);
                });
            });
        });
        when(done, () -> {
            stepping.set(0);
            takeHalf.set(takeHalf.not());
            for (int h = 0; h < 2; h++) {
                int half = h;
                when(takeHalf.eq(h), () -> {
                    pending.get(half).set(0);
                    matured.get(half).set(0);
                });
            }
        });
        place.store(actor, done.and(closesFiring));

        accumulatorAddress =
                out("accumulator_address", slots ? MatrixEngine.placed(slot, address, slotGranule) : address);
        half = out("half", takeHalf);
        halfDone = out("half_done", done);

        // Descriptor values for the late stages, to be read no later than codeAt cycles after the last step: held
        // from d + 3, again from d + 6, and once more where products take more cycles, of the job's steps. Without a
        // requantizer the descriptor itself holds.
        int more = Timing.requantizeStages(spec) - 1;
        int before = Timing.narrowStages(spec) - 1;
        int codeAt = spec.requantize() ? 9 + before + more : 2;
        int writeAt = codeAt + (spec.table() ? Timing.tableLatency(machine.precision()) : 0);
        Descriptor early = descriptor;
        Descriptor late = descriptor;
        if (spec.requantize()) {
            Bit step2 = delayPulse("late", step, 2);
            Bit step5 = delayPulse("later", step2, 3 + before);
            early = descriptor.held("early", step2, lateFields(spec, memories));
            late = early.held("late", step5, lateFields(spec, memories));
            if (more > 0) {
                late = late.held("latest", delayPulse("latest", step5, more), lateFields(spec, memories));
            }
        }
        int commitAt = Timing.commit(machine.precision(), spec) - Timing.TOKENS;
        int commitFieldsAt = Math.min(commitAt, codeAt);
        Bit commitPulse = delayPulse("commit", done.and(closesFiring), commitAt);
        commit = out("commit_valid", commitPulse);
        Bit commitsLast = delay("commit_ends_frame", endsFrame, commitFieldsAt);
        UInt committed = commitsLast.mux(late.get("outRowsLast"), late.get("outRows"));
        commitRows = out("commit_rows", delay("commit_rows_at", committed, commitAt - commitFieldsAt));
        commitEdges = out(
                "commit_edges",
                delay("commit_edges_at", late.get("edgesOut"), commitAt - commitFieldsAt)
                        .asBits());

        // d + 1: element addresses; d + 2: lanes chosen
        UInt channel1 = regNext("channel_1", tileChannel.plus(beatElement));
        Bit lastOfLast = lastTile.and(lastBeat);
        int lastFull = tileOutputs - (beatsFull - 1) * q;
        UInt elementsLast = descriptor.get("elementsLast");
        UInt count = lastOfLast.mux(
                elementsLast, lastBeat.mux(UInt.of(lastFull, elementsLast.width()), UInt.of(q, elementsLast.width())));
        writeValid = out("write_valid", delayPulse("write", advance, writeAt));
        writeCount = out("write_count", delay("count", count, writeAt));
        UInt memoriesAt = memories == 0 ? UInt.of(0, 1) : late.get("memoriesOut");
        writeMemories = out(
                "write_memories",
                delay("memories", memoriesAt, writeAt - codeAt).asBits());
        int addressAt = Math.max(2, Math.min(writeAt - 1, codeAt));
        for (int k = 0; k < memories; k++) {
            UInt rowPlace = place.rows.get(k);
            UInt placed1 = regNext("placed" + k + "_1", rowPlace.plus(columnElement.resize(rowPlace.width())));
            UInt relative2 = regNext("relative" + k + "_2", placed1.plus(channel1.resize(rowPlace.width())));
            UInt relative = delay("relative" + k, relative2, addressAt - 2);
            UInt at = relative.resize(a).plus(late.get("outBase" + k));
            writeAddresses.add(out("write_address" + k, delay("address" + k, at, writeAt - addressAt)));
        }

        UInt select1 = regNext("select_1", select);
        var lanes = split(accumulators, tileOutputs * pixels);
        var chosen = new ArrayList<SInt>();
        for (int i = 0; i < q; i++) {
            var choices = new ArrayList<Bits>();
            for (int k = 0; k < beatsFull * pixels; k++) {
                int channel = (k % beatsFull) * q + i;
                choices.add(lanes.get((k / beatsFull) * tileOutputs + Math.min(channel, tileOutputs - 1)));
            }
            chosen.add(
                    regNext("chosen" + i + "_2", Value.pick(select1, choices)).asSInt());
        }

        var codes = spec.requantize()
                ? requantized(layout, unit, spec, chosen, parameter, early, late, codeBits, step, advance)
                : chosen.stream().map(c -> c.resize(codeBits).asBits()).toList();
        if (spec.table()) {
            codes = switch (machine.precision()) {
                case INT8 -> tabled(unit, spec, codes, late, codeBits);
                case INT16 -> interpolated(layout, unit, spec, codes, late);
            };
        }
        writeData = out("write_data", join(codes));
        clearUnless(run);
    }

    /** Beats of a pixel in a tile. */
    private static UInt beatsOf(Bit lastTile, UInt beatsLast, int beatsFull, int bits) {
        return lastTile.mux(beatsLast.resize(bits), UInt.of(beatsFull, bits));
    }

    /** The first select value of the pixel after this one. */
    private static UInt nextPixelSelect(UInt pixel, int pixels, int beatsFull, int width) {
        var choices = new ArrayList<UInt>();
        for (int p = 0; p + 1 < Math.max(2, pixels); p++) {
            choices.add(UInt.of(Math.min((p + 1) * beatsFull, (1 << width) - 1), width));
        }
        return Value.pick(pixel, choices);
    }

    private List<Bits> requantized(
            ProgramLayout layout,
            Unit unit,
            Unit.Drain spec,
            List<SInt> chosen,
            UInt parameter,
            Descriptor early,
            Descriptor late,
            int codeBits,
            Bit step,
            Bit advance) {
        var parameterFields = layout.parameters(unit);
        Ram parameters = ram("parameters", spec.parameterWords(), parameterFields.bits());
        program.fill(parameters, ProgramLayout.memoryId(unit, Kind.PARAMETERS));
        Bits parameters2 =
                regNext("parameters_2", parameters.read(parameter.resize(parameters.addressBits()), Bit.of(true)));
        SInt zeroPoint = late.get("zeroPoint").asSInt();
        SInt low = late.get("low").asSInt();
        SInt high = late.get("high").asSInt();
        UInt preShift3 = spec.preShiftMax() > 0 ? early.get("preShift") : UInt.of(0, 1);
        var codes = new ArrayList<Bits>();
        for (int i = 0; i < chosen.size(); i++) {
            SInt accumulator = chosen.get(i);
            RequantizeLane lane = inst("requantize" + i, () -> new RequantizeLane(accumulator.width(), codeBits, spec));
            lane.first.set(step);
            lane.last.set(advance);
            lane.accumulator.set(accumulator);
            lane.bias.set(
                    field(parameters2, parameterFields, "bias" + i).asSInt().resize(accumulator.width()));
            lane.multiplier.set(
                    field(parameters2, parameterFields, "multiplier" + i).asSInt());
            lane.shift.set(field(parameters2, parameterFields, "shift" + i));
            lane.preShift.set(preShift3);
            lane.zeroPoint.set(zeroPoint);
            lane.low.set(low);
            lane.high.set(high);
            codes.add(lane.code.asBits());
        }
        return codes;
    }

    /** Fields that are read after the last step of a job. */
    private static List<String> lateFields(Unit.Drain spec, int memories) {
        var names = new ArrayList<>(List.of("edgesOut", "outRows", "outRowsLast", "zeroPoint", "low", "high"));
        if (spec.preShiftMax() > 0) {
            names.add("preShift");
        }
        if (spec.table()) {
            names.add("useTable");
            names.add("table");
        }
        if (memories > 0) {
            names.add("memoriesOut");
        }
        for (int k = 0; k < memories; k++) {
            names.add("outBase" + k);
        }
        return names;
    }

    /** Signals of a fetch. */
    private record Fetch(UInt actor, UInt word, Bit reads, Bit captures, UInt captured) {}

    /** The descriptor, word by word out of its memory. */
    private Descriptor fetchWords(Fetch fetch, ProgramLayout.Fields fields, Unit unit) {
        int words = fields.words();
        Ram descriptors = ram("descriptors", unit.capacity().actors() * fields.stride(), fields.wordBits());
        program.fill(descriptors, ProgramLayout.memoryId(unit, Kind.DRAIN));
        UInt address = words == 1
                ? fetch.actor
                : Bits.concat(
                                fetch.actor.asBits(),
                                fetch.word.resize(indexBits(fields.stride())).asBits())
                        .asUInt();
        Bits fetched = wire("fetched_word", descriptors.read(address.resize(descriptors.addressBits()), fetch.reads));
        var parts = new ArrayList<Bits>();
        for (int k = 0; k < words; k++) {
            int width = Math.min(fields.wordBits(), fields.bits() - k * fields.wordBits());
            Bits part = reg("descriptor" + k, bits(width)).initial(0);
            Bit mine = fetch.captures.and(fetch.captured.eq(k));
            when(mine, () -> part.set(fetched.slice(0, width)));
            parts.add(part);
        }
        return Descriptor.loaded(this, wire("descriptor", join(parts)), fields);
    }

    /** The number of the descriptor, in the cycles in which a loaded one would be there. */
    private Descriptor fetchConstants(Fetch fetch, ProgramLayout.Fields fields, List<BigInteger> constants) {
        UInt fetched = reg("fetched_number", fetch.actor.type()).initial(0);
        when(fetch.reads, () -> fetched.set(fetch.actor));
        UInt number = reg("number", fetch.actor.type()).initial(0);
        when(fetch.captures, () -> number.set(fetched));
        return Descriptor.fixed(this, number, fields, constants);
    }

    /** Codes looked up where the actor has a table, one cycle later. */
    private List<Bits> tabled(Unit unit, Unit.Drain spec, List<Bits> codes, Descriptor late, int codeBits) {
        UInt table = late.get("table");
        Bit useTable = regNext("use_table_9", late.flag("useTable"));
        var out = new ArrayList<Bits>();
        for (int i = 0; i < codes.size(); i++) {
            Ram ram = ram("table" + i, spec.tables() << codeBits, codeBits);
            program.fill(ram, ProgramLayout.memoryId(unit, Kind.TABLES));
            Bits code = codes.get(i);
            Bits index = Bits.concat(code.bit(codeBits - 1).not().asBits(), code.slice(0, codeBits - 1));
            UInt address = Bits.concat(table.asBits(), index).asUInt().resize(ram.addressBits());
            Bits looked = ram.read(address, Bit.of(true));
            out.add(useTable.mux(looked, regNext("code" + i + "_9", code)));
        }
        return out;
    }

    /** 16-bit codes interpolated where the actor has a table, {@code Timing.tableLatency} cycles later. */
    private List<Bits> interpolated(
            ProgramLayout layout, Unit unit, Unit.Drain spec, List<Bits> codes, Descriptor late) {
        int memory = ProgramLayout.memoryId(unit, Kind.TABLES);
        var out = new ArrayList<Bits>();
        for (int i = 0; i < codes.size(); i++) {
            SegmentTable lane =
                    inst("table" + i, () -> new SegmentTable(spec.tables(), memory, layout, program.shape()));
            program.drive(lane.program);
            lane.enable.set(late.flag("useTable"));
            lane.table.set(late.get("table"));
            lane.code.set(codes.get(i));
            out.add(lane.result);
        }
        return out;
    }
}
