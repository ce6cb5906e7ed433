package io.millrace.boards.live;

/** Codes as the quantizer keeps them and as the link's frames do. */
final class Codes {
    private Codes() {}

    static short[] shorts(int[] codes) {
        var out = new short[codes.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = (short) codes[i];
        }
        return out;
    }

    static int[] ints(short[] codes) {
        var out = new int[codes.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = codes[i];
        }
        return out;
    }
}
