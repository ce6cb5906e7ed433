package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.SInt;
import io.millrace.hdl.bridge.UInt;
import io.millrace.scheduler.Timing;
import io.millrace.scheduler.Unit;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * P x S x X multipliers with weights that stay: shadow registers are filled from the weight bus, and become the active weights at a
 * swap. Lane i of a cascade works i cycles after lane 0, so that its product meets the partial sum of the lanes before it.
 *
 * <p>A packed array multiplies the weights of two neighbouring output channels, as one word, with an activation: the second channel's weight lies {@link Unit#PACKED_APART}
 * bits above the first one's, and is less by one where that is negative. The sum of a cascade holds two sums the same distance apart; a clock later they are two numbers.
 *
 * <p>Activations enter in cycle s + 5 and are registered; sums leave in s + 7 + {@code Timing.sumLatency}. The swap is given in s + 5.
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
        // By output channel and lane; where two channels share a multiplier, the first one's word is both weights.
        var active = new SInt[p][s];
        for (int place = 0; place < m.chain(); place++) {
            // All of a cascade's lane, its weights too, is that many cycles late.
            var weightLanes = split(delay("weights_place" + place, weights, place), m.weightLanes());
            Bit placeLoad = delay("load_place" + place, load, place);
            UInt placeWord = delay("load_word_place" + place, loadWord, place);
            Bit placeSwap = delay("swap_place" + place, swap, place);
            for (int lane = place; lane < s; lane += m.chain()) {
                var shadows = new ArrayList<SInt>();
                for (int o = 0; o < p; o++) {
                    int index = o * each + lane;
                    SInt shadow =
                            reg("shadow_" + o + "_" + lane, sint(elementBits)).initial(0);
                    Bit mine = words == 1 ? placeLoad : placeLoad.and(placeWord.eq(index / m.weightLanes()));
                    when(
                            mine,
                            () -> shadow.set(
                                    weightLanes.get(index % m.weightLanes()).asSInt()));
                    shadows.add(shadow);
                }
                for (int o = 0; o < p; o += step) {
                    SInt next = shares(m, o) ? packed(shadows.get(o), shadows.get(o + 1)) : shadows.get(o);
                    SInt weight =
                            reg("weight_" + o + "_" + lane, sint(next.width())).initial(0);
                    when(placeSwap, () -> weight.set(next));
                    active[o][lane] = weight;
                }
            }
        }

        var elements = split(activations, x * s);
        var out = new ArrayList<Bits>();
        int width = 2 * elementBits + Timing.log2Of(m.chain());
        int bitsOfSum = 0;
        for (int px = 0; px < x; px++) {
            var lanes = new ArrayList<SInt>();
            for (int lane = 0; lane < s; lane++) {
                lanes.add(delay(
                        "a_" + px + "_" + lane, elements.get(px * s + lane).asSInt(), 1 + lane % m.chain()));
            }
            for (int o = 0; o < p; o += step) {
                String place = px + "_" + o;
                var cascades = cascades(active[o], lanes, m.chain(), place);
                SInt sum = sumOf(m.packed() ? apart(cascades, width, place, MacArray::first) : cascades, place);
                bitsOfSum = sum.width();
                out.add(sum.asBits());
                if (shares(m, o)) {
                    String second = px + "_" + (o + 1);
                    out.add(sumOf(apart(cascades, width, second, MacArray::second), second)
                            .asBits());
                }
            }
        }
        if (m.hasSlots()) {
            var weightLanes = split(weights, m.weightLanes());
            for (int o = 0; o < p; o++) {
                int index = o * each + s;
                Bits shadow = reg("shadow_code_" + o, bits(elementBits)).initial(0);
                Bits active1 = reg("code_" + o, bits(elementBits)).initial(0);
                Bit mine = words == 1 ? load : load.and(loadWord.eq(index / m.weightLanes()));
                when(mine, () -> shadow.set(weightLanes.get(index % m.weightLanes())));
                when(swap, () -> active1.set(shadow));
                codes.add(out("late_code_" + o, delay("code_late_" + o, active1, Timing.sumLatency(m))));
            }
        }
        sumBits = bitsOfSum;
        sums = out("sums", join(out));
    }

    /** Two weights in one word, {@code first + 2^PACKED_APART * (second + (first < 0 ? 1 : 0))}. */
    private static SInt packed(SInt first, SInt second) {
        return Bits.concat(second.asBits(), first.resize(Unit.PACKED_APART).asBits())
                .asSInt();
    }

    /** Whether an output channel's multipliers are the next one's, too. */
    private static boolean shares(Unit.Matrix m, int output) {
        return m.packed() && output + 1 < m.outputs();
    }

    /** One of two sums of each cascade, a clock later. */
    private List<SInt> apart(List<SInt> cascades, int width, String place, UnaryOperator<SInt> part) {
        return IntStream.range(0, cascades.size())
                .mapToObj(i -> regNext(
                        "apart_" + place + "_" + i, part.apply(cascades.get(i)).resize(width)))
                .toList();
    }

    private static SInt first(SInt sums) {
        return sums.slice(0, Math.min(sums.width(), Unit.PACKED_APART)).asSInt();
    }

    /** A first one that is negative has borrowed from the second. */
    private static SInt second(SInt sums) {
        SInt high =
                sums.slice(Unit.PACKED_APART, sums.width() - Unit.PACKED_APART).asSInt();
        SInt borrowed = sums.bit(Unit.PACKED_APART - 1).asUInt().resize(2).asSInt();
        return high.plus(borrowed.resize(high.width()));
    }

    /** Sums of the products of {@code chain} lanes each. */
    private List<SInt> cascades(SInt[] weights, List<SInt> lanes, int chain, String place) {
        var sums = new ArrayList<SInt>();
        for (int first = 0; first < lanes.size(); first += chain) {
            SInt partial = null;
            int length = Math.min(chain, lanes.size() - first);
            for (int i = 0; i < length; i++) {
                int lane = first + i;
                SInt product =
                        regNext("product_" + place + "_" + lane, lanes.get(lane).times(weights[lane]));
                if (chain > 1) {
                    SInt wide = product.resize(product.width() + Timing.log2Of(chain));
                    partial = regNext("cascade_" + place + "_" + lane, partial == null ? wide : partial.plus(wide));
                } else {
                    partial = product;
                }
            }
            if (partial == null) {
                throw new IllegalStateException("a cascade has at least one lane");
            }
            // A short last cascade waits for the others.
            sums.add(chain > 1 ? delay("cascade_end_" + place + "_" + first, partial, chain - length) : partial);
        }
        return sums;
    }

    /** A tree of adders, a clock a level. */
    private SInt sumOf(List<SInt> terms, String place) {
        var level = terms;
        int depth = 0;
        while (level.size() > 1) {
            var next = new ArrayList<SInt>();
            for (int i = 0; i < level.size(); i += 2) {
                SInt a = level.get(i);
                int width = a.width() + 1;
                SInt sum = i + 1 < level.size() ? a.plusCarry(level.get(i + 1)).resize(width) : a.resize(width);
                next.add(regNext("sum_" + place + "_" + depth + "_" + i / 2, sum));
            }
            level = next;
            depth++;
        }
        return level.getFirst();
    }
}
