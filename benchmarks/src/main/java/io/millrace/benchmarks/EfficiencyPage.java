package io.millrace.benchmarks;

import io.millrace.benchmarks.EfficiencyChart.Bar;
import io.millrace.benchmarks.EfficiencyChart.Group;
import io.millrace.benchmarks.EfficiencyChart.Mark;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Efficiencies of designs, their bounds, their losses and the peers' figures: a page of Markdown with two pictures. */
public final class EfficiencyPage {
    private final List<EfficiencyBench.Entry> boards;
    private final List<PeersBench.Entry> peers;

    public EfficiencyPage(List<EfficiencyBench.Entry> boards, List<PeersBench.Entry> peers) {
        this.boards = List.copyOf(boards);
        this.peers = List.copyOf(peers);
    }

    /** Whole boards, as SVG. */
    public String boardsPicture() {
        var groups = new ArrayList<Group>();
        for (var net : nets()) {
            var bars = boards.stream()
                    .filter(e -> e.subject().name().equals(net))
                    .map(e -> switch (e) {
                        case EfficiencyBench.Entry.Measured m ->
                            new Bar(
                                    m.board(),
                                    m.figures().efficiency(),
                                    m.figures().efficiencyBound());
                        case EfficiencyBench.Entry.Refused no -> new Bar(no.board(), 0, 0);
                    })
                    .toList();
            groups.add(new Group(
                    net,
                    bars,
                    documented(net).map(f -> new Mark(f.peer(), f.efficiency())).toList()));
        }
        return EfficiencyChart.of("Multiply-accumulates done, of all that the board's DSPs could do", groups);
    }

    /** Equal multipliers, as SVG. */
    public String peersPicture() {
        var groups = new ArrayList<Group>();
        for (var entry : peers) {
            var peer = entry.peer();
            var bar = switch (entry) {
                case PeersBench.Entry.Measured m ->
                    new Bar("Millrace", m.figures().efficiency(), m.figures().efficiencyBound());
                case PeersBench.Entry.Refused _ -> new Bar("Millrace", 0, 0);
            };
            groups.add(new Group(
                    peer.net() + " at " + peer.multipliers().orElseThrow(),
                    List.of(bar),
                    List.of(new Mark(peer.peer(), peer.efficiency()))));
        }
        return EfficiencyChart.of("Multiply-accumulates done, of all that as many multipliers could do", groups);
    }

    private static Stream<PeerFigure> documented(String net) {
        return PeerFigure.all().stream()
                .filter(f -> f.multipliers().isEmpty() && f.net().equals(net));
    }

    private LinkedHashSet<String> nets() {
        return boards.stream().map(e -> e.subject().name()).collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /**
     * The page.
     *
     * @param command that writes it
     * @param boardsPicture where the page finds the picture of whole boards
     * @param peersPicture where it finds that of equal multipliers
     */
    public String page(String command, Ledger.Origin origin, String boardsPicture, String peersPicture) {
        var lines = new ArrayList<String>();
        lines.add("# How much of the multipliers works");
        lines.add("");
        lines.add(
                "Multiply-accumulates of a frame (dense, padded taps included) over those that all multipliers could do in the");
        lines.add(
                "cycles that a frame takes. Nets of the literature with random weights, int8, each on the machine that the search");
        lines.add("finds for it. Written by");
        lines.add("");
        lines.add("    " + command);
        lines.add("");
        lines.add("with Millrace " + origin.version() + ", commit " + origin.commit() + ", on "
                + origin.date().substring(0, 10) + ". Cycles are simulated: steady state of several");
        lines.add(
                "frames in flight, DRAM model on, a host that never waits; frames/s are these at the board's assumed clock, beside what its host link allows. DSPs, block");
        lines.add("RAMs (36 kbit), LUTs and DRAM bytes are estimated. No board was involved.");
        boardsPart(lines, boardsPicture);
        peersPart(lines, peersPicture);
        return String.join("\n", lines) + "\n";
    }

    private void boardsPart(List<String> lines, String picture) {
        lines.add("");
        lines.add("## Of a whole board");
        lines.add("");
        lines.add("![Efficiency of each net and board, its bound, and others' figures](" + picture + ")");
        lines.add("");
        lines.add(
                "All DSPs of the board count, two products each at int8. The bound is what no machine of this architecture exceeds, by its");
        lines.add(
                "products, the least multipliers that its layers can share out without a rest, and the weights that have to come from");
        lines.add(
                "DRAM; the proof stands at the class `Bound`. Depthwise layers may be multiplied in logic, so their bound can be above 100 %. What limits a design");
        lines.add(
                "beyond it (rows on chip, reading weights more than once, drains, waiting) the bound does not count.");
        lines.add("");
        lines.add(
                "| net | board | batch of FC | MACs a frame | cycles a frame | efficiency | bound | bound by | frames/s | link allows | first frame, cycles | DSP | block RAMs | LUT | DRAM bytes a frame |");
        lines.add(
                "| --- | --- | ---: | ---: | ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        boards.forEach(entry -> lines.add(boardLine(entry)));
        refusals(
                lines,
                boards.stream()
                        .filter(EfficiencyBench.Entry.Refused.class::isInstance)
                        .map(EfficiencyBench.Entry.Refused.class::cast)
                        .flatMap(no -> no.reasons().stream()
                                .map(reason -> no.subject().name() + " on " + no.board() + ": " + reason)));
        lossesPart(lines);
        lines.add("");
        lines.add("Others on these nets, each against its own peak:");
        lines.add("");
        lines.add("| net | who | efficiency | kind | source |");
        lines.add("| --- | --- | ---: | --- | --- |");
        for (var net : nets()) {
            documented(net)
                    .forEach(f ->
                            lines.add("| " + net + " | " + f.peer() + " | " + EfficiencyChart.percent(f.efficiency())
                                    + " | " + f.kind().text() + " | " + f.source() + " |"));
        }
    }

    private static String boardLine(EfficiencyBench.Entry entry) {
        return switch (entry) {
            case EfficiencyBench.Entry.Refused no ->
                "| " + no.subject().name() + " | " + no.board() + " | "
                        + no.subject().batch() + " | refused | | | | | | | | | | | |";
            case EfficiencyBench.Entry.Measured m ->
                String.format(
                        Locale.ROOT,
                        "| %s | %s | %d | %,d | %,.0f | %s | %s | %s | %,.1f | %,.0f | %,d | %,d | %,d | %,d | %,d |",
                        m.subject().name(),
                        m.board(),
                        m.subject().batch(),
                        m.figures().macsPerFrame(),
                        m.figures().cyclesPerFrame(),
                        EfficiencyChart.percent(m.figures().efficiency()),
                        EfficiencyChart.percent(m.figures().efficiencyBound()),
                        m.figures().bound().limit().name().toLowerCase(Locale.ROOT),
                        m.figures().framesPerSecond(),
                        m.figures().cost().linkFramesPerSecond(),
                        m.figures().latencyCycles(),
                        m.figures().cost().resources().dsp(),
                        m.figures().cost().resources().bram36Total(),
                        m.figures().cost().resources().lut(),
                        m.figures().cost().dramBytesPerFrame());
        };
    }

    private void lossesPart(List<String> lines) {
        lines.add("");
        lines.add(
                "Where the rest went, in points of efficiency; a row's causes and its efficiency are 100 together. Waits are those of the");
        lines.add("matrix engines:");
        lines.add("");
        lines.add("| net | board | used | "
                + Stream.of(Losses.Cause.values()).map(Losses.Cause::text).collect(Collectors.joining(" | ")) + " |");
        lines.add("| --- | --- | ---: |" + " ---: |".repeat(Losses.Cause.values().length));
        for (var entry : boards) {
            if (entry instanceof EfficiencyBench.Entry.Measured m) {
                lines.add("| " + m.subject().name() + " | " + m.board() + " | "
                        + points(m.figures().efficiency()) + " | "
                        + Stream.of(Losses.Cause.values())
                                .map(cause -> points(m.losses().of(cause)))
                                .collect(Collectors.joining(" | "))
                        + " |");
            }
        }
    }

    private void peersPart(List<String> lines, String picture) {
        lines.add("");
        lines.add("## With as many multipliers as others");
        lines.add("");
        lines.add("![Efficiency on equal multipliers, its bound, and the others' figures](" + picture + ")");
        lines.add("");
        lines.add(
                "The limit is of the products a clock of all matrix engines (a DSP that makes two counts as two); the others' counts leave");
        lines.add(
                "out the multipliers that scale results, and so do these. Ours are one frame after the other with several in flight; theirs");
        lines.add(
                "are of one frame by itself. Where DRAM bytes are 0, weights stay on chip. NNgen's were fetched through a 32-bit port");
        lines.add(
                "every frame; Tensil's codes are of 16 bits. SCALE-Sim's nets are layers that do not meet: here each has an input and an");
        lines.add("output of its own, and one machine runs them all.");
        lines.add("");
        lines.add(
                "| net | multipliers | used | cycles a frame | efficiency | bound | DRAM bytes a frame | who | its cycles | its efficiency | kind | source |");
        lines.add("| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- | ---: | ---: | --- | --- |");
        peers.forEach(entry -> lines.add(peerLine(entry)));
        refusals(
                lines,
                peers.stream()
                        .filter(PeersBench.Entry.Refused.class::isInstance)
                        .map(PeersBench.Entry.Refused.class::cast)
                        .flatMap(no -> no.reasons().stream()
                                .map(reason -> no.peer().net() + " at "
                                        + no.peer().multipliers().orElseThrow() + ": " + reason)));
    }

    private static String peerLine(PeersBench.Entry entry) {
        var peer = entry.peer();
        String ours = switch (entry) {
            case PeersBench.Entry.Refused _ -> " | refused | | | | ";
            case PeersBench.Entry.Measured m ->
                String.format(
                        Locale.ROOT,
                        "%,d | %,.1f | %s | %s | %,d",
                        m.figures().cost().multipliers(),
                        m.figures().cyclesPerFrame(),
                        EfficiencyChart.percent(m.figures().efficiency()),
                        EfficiencyChart.percent(m.figures().efficiencyBound()),
                        m.figures().cost().dramBytesPerFrame());
        };
        return String.format(
                Locale.ROOT,
                "| %s | %,d | %s | %s | %,d | %s | %s | %s |",
                peer.net(),
                peer.multipliers().orElseThrow(),
                ours,
                peer.peer(),
                peer.cycles().orElseThrow(),
                EfficiencyChart.percent(peer.efficiency()),
                peer.kind().text(),
                peer.source());
    }

    private static void refusals(List<String> lines, Stream<String> reasons) {
        var all = reasons.toList();
        if (!all.isEmpty()) {
            lines.add("");
            lines.add("Refused:");
            lines.add("");
            all.forEach(reason -> lines.add("    " + reason));
        }
    }

    private static String points(double part) {
        return String.format(Locale.ROOT, "%.2f", 100 * part);
    }
}
