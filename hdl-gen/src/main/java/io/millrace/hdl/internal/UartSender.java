package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;

/** Bytes to an asynchronous serial line. */
final class UartSender extends FrameSender {
    final Bit valid;
    final Bits data;
    final Bit line;

    UartSender(int clocksPerBit) {
        super("uart_sender", clocksPerBit);
        valid = in("valid", bit());
        data = in("data", bits(8));
        when(ready.and(valid), () -> begin(data));
        line = out("line", lowest);
    }
}
