package io.millrace.runtime.board;

import io.millrace.runtime.Frame;
import io.millrace.runtime.FrameLayout;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Optional;

/** A core that computes each frame by a function, all at once when its last byte is in. */
public final class FunctionCore implements Core {
    private final FrameLayout inputLayout;
    private final FrameLayout outputLayout;
    private final FrameFunction function;
    private final int framesMax;
    private final byte[] input;
    private final int[] tensorEnds;
    private final int[] tensorIds;
    private final int[] lastRuns;
    private final ArrayDeque<byte[]> results = new ArrayDeque<>();
    private int inputBytes;
    private int outputBytes;

    /** @param framesMax results it holds before it takes no more input, at least 1 */
    public FunctionCore(FrameLayout inputLayout, FrameLayout outputLayout, FrameFunction function, int framesMax) {
        if (framesMax < 1) {
            throw new IllegalArgumentException(framesMax + " frames");
        }
        this.inputLayout = inputLayout;
        this.outputLayout = outputLayout;
        this.function = function;
        this.framesMax = framesMax;
        this.input = new byte[inputLayout.frameBytes()];
        var runs = outputLayout.runs();
        this.tensorIds = runs.stream().mapToInt(FrameLayout.Run::tensor).toArray();
        this.lastRuns = new int[outputLayout.tensorSizes().size()];
        for (int run = 0; run < tensorIds.length; run++) {
            lastRuns[tensorIds[run]] = run;
        }
        this.tensorEnds = runs.stream().mapToInt(outputLayout::runBytes).toArray();
        Arrays.parallelPrefix(tensorEnds, Integer::sum);
    }

    @Override
    public void reset() {
        results.clear();
        inputBytes = 0;
        outputBytes = 0;
    }

    /** A function needs no program; its words are taken and dropped. */
    @Override
    public void loadStart() {}

    @Override
    public void load(int word) {}

    @Override
    public int offer(byte[] bytes, int from, int length) {
        if (results.size() == framesMax) {
            return 0;
        }
        int taken = Math.min(length, input.length - inputBytes);
        System.arraycopy(bytes, from, input, inputBytes, taken);
        inputBytes += taken;
        if (inputBytes == input.length) {
            inputBytes = 0;
            Frame result = function.apply(inputLayout.unpack(input));
            results.add(outputLayout.pack(result));
        }
        return taken;
    }

    @Override
    public Optional<Output> take(int bytesMax) {
        byte[] result = results.peek();
        if (result == null) {
            return Optional.empty();
        }
        int run = 0;
        while (tensorEnds[run] <= outputBytes) {
            run++;
        }
        int length = Math.min(bytesMax, tensorEnds[run] - outputBytes);
        byte[] bytes = Arrays.copyOfRange(result, outputBytes, outputBytes + length);
        outputBytes += length;
        boolean last = outputBytes == tensorEnds[run] && run == lastRuns[tensorIds[run]];
        if (outputBytes == result.length) {
            results.remove();
            outputBytes = 0;
        }
        return Optional.of(new Output(tensorIds[run], bytes, last));
    }
}
