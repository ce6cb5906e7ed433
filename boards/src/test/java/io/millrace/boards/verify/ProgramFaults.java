package io.millrace.boards.verify;

import io.millrace.scheduler.DramLayout;
import io.millrace.scheduler.ProgramImage;
import io.millrace.scheduler.ProgramLayout;
import io.millrace.scheduler.ProgramLayout.Fields;
import io.millrace.scheduler.ProgramLayout.Kind;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Unit;
import io.millrace.scheduler.WeightStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Program images with one field one too large. */
final class ProgramFaults {
    private static final Set<String> TOKENS =
            Set.of("need", "free", "times", "endsFrame", "edgesOut", "edgeIn", "edgesIn");
    private static final Set<String> PADS =
            Set.of("padValue", "topStart", "topStep", "inputRows", "positionStart", "rowElements", "row");

    private final Schedule schedule;
    private final ProgramImage image;
    private final List<Fault> faults = new ArrayList<>();

    private ProgramFaults(Schedule schedule, ProgramImage image) {
        this.schedule = schedule;
        this.image = image;
    }

    /** @param shown why the fault can't change anything, where that follows from the schedule */
    record Fault(FaultKind kind, String name, ProgramImage image, Optional<String> shown) {}

    /**
     * Every field of the first list entry, of the first that jumps, of the first descriptor, segment and parameter word of each unit,
     * a weight, and each edge's slots.
     */
    static List<Fault> of(Schedule schedule, ProgramImage image) {
        var maker = new ProgramFaults(schedule, image);
        schedule.machine().units().forEach(maker::unit);
        return maker.faults;
    }

    /**
     * The fields that tell a range of columns from the others of its actor.
     *
     * @param descriptor number of a range that neither reserves nor commits
     * @param memory that the actor writes, among those of its unit
     */
    static List<Fault> ofRange(Schedule schedule, ProgramImage image, Unit unit, int descriptor, int memory) {
        var maker = new ProgramFaults(schedule, image);
        var layout = ProgramLayout.of(schedule.machine());
        for (var field : List.of("positionStart", "clocksPerRow", "edgesOut")) {
            maker.field(unit, Kind.SEQUENCE, layout.sequence(unit), field, descriptor);
        }
        for (var field : List.of("outBase" + memory, "columns", "edgesOut")) {
            maker.field(unit, Kind.DRAIN, layout.drain(unit), field, descriptor);
        }
        return maker.faults;
    }

    private void unit(Unit unit) {
        var machine = schedule.machine();
        var layout = ProgramLayout.of(machine);
        var entries = schedule.lists().get(unit.id()).entries();
        fields(unit, Kind.LIST, layout.list(unit), 1, "");
        for (int i = 1; i < entries.size(); i++) {
            if (entries.get(i).jumpBack() > 0) {
                fields(unit, Kind.LIST, layout.list(unit), i + 1, " of a jump");
                break;
            }
        }
        fields(unit, Kind.SEQUENCE, layout.sequence(unit), 0, "");
        if (unit instanceof Unit.Matrix || unit instanceof Unit.Vector) {
            fields(unit, Kind.DRAIN, layout.drain(unit), 0, "");
            fields(unit, Kind.SEGMENTS, layout.segment(unit), 0, "");
        }
        if (unit instanceof Unit.Matrix m) {
            fields(unit, Kind.PARAMETERS, layout.parameters(unit), 0, "");
            int weights = m.streamed() ? layout.dramMemoryId() : ProgramLayout.memoryId(m, Kind.WEIGHTS);
            int bits = machine.precision().bits();
            change(FaultKind.OFF_BY_ONE, m.name() + " weights 0", weights, 0, 0, bits, Optional.empty());
        }
        if (unit instanceof Unit.Matrix m && m.streamed()) {
            stream(m, layout);
        }
        for (var edge : schedule.edges()) {
            if (schedule.actor(edge.producer()).unit() == unit.id()) {
                change(
                        FaultKind.TOKEN_COUNT,
                        "edge " + edge.id() + " slots",
                        layout.edgeMemoryId(),
                        edge.id(),
                        0,
                        machine.limits().rows(),
                        NoChange.slots(schedule, edge, edge.slots()));
            }
        }
    }

    private void stream(Unit.Matrix m, ProgramLayout layout) {
        var entries = WeightStream.of(schedule, m, DramLayout.of(schedule)).entries();
        fields(m, Kind.STREAM, layout.stream(m), 1, "");
        for (int i = 1; i < entries.size(); i++) {
            if (entries.get(i).jumpBack() > 0) {
                fields(m, Kind.STREAM, layout.stream(m), i + 1, " of a jump");
                return;
            }
        }
    }

    private void fields(Unit unit, Kind kind, Fields fields, int word, String what) {
        for (var field : fields.fields()) {
            var shown = NoChange.field(schedule, unit, kind, field.name(), word);
            field(unit, kind, fields, field.name(), word, what, shown);
        }
    }

    private void field(Unit unit, Kind kind, Fields fields, String field, int word) {
        field(unit, kind, fields, field, word, " of range " + word, Optional.empty());
    }

    private void field(
            Unit unit, Kind kind, Fields fields, String field, int word, String what, Optional<String> shown) {
        String name = unit.name() + " " + kind.name().toLowerCase(Locale.ROOT) + " " + field + what;
        int offset = fields.offset(field);
        int split = fields.words() == 1 ? offset : offset % fields.wordBits();
        int at = fields.words() == 1 ? word : word * fields.stride() + offset / fields.wordBits();
        int all = fields.bits(field);
        int bits = fields.words() == 1 ? all : Math.min(all, fields.wordBits() - split);
        change(kindOf(kind, field), name, ProgramLayout.memoryId(unit, kind), at, split, bits, shown);
    }

    private static FaultKind kindOf(Kind kind, String field) {
        if (field.equals("weightBase")) {
            return FaultKind.WEIGHT_ADDRESS;
        }
        if (TOKENS.contains(field)) {
            return FaultKind.TOKEN_COUNT;
        }
        if (kind != Kind.DRAIN && PADS.contains(field)) {
            return FaultKind.WRONG_PAD;
        }
        return field.equals("tileCyclesMin") ? FaultKind.PIPELINE_CONSTANT : FaultKind.OFF_BY_ONE;
    }

    /** Adds one to {@code bits} bits of a word, from {@code offset} on, if the image has that word. */
    private void change(
            FaultKind kind, String name, int memory, int word, int offset, int bits, Optional<String> shown) {
        var sections = new ArrayList<>(image.sections());
        for (int s = 0; s < sections.size(); s++) {
            var section = sections.get(s);
            int index = word - section.startWord();
            if (section.memory() != memory || index < 0 || index >= section.words()) {
                continue;
            }
            int[] chunks = section.chunks();
            int base = index * section.chunksPerWord();
            for (int b = offset; b < offset + bits; b++) {
                chunks[base + b / 32] ^= 1 << (b % 32);
                if ((chunks[base + b / 32] & 1 << (b % 32)) != 0) {
                    break; // no carry into the next bit
                }
            }
            sections.set(s, new ProgramImage.Section(memory, section.startWord(), section.wordBits(), chunks));
            faults.add(new Fault(kind, name, new ProgramImage(image.designId(), image.programId(), sections), shown));
            return;
        }
    }
}
