package io.millrace.ir.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.Samples;
import io.millrace.ir.Tensor;
import io.millrace.ir.oracle.Batch;
import io.millrace.ir.oracle.ImporterChild;
import io.millrace.ir.oracle.OnnxRuntimeChild;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A thousand damaged models: each gives a diagnostic, or a result that ONNX Runtime gives too; in a heap of 1 GiB, in less than 10 s.
 * To take a model that ONNX Runtime refuses is a failure as well. {@code -Dmutations=N -DfirstMutation=S} runs other seeds.
 */
class MutationTest {
    private static final int COUNT = Integer.getInteger("mutations", 1_000);
    private static final int FIRST = Integer.getInteger("firstMutation", 0);
    private static final List<String> MODELS = List.of(
            "lenet1",
            "lenet1_plain",
            "lenet5",
            "lenet5_dynview",
            "lenet5_qdq",
            "fashion_resdw",
            "fashion_resdw_bn",
            "colour_mobile",
            "colour_mobile_bn",
            "lenet1_fcn_320x240",
            "peers/lenet5",
            "peers/cifar3",
            "peers/resnet8");

    @TempDir
    private Path folder = Path.of("");

    @Test
    void damagedModelsGiveDiagnosticsOrTheRightResult() throws IOException {
        var mutants = new ArrayList<Batch.Case>();
        for (int seed = 0; seed < COUNT; seed++) {
            byte[] model = Files.readAllBytes(Samples.model(MODELS.get(seed % MODELS.size())));
            mutants.add(new Batch.Case(new Mutator(FIRST + seed).mutate(model), List.of()));
        }
        var ours = ImporterChild.run(mutants, folder.resolve("ours"));
        var failures = new ArrayList<String>();
        var accepted = new ArrayList<Integer>();
        var tally = new TreeMap<String, Integer>();
        for (int seed = 0; seed < COUNT; seed++) {
            switch (ours.get(seed)) {
                case Batch.Outcome.Values _ -> accepted.add(seed);
                case Batch.Outcome.Failure(String text) -> {
                    if (text.startsWith("IllegalArgumentException: DIAGNOSTIC")) {
                        count(tally, "diagnostic");
                    } else if (text.startsWith("IllegalArgumentException: TOO MUCH WORK")) {
                        count(tally, "accepted, too large to run here");
                    } else {
                        failures.add("seed " + (FIRST + seed) + ": " + text);
                    }
                }
            }
        }
        var cases = new ArrayList<Batch.Case>();
        for (int seed : accepted) {
            cases.add(new Batch.Case(mutants.get(seed).model(), inputs(values(ours.get(seed)))));
        }
        var theirs = OnnxRuntimeChild.run(cases, folder.resolve("theirs"));
        for (int i = 0; i < accepted.size(); i++) {
            int seed = accepted.get(i);
            switch (theirs.get(i)) {
                case Batch.Outcome.Values(var expected) -> {
                    count(tally, "agreed");
                    String difference = difference(values(ours.get(seed)), expected);
                    if (!difference.isEmpty()) {
                        failures.add("seed " + (FIRST + seed) + " (" + MODELS.get(seed % MODELS.size()) + "): "
                                + difference);
                    }
                }
                case Batch.Outcome.Failure(String text) -> {
                    failures.add("seed " + (FIRST + seed) + " (" + MODELS.get(seed % MODELS.size())
                            + ") is taken, ONNX Runtime says: "
                            + text.lines().findFirst().orElse(""));
                }
            }
        }
        assertTrue(failures.isEmpty(), tally + "\n" + String.join("\n", failures));
        assertEquals(COUNT, tally.values().stream().mapToInt(n -> n).sum());
        assertTrue(tally.getOrDefault("diagnostic", 0) > COUNT / 3, tally.toString());
        assertTrue(tally.getOrDefault("agreed", 0) > COUNT / 8, tally.toString());
        assertTrue(tally.getOrDefault("accepted, too large to run here", 0) < COUNT / 50, tally.toString());
    }

    private static void count(TreeMap<String, Integer> tally, String what) {
        tally.merge(what, 1, Integer::sum);
    }

    private static List<Tensor> values(Batch.Outcome outcome) {
        if (outcome instanceof Batch.Outcome.Values(var tensors)) {
            return tensors;
        }
        throw new IllegalStateException("only accepted models have values");
    }

    private static List<Tensor> inputs(List<Tensor> ours) {
        return ours.subList(0, inputCount(ours));
    }

    private static int inputCount(List<Tensor> ours) {
        return (int) ours.getLast().get(1);
    }

    /** Ours is inputs, outputs, canonical outputs, and the pair of largest magnitude and number of inputs. */
    private static String difference(List<Tensor> ours, List<Tensor> expected) {
        int inputs = inputCount(ours);
        int outputs = (ours.size() - inputs - 1) / 2;
        if (expected.size() != outputs) {
            return outputs + " outputs, ONNX Runtime has " + expected.size();
        }
        float largest = ours.getLast().get(0);
        for (int o = 0; o < 2 * outputs; o++) {
            Tensor mine = ours.get(inputs + o);
            Tensor theirs = expected.get(o % outputs);
            if (o < outputs && !mine.shape().equals(theirs.shape())) {
                return "shape " + mine.shape() + ", ONNX Runtime has " + theirs.shape();
            }
            for (int i = 0; i < theirs.size() && largest < 1e30f; i++) {
                if (!(Math.abs(mine.get(i) - theirs.get(i)) <= 1e-4 * largest)) {
                    return "output " + o + "[" + i + "] is " + mine.get(i) + ", ONNX Runtime has " + theirs.get(i);
                }
            }
        }
        return "";
    }
}
