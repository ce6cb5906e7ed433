package io.millrace.boards.verify;

import io.millrace.scheduler.Machine;
import io.millrace.scheduler.ProgramImage;
import io.millrace.scheduler.ProgramLayout;
import io.millrace.scheduler.ProgramLayout.Fields;
import io.millrace.scheduler.ProgramLayout.Kind;
import io.millrace.scheduler.Unit;
import java.util.ArrayList;
import java.util.List;

/** Program images with one field one too large. */
final class ProgramFaults {
    private ProgramFaults() {}

    record Fault(String name, ProgramImage image) {}

    /** Every field of the first list entry, descriptor, segment and parameter word of each unit, a weight, and each edge's slots. */
    static List<Fault> of(Machine machine, ProgramImage image) {
        var layout = ProgramLayout.of(machine);
        var faults = new ArrayList<Fault>();
        for (Unit unit : machine.units()) {
            fields(faults, image, unit, Kind.LIST, layout.list(unit), 1);
            fields(faults, image, unit, Kind.SEQUENCE, layout.sequence(unit), 0);
            if (unit instanceof Unit.Matrix || unit instanceof Unit.Vector) {
                fields(faults, image, unit, Kind.DRAIN, layout.drain(unit), 0);
                fields(faults, image, unit, Kind.SEGMENTS, layout.segment(unit), 0);
            }
            if (unit instanceof Unit.Matrix m) {
                fields(faults, image, unit, Kind.PARAMETERS, layout.parameters(unit), 0);
                change(faults, image, m.name() + " weights 0", ProgramLayout.memoryId(m, Kind.WEIGHTS), 0, 0, 8);
            }
        }
        for (int e = 0; e < machine.edges().size(); e++) {
            change(
                    faults,
                    image,
                    "edge " + e + " slots",
                    layout.edgeMemoryId(),
                    e,
                    0,
                    machine.limits().rows());
        }
        return faults;
    }

    private static void fields(List<Fault> faults, ProgramImage image, Unit unit, Kind kind, Fields fields, int word) {
        for (var field : fields.fields()) {
            String name = unit.name() + " " + kind.name().toLowerCase(java.util.Locale.ROOT) + " " + field.name();
            int offset = fields.offset(field.name());
            int split = fields.words() == 1 ? offset : offset % fields.wordBits();
            int at = fields.words() == 1 ? word : word * fields.stride() + offset / fields.wordBits();
            int bits = fields.words() == 1 ? field.bits() : Math.min(field.bits(), fields.wordBits() - split);
            change(faults, image, name, ProgramLayout.memoryId(unit, kind), at, split, bits);
        }
    }

    /** Adds one to {@code bits} bits of a word, from {@code offset} on, if the image has that word. */
    private static void change(
            List<Fault> faults, ProgramImage image, String name, int memory, int word, int offset, int bits) {
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
            faults.add(new Fault(name, new ProgramImage(image.designId(), image.programId(), sections)));
            return;
        }
    }
}
