package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;

/** A register in a stream of words, which cuts the way of the words, though not that of {@code ready}. */
final class StreamRegister extends Block {
    final Bit inValid;
    final Bits inWord;
    final Bit inReady;
    final Bit outValid;
    final Bits outWord;
    final Bit outReady;

    StreamRegister(int wordBits) {
        super("stream_register");
        inValid = in("in_valid", bit());
        inWord = in("in_word", bits(wordBits));
        outReady = in("out_ready", bit());
        Bit holds = reg("holds", bit()).init(0);
        Bits held = reg("held", bits(wordBits)).initial(0);
        Bit takes = wire("takes", holds.not().or(outReady));
        when(takes, () -> {
            holds.set(inValid);
            held.set(inWord);
        });
        inReady = out("in_ready", takes);
        outValid = out("out_valid", holds);
        outWord = out("out_word", held);
    }
}
