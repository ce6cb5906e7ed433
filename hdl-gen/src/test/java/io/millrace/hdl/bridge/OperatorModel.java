package io.millrace.hdl.bridge;

import java.util.HashMap;
import java.util.Map;

/** What {@link Designs.Operators} must answer, in Java integers. */
final class OperatorModel {
    private final Map<String, Long> outputs = new HashMap<>();

    private OperatorModel() {}

    private void put(String name, int width, long value) {
        outputs.put(name, value & ((1L << width) - 1));
    }

    private void put(String name, boolean value) {
        outputs.put(name, value ? 1L : 0L);
    }

    static Map<String, Long> outputs(long a, long b, long u, long v, int n, long s, long c) {
        OperatorModel model = new OperatorModel();
        model.signed(a, b, n);
        model.unsigned(u, v, n);
        model.bits(a, b, u, v, n, s, c);
        return model.outputs;
    }

    private void signed(long a, long b, int n) {
        put("s_plus", 8, a + b);
        put("s_plus_carry", 9, a + b);
        put("s_minus", 8, a - b);
        put("s_minus_swapped", 8, b - a);
        put("s_times", 14, a * b);
        put("s_negate", 8, -a);
        put("s_lt", a < b);
        put("s_le", a <= b);
        put("s_gt", a > b);
        put("s_ge", a >= b);
        put("s_eq", a == b);
        put("s_ne", a != b);
        put("s_left", 11, a << 3);
        put("s_right", 5, a >> 3);
        put("s_right_all", 1, a >> 11);
        put("s_left_by", 8, a << n);
        put("s_right_by", 8, a >> n);
        put("s_wide", 12, a);
        put("s_narrow", 5, a);
        put("s_sign", a < 0);
        put("s_bit", 1, a >> 3);
        put("s_slice", 4, a >> 2);
        put("s_as_u", 6, b);
        put("s_plus_const", 8, a - 7);
    }

    private void unsigned(long u, long v, int n) {
        put("u_plus", 8, u + v);
        put("u_plus_carry", 9, u + v);
        put("u_minus", 8, v - u);
        put("u_times", 13, u * v);
        put("u_lt", u < v);
        put("u_le", u <= v);
        put("u_gt", u > v);
        put("u_ge", u >= v);
        put("u_eq", u == v);
        put("u_ne", u != v);
        put("u_left", 12, u << 4);
        put("u_right", 3, u >> 5);
        put("u_right_all", 1, 0);
        put("u_left_by", 8, u << n);
        put("u_right_by", 8, u >> n);
        put("u_wide", 11, u);
        put("u_narrow", 3, u);
        put("u_slice", 4, u >> 3);
        put("u_bit", 1, u >> 7);
        put("u_as_s", 5, v);
        put("u_and", 8, 0);
    }

    private void bits(long a, long b, long u, long v, int n, long s, long c) {
        put("b_concat", 15, (s >> 4 & 7) << 12 | c << 11 | (a & 255) << 3 | 5);
        put("b_and", 16, s & u);
        put("b_or", 16, s | v);
        put("b_xor", 16, s ^ s >> n);
        put("b_not", 16, ~s);
        put("b_any", s != 0);
        put("b_all", (s & 7) == 7);
        put("b_odd", Long.bitCount(s) % 2 == 1);
        put("b_at", 1, s >> n);
        put("b_left_by", 16, s << n);
        put("c_mux", 8, c == 1 ? a : b);
        put("c_logic", 1, ~((c & s) | ((s >> 1) ^ c)));
        put("c_const", 8, c == 1 ? 200 : 0);
        put("parts", 8, (s >> 4 & 15) | (s & 15) << 4);
    }
}
