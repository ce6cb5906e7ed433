package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.SInt;
import io.millrace.hdl.bridge.UInt;
import io.millrace.scheduler.Unit;
import java.util.ArrayList;
import java.util.List;

/**
 * P x S x X multipliers with weights that stay: shadow registers are filled from the weight bus, and become the active weights at a
 * swap. Lane i of a cascade works i cycles after lane 0, so that its product meets the partial sum of the lanes before it.
 *
 * <p>A packed array multiplies the weights of two neighbouring output channels, as one word, with an activation: the second channel's weight lies {@value #APART} bits
 * above the first one's, and is less by one where that is negative. The sum of a cascade holds two sums the same distance apart; a clock later they are two numbers.
 *
 * <p>Activations enter in cycle s + 5 and are registered; sums leave in s + 7 + {@code Timing.sumLatency}. The swap is given in s + 5.
 */
final class MacArray extends Block {
    /** Bits between two sums in a DSP: what four products take at most. */
    private static final int APART = 17;

    /** X groups of S elements. */
    final Bits activations;

    final Bit load;
    final UInt loadWord;
    final Bits weights;
    final Bit swap;
    /** X groups of P sums of {@link #sumBits}. */
    final Bits sums;

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
                    int index = o * s + lane;
                    SInt shadow =
                            reg("shadow_" + o + "_" + lane, sint(elementBits)).initial(0);
                    Bit mine = words == 1 ? placeLoad : placeLoad.and(placeWord.eq(index / m.weightLanes()));
                    when(
                            mine,
                            () -> shadow.set(
                                    weightLanes.get(index % m.weightLanes()).asSInt()));
                    shadows.add(shadow);
                }
                int step = m.packed() ? 2 : 1;
                for (int o = 0; o < p; o += step) {
                    SInt next =
                            o + 1 < Math.min(p, o + step) ? packed(shadows.get(o), shadows.get(o + 1)) : shadows.get(o);
                    SInt weight =
                            reg("weight_" + o + "_" + lane, sint(next.width())).initial(0);
                    when(placeSwap, () -> weight.set(next));
                    active[o][lane] = weight;
                }
            }
        }

        var elements = split(activations, x * s);
        var out = new ArrayList<Bits>();
        int width = 2 * elementBits + log2(m.chain());
        int bitsOfSum = 0;
        for (int px = 0; px < x; px++) {
            var lanes = new ArrayList<SInt>();
            for (int lane = 0; lane < s; lane++) {
                lanes.add(delay(
                        "a_" + px + "_" + lane, elements.get(px * s + lane).asSInt(), 1 + lane % m.chain()));
            }
            for (int o = 0; o < p; o += m.packed() ? 2 : 1) {
                String place = px + "_" + o;
                var cascades = cascades(active[o], lanes, m.chain(), place);
                boolean pair = m.packed() && o + 1 < p;
                var first = m.packed() ? firstSums(cascades, width, place) : cascades;
                SInt sum = sumOf(first, place);
                bitsOfSum = sum.width();
                out.add(sum.asBits());
                if (pair) {
                    String second = px + "_" + (o + 1);
                    out.add(sumOf(secondSums(cascades, width, second), second).asBits());
                }
            }
        }
        sumBits = bitsOfSum;
        sums = out("sums", join(out));
    }

    /** Two weights in one word, {@code first + 2^APART * (second + (first < 0 ? 1 : 0))}. */
    private static SInt packed(SInt first, SInt second) {
        return Bits.concat(second.asBits(), first.resize(APART).asBits()).asSInt();
    }

    /** The low ones of two sums, a clock later. */
    private List<SInt> firstSums(List<SInt> cascades, int width, String place) {
        var sums = new ArrayList<SInt>();
        for (int i = 0; i < cascades.size(); i++) {
            SInt cascade = cascades.get(i);
            int bits = Math.min(cascade.width(), APART);
            SInt low = cascade.slice(0, bits).asSInt().resize(width);
            sums.add(regNext("apart_" + place + "_" + i, low));
        }
        return sums;
    }

    /** The high ones of two sums, a clock later: a low one that is negative has borrowed from it. */
    private List<SInt> secondSums(List<SInt> cascades, int width, String place) {
        var sums = new ArrayList<SInt>();
        for (int i = 0; i < cascades.size(); i++) {
            SInt cascade = cascades.get(i);
            SInt high = cascade.slice(APART, cascade.width() - APART).asSInt().resize(width);
            SInt borrowed = cascade.bit(APART - 1).asUInt().resize(2).asSInt().resize(width);
            sums.add(regNext("apart_" + place + "_" + i, high.plus(borrowed)));
        }
        return sums;
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
                    SInt wide = product.resize(product.width() + log2(chain));
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

    private static int log2(int n) {
        return n <= 1 ? 0 : 32 - Integer.numberOfLeadingZeros(n - 1);
    }
}
