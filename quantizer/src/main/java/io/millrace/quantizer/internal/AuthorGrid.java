package io.millrace.quantizer.internal;

import io.millrace.ir.Op;
import io.millrace.quantizer.Precision;
import java.util.Optional;

/**
 * A grid that the model brings along, with the codes it may use. Codes that do not lie in the precision's range are moved as a
 * whole: uint8 by 128.
 */
record AuthorGrid(Grid grid, int low, int high) {

    /** Empty if there are more codes than the precision has. */
    static Optional<AuthorGrid> of(Op.FakeQuantize rounding, Precision precision) {
        if ((long) rounding.high() - rounding.low() > precision.high() - precision.low()) {
            return Optional.empty();
        }
        boolean fits = rounding.low() >= precision.low() && rounding.high() <= precision.high();
        int shift = fits ? 0 : precision.low() - rounding.low();
        var grid = new Grid(rounding.scale(), rounding.zeroPoint() + shift, precision);
        return Optional.of(new AuthorGrid(grid, rounding.low() + shift, rounding.high() + shift));
    }
}
