package io.millrace.hdl.bridge;

/** A hardware description is wrong, or its generation failed: the message says what, and where in the description. */
public final class RtlException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public RtlException(String message) {
        super(message);
    }

    public RtlException(String message, Throwable cause) {
        super(message, cause);
    }
}
