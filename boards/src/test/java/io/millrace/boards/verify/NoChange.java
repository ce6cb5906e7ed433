package io.millrace.boards.verify;

import io.millrace.quantizer.AccumulatorWidth;
import io.millrace.quantizer.QOp;
import io.millrace.quantizer.Requantizer;
import io.millrace.scheduler.Actor;
import io.millrace.scheduler.DramLayout;
import io.millrace.scheduler.Edge;
import io.millrace.scheduler.Geometry;
import io.millrace.scheduler.ListCursor;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.ProgramLayout.Kind;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Segment;
import io.millrace.scheduler.Timing;
import io.millrace.scheduler.Unit;
import io.millrace.scheduler.WeightStream;
import io.millrace.scheduler.Work;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Works out from a schedule that a field of its first descriptor or entry, one too large, can't change anything, whatever the frames and the
 * link. What is empty here has to be found by the proof chain.
 */
final class NoChange {
    private static final int WALK = 5000;
    private static final Pattern LANE_COMPARED = Pattern.compile(
            "^row_memory(\\d+): .*\\(\\((\\d+'b[01]+) < _zz_(read|write)_\\w+\\) .* became \\(\\(\\(\\2 \\+ 1'b1\\) < ");

    private NoChange() {}

    /**
     * Why a row memory's lane may compare itself with a run's first lane plus one: that differs for a run that begins one lane above, of which
     * this lane would be the last, and runs are shorter than all lanes.
     */
    static Optional<String> rowMemory(Machine machine, String description) {
        Matcher fault = LANE_COMPARED.matcher(description);
        if (!fault.find()) {
            return Optional.empty();
        }
        var memory = machine.memories().get(Integer.parseInt(fault.group(1)));
        int run = fault.group(3).equals("write")
                ? writeElements(machine.unit(memory.writer()))
                : readElements(machine.unit(memory.reader()));
        return when(run < memory.lanes(), "no run of " + run + " reaches round all " + memory.lanes() + " lanes");
    }

    private static int writeElements(Unit unit) {
        return switch (unit) {
            case Unit.HostIn h -> h.lanes();
            case Unit.Store s -> s.lanes();
            case Unit.Load l -> l.lanes();
            case Unit.Matrix m -> m.drain().lanes();
            case Unit.Vector v -> v.lanes();
            case Unit.HostOut _ -> 0;
        };
    }

    private static int readElements(Unit unit) {
        return switch (unit) {
            case Unit.HostIn _ -> 0;
            case Unit.Store s -> s.lanes();
            case Unit.Load l -> l.lanes();
            case Unit.Matrix m -> m.readElements();
            case Unit.Vector v -> v.lanes();
            case Unit.HostOut h -> h.lanes();
        };
    }

    /** Why one more in a field of the unit's first words changes nothing. */
    static Optional<String> field(Schedule s, Unit unit, Kind kind, String field, int word) {
        var actors = s.actors().stream().filter(a -> a.unit() == unit.id()).toList();
        if (actors.isEmpty()) {
            return Optional.of("the program puts nothing on the unit");
        }
        var actor = actors.getFirst();
        return switch (kind) {
            case LIST -> list(s, unit, field, word);
            case SEQUENCE -> sequence(s, unit, actor, field);
            case SEGMENTS ->
                when(
                        field.equals("row") && sameRows(s, actors, 1, 0),
                        "every row that the first segment reads stays inside or outside the map as it was; the row's address is a field of its own");
            case PARAMETERS -> parameters(s, unit, actor, field);
            case DRAIN -> drain(s, unit, actor, field);
            case STREAM -> stream(s, (Unit.Matrix) unit, field, word);
            case WEIGHTS, TABLES -> Optional.empty();
        };
    }

    private static Optional<String> when(boolean shown, String reason) {
        return shown ? Optional.of(reason) : Optional.empty();
    }

    private static Optional<String> list(Schedule s, Unit unit, String field, int word) {
        var entry = s.lists().get(unit.id()).entries().get(word - 1);
        return switch (field) {
            case "need", "free" -> when(unit instanceof Unit.HostIn, "the host-in unit reads no edge");
            case "jumpBack", "jumpTimes" ->
                when(entry.jumpBack() == 0, "a jump of no length, or taken no times, is none");
            case "times" ->
                when(s.lists().get(unit.id()).entries().size() == 1, "the list is one entry, fired for ever");
            case "endsFrame" ->
                when(
                        isMarkedForRows(unit) && firingsAlike(s, s.actor(entry.actor())),
                        "the last firing of a frame moves as many rows as the others, and the unit asks for no more");
            default -> Optional.empty();
        };
    }

    private static Optional<String> stream(Schedule s, Unit.Matrix unit, String field, int word) {
        var entries = WeightStream.of(s, unit, DramLayout.of(s)).entries();
        return switch (field) {
            case "jumpBack", "jumpTimes" ->
                when(entries.get(word - 1).jumpBack() == 0, "a jump of no length, or taken no times, is none");
            case "times" -> when(entries.size() == 1, "the stream is one entry, fetched for ever");
            default -> Optional.empty();
        };
    }

    /** Whether the end of a frame changes nothing in a unit but the rows of a firing. */
    private static boolean isMarkedForRows(Unit unit) {
        return switch (unit) {
            case Unit.HostIn _, Unit.Store _, Unit.Load _ -> true;
            case Unit.HostOut _, Unit.Matrix _, Unit.Vector _ -> false;
        };
    }

    private static boolean firingsAlike(Schedule s, Actor actor) {
        return s.geometry(actor).outputRows() % actor.rowsPerFiring() == 0;
    }

    private static Optional<String> sequence(Schedule s, Unit unit, Actor actor, String field) {
        Geometry g = s.geometry(actor);
        return switch (field) {
            case "multiPixel" -> when(unit instanceof Unit.Matrix m && m.pixels() == 1, "the engine has one pixel");
            case "stepSelect" ->
                when(
                        unit instanceof Unit.Matrix m
                                && (m.pixelSteps().size() < 2 || ((Work.Multiply) actor.work()).pixelsPerClock() == 1),
                        "there is no choice of steps, or the layer takes one pixel a clock");
            case "tileCyclesMin" -> {
                var work = (Work.Multiply) actor.work();
                int least = Math.min(
                        Timing.pixelClocks(work, g.rowsOf(0, actor.rowsPerFiring()), g.outputColumns()),
                        Timing.pixelClocks(
                                work,
                                g.rowsOf(g.firings(actor.rowsPerFiring()) - 1, actor.rowsPerFiring()),
                                g.outputColumns()));
                yield when(
                        least > Timing.tileCyclesMin(work),
                        "every tile reads for longer than one cycle more than the least");
            }
            case "inputRows" -> when(sameRows(s, List.of(actor), 0, 1), "no read reaches the row below the map");
            case "inSize" ->
                when(
                        unit instanceof Unit.Store
                                && s.edge(actor.inputs().getFirst()).slots() == actor.rowsPerFiring()
                                && firingsAlike(s, actor),
                        "a firing reads the whole buffer, from its beginning");
            case "rowElements" ->
                unit instanceof Unit.Store
                        ? Optional.of("what is stored behind a row's end is read by nobody")
                        : unit instanceof Unit.HostOut h
                                ? when(g.inputRowElements() % h.lanes() == 0, "the last beat of a row is full")
                                : when(
                                        !readsAt(s, unit, actor, g.inputRowElements()),
                                        "no lane that counts lies right behind a row");
            case "padValue" -> when(!pads(s, unit, actor), "no lane that counts lies outside the map");
            default ->
                when(
                        field.matches("out(Base|Size)\\d+")
                                && unit instanceof Unit.Load
                                && !writes(s, unit, actor, field),
                        "the layer has no reader in that memory");
        };
    }

    /** Whether an actor writes the memory whose number ends a field's name. */
    private static boolean writes(Schedule s, Unit unit, Actor actor, String field) {
        int number = Integer.parseInt(field.replaceAll("\\D", ""));
        int memory = s.machine().memoriesFrom(unit.id()).get(number).id();
        return actor.outputs().stream().anyMatch(e -> s.edge(e).memory() == memory);
    }

    private static List<Segment> segments(Actor actor) {
        return switch (actor.work()) {
            case Work.Multiply m -> m.segments();
            case Work.Reduce r -> r.taps();
            case Work.Receive _, Work.Send _, Work.Spill _, Work.Reload _ -> List.of();
        };
    }

    private static boolean outside(int row, int rows) {
        return row < 0 || row >= rows;
    }

    /** Whether rows read keep their side of the map's edges if segment 0 lies lower and the map is longer. */
    private static boolean sameRows(Schedule s, List<Actor> actors, int lower, int longer) {
        var first = actors.getFirst();
        for (Actor actor : actors) {
            if (lower > 0 && !segments(actor).equals(segments(first))) {
                continue; // entry 0 is not this actor's
            }
            Geometry g = s.geometry(actor);
            var all = segments(actor);
            for (int i = 0; i < all.size(); i++) {
                for (int out = 0; out < g.outputRows(); out++) {
                    int row = out * g.rowStride() - g.padTop() + all.get(i).row();
                    int moved = i == 0 ? row + lower : row;
                    if (outside(row, g.inputRows()) != outside(moved, g.inputRows() + longer)) {
                        return false;
                    }
                }
            }
        }
        return true;
    }

    /** Whether a lane that counts reads at this element of a row, in any output column. */
    private static boolean readsAt(Schedule s, Unit unit, Actor actor, int element) {
        return anyLane(s, unit, actor, at -> at == element);
    }

    private static boolean pads(Schedule s, Unit unit, Actor actor) {
        Geometry g = s.geometry(actor);
        for (Segment segment : segments(actor)) {
            for (int out = 0; out < g.outputRows(); out++) {
                if (outside(out * g.rowStride() - g.padTop() + segment.row(), g.inputRows())) {
                    return true;
                }
            }
        }
        return anyLane(s, unit, actor, at -> outside(at, g.inputRowElements()));
    }

    private static boolean anyLane(Schedule s, Unit unit, Actor actor, java.util.function.IntPredicate hit) {
        Geometry g = s.geometry(actor);
        int channels = g.inputChannels();
        for (Segment segment : segments(actor)) {
            int run = switch (unit) {
                case Unit.Matrix m -> {
                    int end = g.columnDilation() == 1
                            ? g.kernelColumns() * channels
                            : (segment.offset() / channels + 1) * channels;
                    yield Math.min(m.lanes(), end - segment.offset());
                }
                case Unit.Vector _ -> channels; // all groups together
                case Unit.HostIn _, Unit.HostOut _, Unit.Store _, Unit.Load _ -> 0;
            };
            for (int column = 0; column < g.outputColumns(); column++) {
                int first = (column * g.columnStride() - g.padLeft()) * channels + segment.offset();
                for (int i = 0; i < run; i++) {
                    if (hit.test(first + i)) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    private static Optional<String> drain(Schedule s, Unit unit, Actor actor, String field) {
        return switch (field) {
            case "table" -> when(s.node(actor).op().table().isEmpty(), "the layer has no table");
            case "multiPixel" -> when(unit instanceof Unit.Matrix m && m.pixels() == 1, "the engine has one pixel");
            default -> Optional.empty();
        };
    }

    private static Optional<String> parameters(Schedule s, Unit unit, Actor actor, String field) {
        if (!(s.node(actor).op() instanceof QOp.Conv conv) || !(unit instanceof Unit.Matrix)) {
            return Optional.empty();
        }
        int lane = Integer.parseInt(field.replaceAll("\\D", ""));
        if (lane >= conv.outputChannels()) {
            return Optional.of("the layer has no such channel");
        }
        var r = conv.requantizer();
        long bound = AccumulatorWidth.bound(conv, s.graph().precision());
        int m = r.multipliers().get(lane);
        int shift = r.shifts().get(lane);
        for (long a = -bound; a <= bound; a++) {
            int right = code(r, a, m, shift);
            int wrong = switch (field.replaceAll("\\d", "")) {
                case "bias" -> code(r, a + 1, m, shift);
                case "multiplier" -> code(r, a, m + 1, shift);
                default -> code(r, a, m, Math.min(63, shift + 1));
            };
            if (right != wrong) {
                return Optional.empty();
            }
        }
        return Optional.of("for no sum within the layer's bounds the channel's code is another");
    }

    private static int code(Requantizer r, long accumulator, int multiplier, int shift) {
        long limit = 1L << 24;
        long a = Math.clamp(accumulator >> r.preShift(), -limit, limit - 1);
        long v = (a * multiplier + (1L << (shift - 1))) >> shift;
        return (int) Math.clamp(r.zeroPoint() + v, (long) r.low(), (long) r.high());
    }

    /**
     * Why it does not matter that a buffer seems to have more than {@code slots} slots. One unit fires producer and consumer in a fixed order, so
     * that the rows in the buffer follow from the order alone: all freed but those of the last {@code Timing.FREE} firings.
     */
    static Optional<String> slots(Schedule s, Edge edge, int slots) {
        int unit = s.actor(edge.producer()).unit();
        if (s.actor(edge.consumer()).unit() != unit) {
            return Optional.empty();
        }
        var walk = new ListCursor(s.lists().get(unit));
        var late = new ArrayDeque<Integer>();
        int occupied = 0;
        for (int i = 0; i < WALK; i++) {
            var e = walk.head();
            if (late.size() > Timing.FREE) {
                occupied -= late.removeFirst();
            }
            if (e.actor() == edge.producer()) {
                if (occupied + e.rows() > slots) {
                    return Optional.empty();
                }
                occupied += e.rows();
            }
            late.addLast(e.actor() == edge.consumer() ? e.free().getFirst() : 0);
            walk.advance();
        }
        return Optional.of("in the order of the one unit that writes and reads the buffer there is always space");
    }
}
