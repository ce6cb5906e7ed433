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

        var active = new SInt[p][s];
        for (int place = 0; place < m.chain(); place++) {
            // All of a cascade's lane, its weights too, is that many cycles late.
            var weightLanes = split(delay("weights_place" + place, weights, place), m.weightLanes());
            Bit placeLoad = delay("load_place" + place, load, place);
            UInt placeWord = delay("load_word_place" + place, loadWord, place);
            Bit placeSwap = delay("swap_place" + place, swap, place);
            for (int lane = place; lane < s; lane += m.chain()) {
                for (int o = 0; o < p; o++) {
                    int index = o * s + lane;
                    SInt shadow =
                            reg("shadow_" + o + "_" + lane, sint(elementBits)).initial(0);
                    Bit mine = words == 1 ? placeLoad : placeLoad.and(placeWord.eq(index / m.weightLanes()));
                    when(
                            mine,
                            () -> shadow.set(
                                    weightLanes.get(index % m.weightLanes()).asSInt()));
                    SInt weight =
                            reg("weight_" + o + "_" + lane, sint(elementBits)).initial(0);
                    when(placeSwap, () -> weight.set(shadow));
                    active[o][lane] = weight;
                }
            }
        }

        var elements = split(activations, x * s);
        var out = new ArrayList<Bits>();
        int bitsOfSum = 0;
        for (int px = 0; px < x; px++) {
            var lanes = new ArrayList<SInt>();
            for (int lane = 0; lane < s; lane++) {
                lanes.add(delay(
                        "a_" + px + "_" + lane, elements.get(px * s + lane).asSInt(), 1 + lane % m.chain()));
            }
            for (int o = 0; o < p; o++) {
                SInt sum = sumOf(active[o], lanes, m.chain(), px + "_" + o);
                bitsOfSum = sum.width();
                out.add(sum.asBits());
            }
        }
        sumBits = bitsOfSum;
        sums = out("sums", join(out));
    }

    private SInt sumOf(SInt[] weights, List<SInt> lanes, int chain, String place) {
        List<SInt> level = new ArrayList<>();
        for (int first = 0; first < lanes.size(); first += chain) {
            SInt partial = null;
            int length = Math.min(chain, lanes.size() - first);
            int width = lanes.getFirst().width() * 2 + log2(chain);
            for (int i = 0; i < length; i++) {
                int lane = first + i;
                SInt product =
                        regNext("product_" + place + "_" + lane, lanes.get(lane).times(weights[lane]));
                if (chain > 1) {
                    SInt wide = product.resize(width);
                    partial = regNext("cascade_" + place + "_" + lane, partial == null ? wide : partial.plus(wide));
                } else {
                    partial = product;
                }
            }
            if (partial == null) {
                throw new IllegalStateException("a cascade has at least one lane");
            }
            // A short last cascade waits for the others.
            level.add(chain > 1 ? delay("cascade_end_" + place + "_" + first, partial, chain - length) : partial);
        }
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
