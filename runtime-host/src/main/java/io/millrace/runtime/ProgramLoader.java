package io.millrace.runtime;

import io.millrace.runtime.protocol.PacketType;
import io.millrace.scheduler.ProgramImage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/** The packets that load a program: PROGRAM, then its words in LOAD. */
final class ProgramLoader {
    /** Type and payload of one packet. */
    record Load(PacketType type, byte[] payload) {}

    private final Optional<ProgramImage> image;
    private final int[] words;
    private final int wordsMax;
    private boolean begun;
    private int at;

    /** @param image what to load; empty: nothing */
    ProgramLoader(Optional<ProgramImage> image, int dataBytesMax) {
        this.image = image;
        this.words = image.map(ProgramImage::loaderWords).orElseGet(() -> new int[0]);
        this.wordsMax = dataBytesMax / 4;
    }

    Optional<Load> next() {
        if (image.isEmpty() || begun && at == words.length) {
            return Optional.empty();
        }
        return Optional.of(begun ? words() : program(image.get()));
    }

    private Load program(ProgramImage program) {
        begun = true;
        byte[] payload = ByteBuffer.allocate(36)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(program.designId().toBytes())
                .put(program.programId().toBytes())
                .putInt(words.length)
                .array();
        return new Load(PacketType.PROGRAM, payload);
    }

    private Load words() {
        int count = Math.min(wordsMax, words.length - at);
        var out = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
        out.asIntBuffer().put(words, at, count);
        at += count;
        return new Load(PacketType.LOAD, out.array());
    }
}
