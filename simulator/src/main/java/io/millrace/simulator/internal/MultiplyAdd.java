package io.millrace.simulator.internal;

/**
 * The inner loops of a matrix product. All arrays are read at one index, so that HotSpot need not rule out overlaps
 * between different offsets before it uses vector instructions.
 */
final class MultiplyAdd {
    private MultiplyAdd() {}

    /** {@code sum[i] += f[at] * x[at][i] + ... + f[to - 1] * x[to - 1][i]} for {@code i < n}. */
    static void add(int[] sum, int n, int[][] x, int[] f, int to) {
        int k = 0;
        for (; k + 8 <= to; k += 8) {
            add8(
                    sum, n, x[k], x[k + 1], x[k + 2], x[k + 3], x[k + 4], x[k + 5], x[k + 6], x[k + 7], f[k], f[k + 1],
                    f[k + 2], f[k + 3], f[k + 4], f[k + 5], f[k + 6], f[k + 7]);
        }
        for (; k < to; k++) {
            add1(sum, n, x[k], f[k]);
        }
    }

    /** The same with wide sums. */
    static void addWide(long[] sum, int n, int[][] x, int[] f, int to) {
        for (int k = 0; k < to; k++) {
            int[] xk = x[k];
            long fk = f[k];
            for (int i = 0; i < n; i++) {
                sum[i] += fk * xk[i];
            }
        }
    }

    private static void add8(
            int[] sum,
            int n,
            int[] a,
            int[] b,
            int[] c,
            int[] d,
            int[] e,
            int[] g,
            int[] h,
            int[] j,
            int fa,
            int fb,
            int fc,
            int fd,
            int fe,
            int fg,
            int fh,
            int fj) {
        for (int i = 0; i < n; i++) {
            sum[i] += fa * a[i] + fb * b[i] + fc * c[i] + fd * d[i] + fe * e[i] + fg * g[i] + fh * h[i] + fj * j[i];
        }
    }

    private static void add1(int[] sum, int n, int[] a, int fa) {
        for (int i = 0; i < n; i++) {
            sum[i] += fa * a[i];
        }
    }
}
