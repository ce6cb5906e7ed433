package io.millrace.ir.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.ir.CompileException;
import io.millrace.ir.FloatEvaluator;
import io.millrace.ir.Graph;
import io.millrace.ir.ImportCode;
import io.millrace.ir.Passes;
import io.millrace.ir.Tensor;
import io.millrace.ir.text.GraphText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * ONNX's conformance cases, as Debian's package {@code libonnx-testdata} has them, through importer and float evaluator. The outcome of
 * each stands in {@code conformance.txt}; {@code -Dgolden.update=true} rewrites it.
 */
class ConformanceTest {
    private static final Path DATA = Path.of("/usr/share/libonnx-testdata/data");
    private static final Path GOLDEN = Path.of("src/test/resources/conformance.txt");
    private static final List<String> SETS = List.of("node", "pytorch-converted", "pytorch-operator", "simple");

    /** ONNX's own tolerance. */
    private static final double RELATIVE = 1e-3;

    private static final double ABSOLUTE = 1e-6;

    private int passed;
    private int refused;
    private final List<String> failures = new ArrayList<>();

    @Test
    void everyClaimedCaseGivesItsOutputs() throws IOException {
        boolean found = Files.isDirectory(DATA);
        if ("true".equals(System.getenv("CI"))) {
            assertTrue(found, "the package libonnx-testdata is not installed");
        }
        assumeTrue(found, "the package libonnx-testdata is not installed");
        var text = new StringBuilder();
        for (String set : SETS) {
            for (Path folder : ConformanceCase.folders(DATA.resolve(set))) {
                text.append(set).append('/').append(folder.getFileName()).append(": ");
                text.append(outcome(folder)).append('\n');
            }
        }
        String seen = passed + " passed, " + refused + " refused by design, " + failures.size() + " failed\n\n" + text;
        if (Boolean.getBoolean("golden.update")) {
            Files.writeString(GOLDEN, seen);
        }
        assertEquals(List.of(), failures);
        assertTrue(passed >= 280, passed + " cases passed");
        assertEquals(Files.readString(GOLDEN), seen);
    }

    private String outcome(Path folder) throws IOException {
        ConformanceCase c;
        try {
            c = ConformanceCase.read(folder);
        } catch (com.google.protobuf.InvalidProtocolBufferException
                | java.nio.file.NoSuchFileException
                | IllegalArgumentException _) {
            refused++;
            return "refused, its data are no tensors";
        }
        Graph graph;
        try {
            graph = OnnxImporter.importBytes(c.model(), "case.onnx", ImportOptions.DEFAULT.withAnyBatch(true))
                    .graph();
        } catch (CompileException e) {
            var first = e.diagnostics().getFirst();
            if (e.exitCode() != 4 && !first.code().equals(ImportCode.GRAPH_INTERFACE.code())) {
                return failed(folder, e.diagnostics().toString());
            }
            refused++;
            return "refused, " + first.code() + " " + first.problem();
        } catch (RuntimeException e) {
            return failed(folder, e.toString() + " at " + e.getStackTrace()[0]);
        }
        try {
            compare(c, graph, "as imported");
            compare(c, Passes.canonicalise(graph), "canonical");
            compare(c, Passes.prepare(graph), "composed");
            assertEquals(graph, GraphText.parse(GraphText.print(graph), "case"));
        } catch (RuntimeException | AssertionError e) {
            return failed(folder, e + " at " + e.getStackTrace()[0]);
        }
        passed++;
        return "passed";
    }

    private String failed(Path folder, String why) {
        failures.add(folder.getFileName() + ": " + why);
        return "FAILED";
    }

    private static void compare(ConformanceCase c, Graph graph, String what) {
        var inputs = new ArrayList<Tensor>();
        for (int i = 0; i < c.inputs().size(); i++) {
            inputs.add(c.inputs().get(i).reshape(graph.inputs().get(i).shape()));
        }
        List<Tensor> outputs = FloatEvaluator.run(graph, inputs);
        assertEquals(c.outputs().size(), outputs.size(), what);
        for (int o = 0; o < outputs.size(); o++) {
            Tensor due = c.outputs().get(o);
            Tensor found = outputs.get(o).reshape(due.shape());
            for (int i = 0; i < due.size(); i++) {
                double difference = Math.abs(due.get(i) - found.get(i));
                boolean close = difference <= 1.001 * c.step() + ABSOLUTE + RELATIVE * Math.abs(due.get(i));
                boolean same = Float.compare(due.get(i), found.get(i)) == 0;
                assertTrue(
                        close || same,
                        what + ", element " + i + " of " + due + ": " + found.get(i) + ", due " + due.get(i));
            }
        }
    }
}
