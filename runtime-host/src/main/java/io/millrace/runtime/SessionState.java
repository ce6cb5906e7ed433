package io.millrace.runtime;

import java.util.Optional;

/** States of a session and the one table of their transitions; section 9 of {@code docs/protocol.md}. */
public enum SessionState {
    /** Not open, or closed. */
    CLOSED,
    /** HELLO is out. */
    HELLO,
    /** The board answered; program and START go out. */
    LOADING,
    /** Started, no frame unfinished. */
    READY,
    /** Frames are unfinished. */
    STREAMING,
    /** The board lost the session or fell silent; HELLO is out again. */
    RECOVERING,
    /** Ended with a failure. */
    FAILED;

    /** What happens to a session. */
    public enum Event {
        /** The caller opens. */
        OPEN,
        /** A fitting INFO of the present session. */
        INFO,
        /** Program and START are executed. */
        LOADED,
        /** A frame was submitted. */
        FRAME,
        /** The last unfinished frame is finished. */
        DONE,
        /** The board does not know the session. */
        LOST,
        /** Board or host refuses to go on. */
        REFUSED,
        /** Nothing from the board for the silence limit. */
        SILENT,
        /** The caller closes. */
        CLOSE
    }

    /** The state after an event; empty if the event cannot happen in this state. */
    public Optional<SessionState> after(Event event) {
        return Optional.ofNullable(
                switch (event) {
                    case CLOSE -> CLOSED;
                    case OPEN -> this == CLOSED ? HELLO : null;
                    case INFO -> this == HELLO || this == RECOVERING ? LOADING : null;
                    case LOADED -> this == LOADING ? READY : null;
                    case FRAME -> this == READY || this == STREAMING ? STREAMING : null;
                    case DONE -> this == STREAMING ? READY : null;
                    case LOST -> inSession() ? RECOVERING : null;
                    case REFUSED -> this == CLOSED || this == FAILED ? null : FAILED;
                    case SILENT -> inSession() ? RECOVERING : this == HELLO || this == RECOVERING ? FAILED : null;
                });
    }

    /** Whether the board has answered and not been lost since. */
    public boolean inSession() {
        return this == LOADING || this == READY || this == STREAMING;
    }
}
