package io.millrace.scheduler;

import io.millrace.quantizer.QOp;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;

/**
 * Where the tiles of a matrix engine's layers lie in its weight memory. Layers whose tiles are all the same, as those of twin networks and
 * unrolled loops, have them in one place. On an engine that finds tiles by a map, so have equal output tiles of a convolution in
 * bands, which are those of planes that are not at the border.
 */
public final class WeightPlaces {
    /** A layer on the engine. */
    public record Layer(QOp.Conv conv, Geometry geometry, Work.Multiply work) {
        /** A layer of a schedule. */
        public static Layer of(Schedule schedule, Actor actor) {
            return new Layer(
                    (QOp.Conv) schedule.node(actor).op(), schedule.geometry(actor), (Work.Multiply) actor.work());
        }

        /** Whether another layer's tiles are these; what is cheap to compare comes first. */
        private boolean hasTilesOf(Layer o) {
            var a = geometry;
            var b = o.geometry;
            return a.outputChannels() == b.outputChannels()
                    && a.groups() == b.groups()
                    && a.bands().equals(b.bands())
                    && a.kernelRows() == b.kernelRows()
                    && a.kernelColumns() == b.kernelColumns()
                    && a.rowDilation() == b.rowDilation()
                    && a.columnDilation() == b.columnDilation()
                    && a.parts().equals(b.parts())
                    && work.order() == o.work.order()
                    && work.channelTiles() == o.work.channelTiles()
                    && work.slotWords() == o.work.slotWords()
                    && conv.weights().size() == o.conv.weights().size()
                    && conv.weights().equals(o.conv.weights())
                    && work.segments().equals(o.work.segments());
        }

        /** What decides the weights of an output tile, beside the layer. */
        private Content content(int tile, int outputs) {
            int first = tile * outputs;
            int count = Math.min(outputs, geometry.outputChannels() - first);
            int from = geometry.firstChannelOf(first);
            int to = geometry.endChannelOf(first + count - 1);
            int band = geometry.bandOf(first);
            boolean all = from == 0 && to == geometry.inputChannels();
            return new Content(first % conv.filters(), count, from - band, to - band, all);
        }

        private boolean repeatsTiles() {
            return conv.bands().isPresent()
                    && work.ownSegments()
                    && geometry.parts().size() == 1;
        }
    }

    /**
     * @param filter of the first output channel
     * @param from first channel that is read, counted from the first output channel's band
     * @param to behind the last one
     * @param all whether these are all channels, so that runs go on into the next kernel column
     */
    private record Content(int filter, int outputs, int from, int to, boolean all) {}

    /**
     * A tile whose weights are stored.
     *
     * @param layer position among the engine's layers
     * @param segment of the output tile
     */
    public record Tile(int layer, int outputTile, int segment) {}

    /**
     * How much there is.
     *
     * @param tiles of all layers, those with the same tiles counted once
     * @param stored of them in memory
     */
    public record Size(int tiles, int stored) {}

    private final List<Layer> layers;
    private final List<Integer> firstTiles = new ArrayList<>();
    /** By number of a tile, its position in {@link #stored}. */
    private final List<Integer> places = new ArrayList<>();

    private final List<Tile> stored = new ArrayList<>();

    private WeightPlaces(List<Layer> layers) {
        this.layers = List.copyOf(layers);
    }

    /**
     * The places of the layers of an engine of P outputs.
     *
     * @param mapped whether the engine finds tiles by a map
     */
    public static WeightPlaces of(List<Layer> layers, int outputs, boolean mapped) {
        var made = new WeightPlaces(layers);
        int[] firsts = firstsOf(layers);
        for (int i = 0; i < firsts.length; i++) {
            if (firsts[i] < i) {
                made.firstTiles.add(made.firstTiles.get(firsts[i]));
            } else {
                made.firstTiles.add(made.places.size());
                made.add(i, outputs, mapped && layers.get(i).repeatsTiles());
            }
        }
        return made;
    }

    /** The places of an engine's actors; none if its weights are in DRAM. */
    public static WeightPlaces of(Schedule schedule, Unit.Matrix m) {
        var layers = schedule.actors().stream()
                .filter(a -> a.unit() == m.id() && !m.streamed())
                .map(a -> Layer.of(schedule, a))
                .toList();
        return of(layers, m.outputs(), m.weightTiles() > 0);
    }

    /** The size of {@link #of(List, int, boolean)}, without the places: for searches. */
    public static Size sizeOf(List<Layer> layers, int outputs, boolean mapped) {
        int tiles = 0;
        int stored = 0;
        int[] firsts = firstsOf(layers);
        for (int i = 0; i < firsts.length; i++) {
            if (firsts[i] == i) {
                var work = layers.get(i).work;
                tiles += work.tiles();
                stored += mapped && layers.get(i).repeatsTiles()
                        ? contents(layers.get(i), outputs) * work.segmentsPerTile()
                        : work.tiles();
            }
        }
        return new Size(tiles, stored);
    }

    private static int contents(Layer layer, int outputs) {
        var contents = new HashSet<Content>();
        for (int tile = 0; tile < layer.work.outputTiles(); tile++) {
            contents.add(layer.content(tile, outputs));
        }
        return contents.size();
    }

    /** By layer, the first earlier one with the same tiles, or its own position. */
    static int[] firstsOf(List<Layer> layers) {
        var firsts = new int[layers.size()];
        for (int i = 0; i < firsts.length; i++) {
            int first = 0;
            while (first < i && !layers.get(i).hasTilesOf(layers.get(first))) {
                first++;
            }
            firsts[i] = first;
        }
        return firsts;
    }

    /** Tiles in the order in which a firing runs them. */
    private void add(int layer, int outputs, boolean repeats) {
        var work = layers.get(layer).work;
        boolean outer = work.order() == Work.TileOrder.OUTPUTS_OUTER;
        int segments = work.segmentsPerTile();
        var known = new HashMap<Content, Integer>();
        int begin = stored.size();
        for (int i = 0; i < work.tiles(); i++) {
            int tile = outer ? i / segments : i % work.outputTiles();
            int segment = outer ? i % segments : i / work.outputTiles();
            int next = stored.size();
            if (repeats && segment == 0) {
                begin = known.computeIfAbsent(layers.get(layer).content(tile, outputs), _ -> next);
            }
            int place = repeats ? begin + segment : next;
            places.add(place);
            if (place == next) {
                stored.add(new Tile(layer, tile, segment));
            }
        }
    }

    /** Number of a layer's first tile; those of a firing follow in its order. */
    public int firstTile(int layer) {
        return firstTiles.get(layer);
    }

    /** By number of a tile, which of the {@link #stored} ones it is. */
    public List<Integer> places() {
        return List.copyOf(places);
    }

    /** The tiles in memory, in their order there. */
    public List<Tile> stored() {
        return List.copyOf(stored);
    }

    public Layer layer(int index) {
        return layers.get(index);
    }
}
