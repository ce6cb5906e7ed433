package io.millrace.runtime;

import io.millrace.runtime.protocol.DataPrefix;
import io.millrace.runtime.protocol.Packet;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** A frame that was submitted and is not finished: its bytes, and what there is of its result. */
final class FrameJob {
    private final long number;
    private final boolean filler;
    private final byte[] input;
    private final long submittedAt;
    private final FrameLayout outputLayout;
    private final byte[] output;
    private final int[] tensorBytes;
    private long boardNumber;
    private int outputBytes;
    private int piecesSent;
    private long finishedAt;

    /**
     * @param number the caller's number
     * @param boardNumber the number in packets
     */
    FrameJob(long number, long boardNumber, byte[] input, FrameLayout outputLayout, long submittedAt) {
        this(number, boardNumber, false, input, outputLayout, submittedAt);
    }

    /** A frame of zeros that pushes others out; nobody waits for its result. */
    static FrameJob filler(long boardNumber, FrameLayout inputLayout, FrameLayout outputLayout, long now) {
        return new FrameJob(-1, boardNumber, true, new byte[inputLayout.frameBytes()], outputLayout, now);
    }

    private FrameJob(
            long number, long boardNumber, boolean filler, byte[] input, FrameLayout outputLayout, long submittedAt) {
        this.number = number;
        this.boardNumber = boardNumber;
        this.filler = filler;
        this.input = input;
        this.outputLayout = outputLayout;
        this.output = new byte[outputLayout.frameBytes()];
        this.tensorBytes = new int[outputLayout.tensorSizes().size()];
        this.submittedAt = submittedAt;
    }

    long number() {
        return number;
    }

    /** Its number in packets, which counts fillers, too. */
    long boardNumber() {
        return boardNumber;
    }

    boolean filler() {
        return filler;
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
    void restart(long newBoardNumber) {
        boardNumber = newBoardNumber;
        outputBytes = 0;
        Arrays.fill(tensorBytes, 0);
        piecesSent = 0;
    }

    /** Payload of the next DATA packet; empty if all are sent. */
    Optional<byte[]> nextPayload(List<StreamCutter.Piece> pieces) {
        if (piecesSent == pieces.size()) {
            return Optional.empty();
        }
        var piece = pieces.get(piecesSent++);
        var prefix = new DataPrefix(boardNumber, piece.tensor(), piece.last(), piece.offset());
        return Optional.of(prefix.payload(input, piece.offset(), piece.length()));
    }

    boolean allSent(List<StreamCutter.Piece> pieces) {
        return piecesSent == pieces.size();
    }

    boolean finished() {
        return outputBytes == output.length;
    }

    /**
     * Takes the next result packet of one of its tensors.
     *
     * @return what does not fit the manifest, in words; empty if it fits
     */
    Optional<String> take(Packet packet, DataPrefix prefix) {
        int tensor = prefix.tensor();
        if (tensor >= tensorBytes.length) {
            return Optional.of("there is no output " + tensor);
        }
        int length = packet.payloadLength() - Packet.PREFIX_BYTES;
        int whole = outputLayout.tensorBytes(tensor);
        int end = prefix.offset() + length;
        if (prefix.offset() != tensorBytes[tensor]) {
            return Optional.of("byte " + Integer.toUnsignedString(prefix.offset()) + " of output " + tensor
                    + " follows byte " + tensorBytes[tensor]);
        }
        if (end > whole || prefix.last() != (end == whole)) {
            return Optional.of("output " + tensor + (prefix.last() ? " ends after " : " goes on after ") + end
                    + " bytes, the manifest says " + whole);
        }
        var bytes = packet.view();
        bytes.position(Packet.PREFIX_BYTES);
        outputLayout.store(tensor, prefix.offset(), bytes, output);
        tensorBytes[tensor] = end;
        outputBytes += length;
        return Optional.empty();
    }
}
