package io.millrace.ir.internal;

/** The error function, to about 1e-14. */
public final class ErrorFunction {
    private static final double SERIES_LIMIT = 3;
    private static final double ONE_FROM = 6;

    private ErrorFunction() {}

    /** Its Maclaurin series near 0, beyond it the continued fraction of the complement (Abramowitz and Stegun 7.1.5 and 7.1.14). */
    public static double erf(double x) {
        double z = Math.abs(x);
        if (z < SERIES_LIMIT) {
            double term = x;
            double sum = x;
            for (int n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
                term *= -x * x / n;
                sum += term / (2 * n + 1);
            }
            return 2 / Math.sqrt(Math.PI) * sum;
        }
        if (z > ONE_FROM) {
            return Math.signum(x);
        }
        double fraction = 0;
        for (int k = 60; k > 0; k--) {
            fraction = k / 2.0 / (z + fraction);
        }
        return Double.isNaN(x) ? x : Math.signum(x) * (1 - Math.exp(-z * z) / (Math.sqrt(Math.PI) * (z + fraction)));
    }
}
