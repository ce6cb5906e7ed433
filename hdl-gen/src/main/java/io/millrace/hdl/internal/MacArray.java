package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.UInt;
import io.millrace.scheduler.Timing;
import io.millrace.scheduler.Unit;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * P x S x X multipliers with weights that stay, in columns of an output channel each, or of two: what columns have in common, and what tells one from the other.
 *
 * <p>Activations enter in cycle s + 5 and are registered; sums leave in s + 7 + {@code Timing.productLatency + Timing.sumLatency}. The swap is given in s + 5.
 */
final class MacArray extends Block {
    /** X groups of S elements. */
    final Bits activations;

    final Bit load;
    final UInt loadWord;
    final Bits weights;
    final Bit swap;
    /** X groups of P sums of {@link #sumBits}. */
    final Bits sums;
    /** With slots: what stands behind the active weights of each output channel, as late as its sums. */
    final List<Bits> codes = new ArrayList<>();

    final int sumBits;

    MacArray(String name, Unit.Matrix m, int elementBits) {
        super(name);
        int p = m.outputs();
        int s = m.lanes();
        int x = m.pixels();
        int words = m.tileLoadCycles();
        activations = in("activations", bits(x * s * elementBits));
        load = in("load", bit());
        loadWord = in("load_word", uint(indexBits(words)));
        weights = in("weights", bits(m.weightLanes() * elementBits));
        swap = in("swap", bit());

        int step = m.packed() ? 2 : 1;
        int each = m.tileWeights() / p;
        // All of a cascade's lane, its weights too, is as many cycles late as it has lanes before it.
        var late = new ArrayList<Late>();
        for (int place = 0; place < Math.min(m.chain(), s); place++) {
            late.add(late(place, m, words));
        }
        var elements = split(activations, x * s);
        var lanes = new ArrayList<Bits>();
        for (int i = 0; i < x * s; i++) {
            int lane = i % s;
            lanes.add(delay("a_" + i / s + "_" + lane, elements.get(i), 1 + lane % m.chain()));
        }
        Bits entering = wire("entering", join(lanes));
        Bits swaps = wire("swaps", joinBits(late.stream().map(Late::swap).toList()));
        sumBits = MacColumn.sumBits(m, elementBits);
        var byPixelAndChannel = new Bits[x][p];
        for (int o = 0; o < p; o += step) {
            int channels = Math.min(step, p - o);
            MacColumn column = instShared(
                    "column_" + o,
                    () -> new MacColumn(name + (channels == step ? "_column" : "_last"), m, channels, elementBits));
            var mine = new ArrayList<Bit>();
            var own = new ArrayList<Bits>();
            for (int i = 0; i < channels * s; i++) {
                int lane = i % s;
                int index = (o + i / s) * each + lane;
                var at = late.get(lane % m.chain());
                mine.add(at.words.get(index / m.weightLanes()));
                own.add(at.weights.get(index % m.weightLanes()));
            }
            column.activations.set(entering);
            column.load.set(joinBits(mine));
            column.weights.set(join(own));
            column.swap.set(swaps);
            for (int px = 0; px < x; px++) {
                for (int c = 0; c < channels; c++) {
                    byPixelAndChannel[px][o + c] = column.sums.slice((px * channels + c) * sumBits, sumBits);
                }
            }
        }
        var out = Stream.of(byPixelAndChannel).flatMap(Stream::of).toList();
        if (m.hasSlots()) {
            var at = late.getFirst();
            for (int o = 0; o < p; o++) {
                int index = o * each + s;
                Bits shadow = reg("shadow_code_" + o, bits(elementBits)).initial(0);
                Bits active1 = reg("code_" + o, bits(elementBits)).initial(0);
                when(at.words.get(index / m.weightLanes()), () -> shadow.set(at.weights.get(index % m.weightLanes())));
                when(at.swap, () -> active1.set(shadow));
                codes.add(out("late_code_" + o, delay("code_late_" + o, active1, Timing.sumLatency(m))));
            }
        }
        sums = out("sums", join(out));
    }

    /**
     * What lanes at a place of their cascade are given.
     *
     * @param weights on the bus
     * @param words by word of a tile, whether it is that one which is loaded
     */
    private record Late(List<Bits> weights, List<Bit> words, Bit swap) {}

    private Late late(int place, Unit.Matrix m, int words) {
        var onBus = split(delay("weights_place" + place, weights, place), m.weightLanes());
        Bit loads = delay("load_place" + place, load, place);
        UInt word = delay("load_word_place" + place, loadWord, place);
        var which = IntStream.range(0, words)
                .mapToObj(i -> words == 1 ? loads : wire("load_" + place + "_" + i, loads.and(word.eq(i))))
                .toList();
        return new Late(onBus, which, delay("swap_place" + place, swap, place));
    }
}
