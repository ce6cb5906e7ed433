package io.millrace.quantizer.internal;

import io.millrace.ir.Op;
import io.millrace.ir.SourceRef;
import io.millrace.ir.Window;
import io.millrace.quantizer.MapType;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.QuantizeCode;
import java.util.Arrays;
import java.util.Optional;

/**
 * What a sum pool's accumulators are, and what they become. See docs/numbers.md, section 7.
 *
 * <p>One step of a channel's accumulator is worth {@code gain * scaleIn / divisor}. A channel whose whole sum is worth less than half a
 * step of the result is constant; a gain too small for its bias is enlarged as long as no result moves by half a step.
 */
final class PoolUnits {
    private static final double BIAS_STEPS_MAX = 0x1p23;

    private final MapType in;
    private final int taps;
    private final double scaleOut;
    private final double sumMax;
    private final Precision precision;
    private final double[] factors;
    private final long[] bias;
    private final boolean[] constant;

    private PoolUnits(MapType in, Window window, double scaleOut, Precision precision) {
        this.in = in;
        this.taps = window.taps();
        this.scaleOut = scaleOut;
        this.precision = precision;
        this.sumMax = (double) taps * (precision.high() - precision.low());
        this.factors = new double[in.channels()];
        this.bias = new long[in.channels()];
        this.constant = new boolean[in.channels()];
    }

    static RequantizerChoice.Layer layer(
            Optional<Op.ChannelAffine> affine,
            MapType in,
            Window window,
            int divisor,
            Grid out,
            int low,
            int high,
            SourceRef where) {
        var units = new PoolUnits(in, window, out.scale(), out.precision());
        for (int c = 0; c < in.channels(); c++) {
            double gain = affine.isPresent() ? affine.get().gain().get(c) : 1;
            double realBias = affine.isPresent() ? affine.get().bias().get(c) : 0;
            units.channel(c, gain * in.scale() / divisor, realBias, where);
        }
        return new RequantizerChoice.Layer(
                units.factors, units.bias, units.magnitudes(), units.constant, out.zeroPoint(), low, high);
    }

    private void channel(int c, double unit, double realBias, SourceRef where) {
        if (Math.abs(unit) * sumMax <= scaleOut / 2) {
            constant[c] = true;
            factors[c] = realBias / scaleOut / RequantizerChoice.A_MAX;
            return;
        }
        double used = Math.copySign(Math.max(Math.abs(unit), Math.abs(realBias) / BIAS_STEPS_MAX), unit);
        if (Math.abs(used - unit) * sumMax > scaleOut / 2) {
            throw QuantizeCode.GAIN.exception(
                    where,
                    "channel " + c + " has a gain too small beside its bias " + realBias + " for " + precision.bits()
                            + "-bit codes",
                    "use int8, or fold the gain into a convolution");
        }
        factors[c] = used / scaleOut;
        bias[c] = (long) Math.floor(realBias / used + 0.5) - (long) in.zeroPoint() * taps;
    }

    private long[] magnitudes() {
        var magnitudes = new long[in.channels()];
        Arrays.fill(magnitudes, -(long) precision.low() * taps);
        return magnitudes;
    }
}
