package io.millrace.hdl.internal;

/** A byte stream each way over an asynchronous serial line. */
public final class UartLink extends Block {
    /** @param clocksPerBit at least 4 */
    public UartLink(String name, int clocksPerBit) {
        super(name);
        UartReceiver receiver = inst("receiver", () -> new UartReceiver(clocksPerBit));
        UartSender sender = inst("sender", () -> new UartSender(clocksPerBit));
        receiver.line.set(in("uart_rx", bit()));
        out("received_valid", receiver.valid);
        out("received_data", receiver.data);
        receiver.ready.set(in("received_ready", bit()));
        sender.valid.set(in("send_valid", bit()));
        sender.data.set(in("send_data", bits(8)));
        out("send_ready", sender.ready);
        out("uart_tx", sender.line);
    }
}
