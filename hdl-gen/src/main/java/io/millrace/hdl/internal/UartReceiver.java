package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;

/**
 * Bytes from an asynchronous serial line. A byte whose stop bit is 0 is dropped, and so is one that comes while the one before it has not been taken.
 */
final class UartReceiver extends FrameReceiver {
    final Bit valid;
    final Bits data;
    final Bit ready;

    /** @param clocksPerBit at least 4 */
    UartReceiver(int clocksPerBit) {
        super("uart_receiver", clocksPerBit);
        ready = in("ready", bit());
        Bit full = reg("full", bit()).init(0);
        Bits held = reg("held", bits(8)).initial(0);
        when(ready, () -> full.set(0));
        when(middle.and(complete).and(now), () -> {
            full.set(1);
            held.set(whole);
        });
        valid = out("valid", full);
        data = out("data", held);
    }
}
