package io.millrace.scheduler.internal;

import io.millrace.quantizer.QNode;
import io.millrace.quantizer.QuantizedGraph;
import io.millrace.scheduler.Geometry;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What a convolution uses of matrix engines of all shapes: multipliers times cycles, by the cycles it takes at least. A shape of P, S and X takes it
 * {@code ceil(M / P) * ceil(K / S) * ceil(pixels / X)} cycles, whatever the order of tiles and however taps and pixels are laid out.
 *
 * @param macs products of a frame
 * @param choices shapes worth having: more cycles go with less use, by ascending cycles; for all frames of a batch
 */
public record EngineShapes(long macs, List<Choice> choices) {
    public EngineShapes {
        choices = List.copyOf(choices);
    }

    /** @param use multipliers times cycles */
    public record Choice(long cycles, long use) {}

    /** The layers of a frame: what no result depends on is left out. */
    public static List<QNode> layers(QuantizedGraph graph) {
        return Skeleton.live(graph);
    }

    /**
     * The shapes for a layer.
     *
     * @param batch frames that are computed together; as one map where the layer can be, else one after the other
     * @param multipliersMax of an engine
     */
    public static EngineShapes of(Geometry g, int batch, int multipliersMax) {
        long pixels = (long) g.outputRows() * g.outputColumns();
        int taps = g.kernelRows() * g.kernelColumns() * g.groupChannels();
        boolean together = batch > 1 && g.batches();
        long times = together ? 1 : batch;
        int all = Math.toIntExact(together ? batch : pixels);
        var choices = new ArrayList<Choice>();
        var lanes = Sizing.leastParts(taps).reversed();
        var widths = Sizing.leastParts(all).reversed();
        for (int p : Sizing.leastParts(g.outputChannels())) {
            for (int s : lanes) {
                if ((long) p * s > multipliersMax) {
                    break;
                }
                long tiles = times * Math.ceilDiv(g.outputChannels(), p) * Math.ceilDiv(taps, s);
                for (int x : widths) {
                    long multipliers = (long) p * s * x;
                    if (multipliers > multipliersMax) {
                        break;
                    }
                    long cycles = tiles * Math.ceilDiv(all, x);
                    choices.add(new Choice(cycles, multipliers * cycles));
                }
            }
        }
        return new EngineShapes(pixels * g.outputChannels() * taps, front(choices));
    }

    /** Of a layer with a connection table: each product once, on as many multipliers as there are. */
    public static EngineShapes ofTable(long macs, int batch, int multipliersMax) {
        long all = macs * batch;
        return new EngineShapes(macs, List.of(new Choice(Math.ceilDiv(all, (long) multipliersMax), all)));
    }

    private static List<Choice> front(List<Choice> choices) {
        choices.sort(Comparator.comparingLong(Choice::cycles).thenComparingLong(Choice::use));
        var front = new ArrayList<Choice>();
        for (var choice : choices) {
            if (front.isEmpty() || choice.use() < front.getLast().use()) {
                front.add(choice);
            }
        }
        return front;
    }

    /** The least use within so many cycles; -1 if no shape is so fast. */
    public long leastUse(long cycles) {
        int faster = Partition.least(choices.size(), i -> choices.get(i).cycles() > cycles);
        return faster == 0 ? -1 : choices.get(faster - 1).use();
    }
}
