package io.millrace.hdl.internal;

import io.millrace.hdl.bridge.Bit;
import io.millrace.hdl.bridge.Bits;
import io.millrace.hdl.bridge.UInt;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whose board this is and what it owes an answer to: the table of section 8.3 of {@code docs/protocol.md}. Looks at every undamaged packet in the
 * clock after the one in which it is complete.
 */
final class SessionControl extends Block {
    /** From the receiver. */
    final Bit good;

    final Bit dropped;
    final Bits type;
    final Bit answer;
    final UInt length;
    final Bits packetSession;
    final Bit stored;
    final Bit numbered;
    /** From the executor. */
    final Bit executed;

    final Bit refuse;
    final UInt refuseCode;
    final Bits refuseDetail;
    /** From the sender: the answer it starts to send. */
    final Bits answers;

    final Bits session;
    final Bit refused;
    final Bit newSession;
    /** A numbered packet is in its slot. */
    final Bit accept;
    /** An ACK of the session. */
    final Bit acknowledge;

    final Bits due;
    final Bits foreignSession;
    final UInt refusalCode;
    final Bits refusalDetail;
    final UInt droppedPackets;
    final UInt repeatedPackets;
    /** Of a packet link, while the sender of the packet is known: it is a HELLO; it is of another session and will be told so. */
    final @Nullable Bit greets;

    final @Nullable Bit strays;

    /** Bits of {@code due} and {@code answers}, first to be sent first. */
    static final int DUE_INFO = 0;

    static final int DUE_NO_SESSION = 1;
    static final int DUE_REFUSAL = 2;
    static final int DUE_ACK = 3;
    static final int DUE_COUNTERS = 4;
    static final int DUE_KINDS = 5;

    private final List<Bit> dueBits = new ArrayList<>();

    SessionControl(PacketFormat format) {
        super("host_session_control");
        good = in("good", bit());
        dropped = in("dropped", bit());
        type = in("packet_type", bits(8));
        answer = in("packet_answer", bit());
        length = in("packet_length", uint(PacketFormat.LENGTH_BITS));
        packetSession = in("packet_session", bits(32));
        stored = in("packet_stored", bit());
        numbered = in("packet_numbered", bit());
        executed = in("executed", bit());
        refuse = in("refuse", bit());
        refuseCode = in("refuse_code", uint(3));
        refuseDetail = in("refuse_detail", bits(32));
        answers = in("answers", bits(DUE_KINDS));

        Bits own = reg("own_session", bits(32)).init(0);
        Bit isRefused = reg("is_refused", bit()).init(0);
        UInt code = reg("code", uint(3)).initial(0);
        Bits detail = reg("detail", bits(32)).initial(0);
        Bits foreign = reg("foreign", bits(32)).initial(0);
        UInt damaged = reg("damaged", uint(16)).init(0);
        UInt repeated = reg("repeated", uint(16)).init(0);

        // The header stays for some clocks, so that its comparison may take one.
        Bit named = regNext("named", packetSession.ne(0));
        Bit mine = regNext("mine", packetSession.eq(own));
        Bit isGood = regNext("is_good", good);
        Bit isDropped = regNext("is_dropped", dropped);
        Bit hello = wire("hello", isGood.and(named).and(type.eq(PacketFormat.HELLO)));
        Bit takes = wire("takes", hello.and(mine.not()));
        Bit other = wire("other", isGood.and(named).and(hello.not()).and(mine.not()));
        Bit ofSession = wire("of_session", isGood.and(named).and(hello.not()).and(mine));
        Bit live = wire("live", ofSession.and(isRefused.not()));
        Bit isAck = wire("is_ack", live.and(type.eq(PacketFormat.ACK)).and(length.eq(8)));
        Bit isStatus = wire("is_status", live.and(type.eq(PacketFormat.STATUS)));
        Bit isNumbered = wire("is_numbered", live.and(numbered));
        Bit useless = isGood.and(named.not())
                .or(live.and(isAck.or(isStatus).or(isNumbered).not()));

        when(takes, () -> {
            own.set(packetSession);
            isRefused.set(0);
        });
        when(other, () -> foreign.set(packetSession));
        when(refuse.and(takes.not()), () -> {
            isRefused.set(1);
            code.set(refuseCode);
            detail.set(refuseDetail);
        });
        when(isDropped.or(useless).and(damaged.ne(0xFFFF)), () -> damaged.set(damaged.plus(1)));
        when(isNumbered.and(stored.not()).and(repeated.ne(0xFFFF)), () -> repeated.set(repeated.plus(1)));

        owe(DUE_INFO, hello, null);
        owe(DUE_NO_SESSION, other, takes);
        owe(DUE_REFUSAL, ofSession.and(isRefused).or(refuse), takes);
        owe(DUE_ACK, isNumbered.or(isAck.and(answer)).or(executed), takes);
        owe(DUE_COUNTERS, isStatus, takes);

        session = out("session", own);
        refused = out("refused", isRefused);
        newSession = out("new_session", takes);
        accept = out("accept", isNumbered.and(stored));
        acknowledge = out("acknowledge", isAck);
        due = out("due", joinBits(dueBits));
        foreignSession = out("foreign_session", foreign);
        refusalCode = out("refusal_code", code);
        refusalDetail = out("refusal_detail", detail);
        droppedPackets = out("dropped_packets", damaged);
        repeatedPackets = out("repeated_packets", repeated);
        greets = format.packets() ? out("greets", hello) : null;
        strays = format.packets() ? out("strays", other) : null;
    }

    /** A pending answer: set by its cause, cleared as it is sent or the session ends. */
    private void owe(int kind, Bit cause, @Nullable Bit forget) {
        Bit pending = reg("due" + kind, bit()).init(0);
        when(answers.bit(kind), () -> pending.set(0));
        when(cause, () -> pending.set(1));
        if (forget != null) {
            when(forget, () -> pending.set(0));
        }
        dueBits.add(pending);
    }
}
