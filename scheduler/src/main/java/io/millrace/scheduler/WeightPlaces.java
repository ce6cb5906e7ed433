package io.millrace.scheduler;

import io.millrace.quantizer.QOp;
import io.millrace.quantizer.Weights;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Where the tiles of a matrix engine's layers lie in its weight memory. Layers whose tiles are all the same, as those of twin networks and
 * unrolled loops, have them in one place. On an engine that finds tiles by a map, so have the equal tiles of a convolution in bands,
 * which are those of planes that are not at the border.
 */
public final class WeightPlaces {
    /** A layer on the engine. */
    public record Layer(QOp.Conv conv, Geometry geometry, Work.Multiply work) {
        /** A layer of a schedule. */
        public static Layer of(Schedule schedule, Actor actor) {
            return new Layer(
                    (QOp.Conv) schedule.node(actor).op(), schedule.geometry(actor), (Work.Multiply) actor.work());
        }
    }

    /**
     * A tile whose weights are stored.
     *
     * @param layer position among the engine's layers
     * @param segment of the output tile
     */
    public record Tile(int layer, int outputTile, int segment) {}

    /** What two layers with the same tiles have in common. */
    private record Key(
            Weights weights,
            Work.TileOrder order,
            List<Segment> segments,
            boolean ownSegments,
            List<Integer> parts,
            int outputs,
            int groups,
            Geometry.Bands bands,
            List<Integer> kernel) {
        static Key of(Layer layer) {
            var g = layer.geometry;
            return new Key(
                    layer.conv.weights(),
                    layer.work.order(),
                    layer.work.segments(),
                    layer.work.ownSegments(),
                    g.parts(),
                    g.outputChannels(),
                    g.groups(),
                    g.bands(),
                    List.of(g.kernelRows(), g.kernelColumns(), g.rowDilation(), g.columnDilation()));
        }
    }

    /**
     * What decides the weights of a tile of a convolution in bands, beside its layer.
     *
     * @param filter of the first output channel
     * @param channel first one that is read, counted from the first output channel's band
     * @param wraps whether the run goes on into the next kernel column
     */
    private record Content(int layer, int filter, int outputs, int tap, int channel, int length, boolean wraps) {}

    private final int outputs;
    private final int lanes;
    private final List<Layer> layers;
    private final List<Integer> firstTiles = new ArrayList<>();
    /** By number of a tile, its position in {@link #stored}. */
    private final List<Integer> places = new ArrayList<>();

    private final List<Tile> stored = new ArrayList<>();

    private WeightPlaces(List<Layer> layers, int outputs, int lanes) {
        this.layers = List.copyOf(layers);
        this.outputs = outputs;
        this.lanes = lanes;
    }

    /**
     * The places of the layers of an engine of P outputs and S lanes.
     *
     * @param mapped whether the engine finds tiles by a map
     */
    public static WeightPlaces of(List<Layer> layers, int outputs, int lanes, boolean mapped) {
        var made = new WeightPlaces(layers, outputs, lanes);
        var known = new HashMap<Key, Integer>();
        var contents = new HashMap<Content, Integer>();
        for (int i = 0; i < layers.size(); i++) {
            Integer first = layers.size() == 1 ? null : known.putIfAbsent(Key.of(layers.get(i)), made.places.size());
            made.firstTiles.add(first == null ? made.places.size() : first);
            if (first == null) {
                made.add(i, mapped && layers.get(i).conv.bands().isPresent(), contents);
            }
        }
        return made;
    }

    /** The places of an engine's actors. */
    public static WeightPlaces of(Schedule schedule, Unit.Matrix m) {
        var layers = schedule.actors().stream()
                .filter(a -> a.unit() == m.id())
                .map(a -> Layer.of(schedule, a))
                .toList();
        return of(layers, m.outputs(), m.lanes(), m.weightTiles() > 0);
    }

    /** By layer, the first earlier one with the same tiles, or its own position. */
    static int[] firstsOf(List<Layer> layers) {
        var known = new HashMap<Key, Integer>();
        var firsts = new int[layers.size()];
        for (int i = 0; i < firsts.length; i++) {
            int own = i;
            firsts[i] = known.computeIfAbsent(Key.of(layers.get(i)), _ -> own);
        }
        return firsts;
    }

    /** Tiles in the order in which a firing runs them. */
    private void add(int layer, boolean shares, Map<Content, Integer> contents) {
        var work = layers.get(layer).work;
        boolean outer = work.order() == Work.TileOrder.OUTPUTS_OUTER;
        int segments = work.segmentsPerTile();
        for (int i = 0; i < work.tiles(); i++) {
            int tile = outer ? i / segments : i % work.outputTiles();
            int segment = outer ? i % segments : i / work.outputTiles();
            int next = stored.size();
            int place = shares ? contents.computeIfAbsent(content(layer, tile, segment), _ -> next) : next;
            places.add(place);
            if (place == next) {
                stored.add(new Tile(layer, tile, segment));
            }
        }
    }

    private Content content(int layer, int tile, int segment) {
        var g = layers.get(layer).geometry;
        var conv = layers.get(layer).conv;
        int first = tile * outputs;
        int count = Math.min(outputs, g.outputChannels() - first);
        int[] elements = Reduction.elements(g, layers.get(layer).work, outputs, lanes, tile, segment);
        if (elements.length == 0) {
            return new Content(layer, 0, 0, 0, 0, 0, false);
        }
        int tap = elements[0] / g.inputChannels();
        int channel = elements[0] % g.inputChannels();
        boolean wraps = channel + elements.length > g.inputChannels();
        return new Content(
                layer, first % conv.filters(), count, tap, channel - g.bandOf(first), elements.length, wraps);
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
