package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.SInt;
import io.millrace.scheduler.Timing;
import io.millrace.scheduler.Unit;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * S x X multipliers of a {@link MacArray} for one output channel, or for two that share them: shadow registers are filled from the weight bus, and become the active
 * weights at a swap. Lane i of a cascade works i cycles after lane 0, so that its product meets the partial sum of the lanes before it.
 *
 * <p>A packed column multiplies the weights of two neighbouring output channels, as one word, with an activation: the second channel's weight lies {@link Unit#PACKED_APART}
 * bits above the first one's, and is less by one where that is negative. The sum of a cascade holds two sums the same distance apart; a clock later they are two numbers.
 */
final class MacColumn extends Block {
    /** X groups of S elements, each as late as its lane. */
    final Bits activations;
    /** By channel and lane, whether its shadow register takes its weight. */
    final Bits load;
    /** By channel and lane. */
    final Bits weights;
    /** By place in a cascade. */
    final Bits swap;
    /** X groups of a sum a channel. */
    final Bits sums;

    /** @param channels 2 where it is packed, 1 where it is not or is the last of an odd number */
    MacColumn(String name, Unit.Matrix m, int channels, int elementBits) {
        super(name);
        int s = m.lanes();
        int x = m.pixels();
        activations = in("activations", bits(x * s * elementBits));
        load = in("load", bits(channels * s));
        weights = in("weights", bits(channels * s * elementBits));
        swap = in("swap", bits(Math.min(m.chain(), s)));
        sums = out("sums", bits(x * channels * sumBits(m, elementBits)));
        if (isBox()) {
            return;
        }
        var given = split(weights, channels * s);
        var active = new SInt[s];
        for (int l = 0; l < s; l++) {
            int lane = l;
            var shadows = new ArrayList<SInt>();
            for (int c = 0; c < channels; c++) {
                SInt shadow = reg("shadow_" + c + "_" + lane, sint(elementBits)).initial(0);
                int place = c * s + lane;
                when(load.bit(place), () -> shadow.set(given.get(place).asSInt()));
                shadows.add(shadow);
            }
            SInt next = channels == 2 ? packed(shadows.getFirst(), shadows.getLast()) : shadows.getFirst();
            SInt weight = reg("weight_" + lane, sint(next.width())).initial(0);
            when(swap.bit(lane % m.chain()), () -> weight.set(next));
            active[lane] = weight;
        }
        var elements = split(activations, x * s);
        var out = new ArrayList<Bits>();
        int width = cascadeBits(m, elementBits);
        for (int px = 0; px < x; px++) {
            var lanes = elements.subList(px * s, (px + 1) * s).stream()
                    .map(Bits::asSInt)
                    .toList();
            var cascades = cascades(m, active, lanes, String.valueOf(px));
            String first = px + "_0";
            out.add(sumOf(m.packed() ? apart(cascades, width, first, MacColumn::first) : cascades, first)
                    .asBits());
            if (channels == 2) {
                String second = px + "_1";
                out.add(sumOf(apart(cascades, width, second, MacColumn::second), second)
                        .asBits());
            }
        }
        sums.set(join(out));
    }

    /** Bits of a channel's sum of a cascade. */
    private static int cascadeBits(Unit.Matrix m, int elementBits) {
        return 2 * elementBits + Timing.log2Of(m.chain());
    }

    /** Bits of a channel's sum. */
    static int sumBits(Unit.Matrix m, int elementBits) {
        return cascadeBits(m, elementBits) + Timing.log2Of(Math.ceilDiv(m.lanes(), m.chain()));
    }

    /** Two weights in one word, {@code first + 2^PACKED_APART * (second + (first < 0 ? 1 : 0))}. */
    private static SInt packed(SInt first, SInt second) {
        return Bits.concat(second.asBits(), first.resize(Unit.PACKED_APART).asBits())
                .asSInt();
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
    private List<SInt> cascades(Unit.Matrix m, SInt[] weights, List<SInt> lanes, String place) {
        int chain = m.chain();
        var sums = new ArrayList<SInt>();
        for (int first = 0; first < lanes.size(); first += chain) {
            SInt partial = null;
            int length = Math.min(chain, lanes.size() - first);
            for (int i = 0; i < length; i++) {
                int lane = first + i;
                String name = "product_" + place + "_" + lane;
                SInt product = m.multipliersInDsp()
                        ? regNext(name, lanes.get(lane).times(weights[lane]))
                        : logicProduct(name, lanes.get(lane), weights[lane]);
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
