package io.millrace.runtime;

import io.millrace.runtime.protocol.DataPrefix;
import io.millrace.runtime.protocol.Packet;
import java.util.List;
import java.util.Optional;

/** A frame that was submitted and is not finished: its bytes, and what there is of its result. */
final class FrameJob {
    private final long number;
    private final byte[] input;
    private final long submittedAt;
    private final byte[] output;
    private int outputBytes;
    private int piecesSent;
    private long finishedAt;

    FrameJob(long number, byte[] input, int outputBytes, long submittedAt) {
        this.number = number;
        this.input = input;
        this.output = new byte[outputBytes];
        this.submittedAt = submittedAt;
    }

    long number() {
        return number;
    }

    long submittedAt() {
        return submittedAt;
    }

    /** When {@link #finish} was called. */
    long finishedAt() {
        return finishedAt;
    }

    void finish(long now) {
        finishedAt = now;
    }

    byte[] output() {
        return output;
    }

    /** Forgets all that an earlier session did for this frame. */
    void restart() {
        outputBytes = 0;
        piecesSent = 0;
    }

    /** Payload of the next DATA packet; empty if all are sent. */
    Optional<byte[]> nextPayload(List<StreamCutter.Piece> pieces) {
        if (piecesSent == pieces.size()) {
            return Optional.empty();
        }
        var piece = pieces.get(piecesSent++);
        var prefix = new DataPrefix(number, piece.tensor(), piece.last(), piece.offset());
        return Optional.of(prefix.payload(input, piece.offset(), piece.length()));
    }

    boolean allSent(List<StreamCutter.Piece> pieces) {
        return piecesSent == pieces.size();
    }

    boolean finished() {
        return outputBytes == output.length;
    }

    /**
     * Takes the next result packet of this frame.
     *
     * @param stretches which bytes of the result belong to which tensor
     * @return what does not fit the manifest, in words; empty if it fits
     */
    Optional<String> take(Packet packet, DataPrefix prefix, List<StreamCutter.Piece> stretches) {
        int length = packet.payloadLength() - Packet.PREFIX_BYTES;
        int end = prefix.offset() + length;
        if (prefix.offset() != outputBytes) {
            return Optional.of("byte " + Integer.toUnsignedString(prefix.offset()) + " follows byte " + outputBytes);
        }
        if (end > output.length || prefix.last() != (end == output.length)) {
            return Optional.of((prefix.last() ? "it ends after " : "it goes on after ") + end
                    + " bytes, the manifest says " + output.length);
        }
        boolean inTensor = stretches.stream()
                .anyMatch(s -> s.tensor() == prefix.tensor()
                        && s.offset() <= prefix.offset()
                        && end <= s.offset() + s.length());
        if (!inTensor) {
            return Optional.of(
                    "bytes " + prefix.offset() + " to " + end + " are not those of output " + prefix.tensor());
        }
        packet.view().get(Packet.PREFIX_BYTES, output, outputBytes, length);
        outputBytes = end;
        return Optional.empty();
    }
}
