package io.millrace.quantizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.ir.CompileException;
import io.millrace.ir.Passes;
import io.millrace.ir.SourceRef;
import io.millrace.ir.Window;
import io.millrace.ir.nets.StandardNet;
import io.millrace.quantizer.random.RandomQuantizedGraphs;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class QuantizedGraphTextTest {
    private static final String SMALL = """
            quantized "s\\"mall" int8 {
              %0 "in" = input
                  : map 2 [] scale 0.5 zero -1
                  from "small.onnx" []
              %1 "fc" = conv(%0) kernel [] stride [] pad [] [] dilation [] channels 1
                  bias [-7]
                  weights {
                    [1 -2]
                  }
                  requantize d 0 m [70000] s [17] zero 3 range 3 127
                  : map 1 [] scale 1.0E-4 zero 3
                  from "small.onnx" ["fc" "relu"]
              output %1 "logits"
            }
            """;

    private static QuantizedGraph small() {
        var conv = new QOp.Conv(
                Window.of(),
                1,
                new Weights(new short[] {1, -2}),
                List.of(-7L),
                new Requantizer(0, List.of(70_000), List.of(17), 3, 3, 127),
                Optional.empty());
        return new QuantizedGraph(
                "s\"mall",
                Precision.INT8,
                List.of(
                        new QNode(
                                0,
                                "in",
                                new QOp.Input(),
                                List.of(),
                                new MapType(2, List.of(), 0.5, -1),
                                SourceRef.file("small.onnx")),
                        new QNode(
                                1,
                                "fc",
                                conv,
                                List.of(0),
                                new MapType(1, List.of(), 1e-4, 3),
                                new SourceRef("small.onnx", List.of("fc", "relu")))),
                List.of(1),
                List.of("logits"));
    }

    @Test
    void printsAsWritten() {
        assertEquals(SMALL, QuantizedGraphText.print(small()));
        assertEquals(small(), QuantizedGraphText.parse("small.txt", SMALL));
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void readsBackEqual(Precision precision) {
        for (long seed = 0; seed < 100; seed++) {
            QuantizedGraph graph = switch ((int) (seed % 4)) {
                case 0 -> RandomQuantizedGraphs.generate(seed, 5, precision);
                case 1 -> RandomQuantizedGraphs.mixed(seed, 8, precision);
                case 2 -> RandomQuantizedGraphs.wide(seed, 8, precision);
                default -> RandomQuantizedGraphs.everything(seed, 8, precision);
            };
            String text = QuantizedGraphText.print(graph);
            QuantizedGraph back = QuantizedGraphText.parse("random.txt", text);
            assertEquals(graph, back, "seed " + seed);
            assertEquals(text, QuantizedGraphText.print(back));
        }
    }

    /** More text than is gathered before it is handed on. */
    @Test
    void writesWhatItPrints() throws IOException {
        var net = Passes.prepare(StandardNet.RESNET8.graph());
        var calibration = Calibration.of(net, FloatNets.frames(net, 1, 1));
        var graph = Quantizer.quantize(net, calibration, QuantizeOptions.of(NumberFormat.INT8))
                .graph();
        String text = QuantizedGraphText.print(graph);
        var written = new ByteArrayOutputStream();
        QuantizedGraphText.write(graph, written);
        assertEquals(text, written.toString(StandardCharsets.UTF_8));
        assertEquals(graph, QuantizedGraphText.parse("large.txt", text));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            m [70000]     | m [131072]   | bad.txt:5:13: multiplier 131072
            zero -1       | zero         | bad.txt:4:7: missing INT at 'from'
            [1 -2]        | [1 -200000]  | bad.txt:8:9: '-200000' is not an integer in [-32768, 32767]
            [1 -2]        | [1 -2] [3 4] | bad.txt:5:13: 2 lists of weights for 1 output channels
            conv(%0)      | pool(%0)     | bad.txt:5:13: token recognition error
            [-7]          | [1 2]        | small.onnx: layer 'fc' + 'relu': node 1 'fc': 2 biases for 1 channels
            [1 -2]        | [1 -128]     | small.onnx: layer 'fc' + 'relu': node 1 'fc': weight -128 at 1 is over 127
            conv(%0)      | conv(%1)     | small.onnx: layer 'fc' + 'relu': node 1 'fc': operand 1 is not an earlier node
            output %1     | output %2    | s"mall: output 2 is not a node
            zero 3 range  | zero 4 range | small.onnx: layer 'fc' + 'relu': node 1 'fc': requantized to zero point 4, its type says 3
            """)
    void refusesWithTheReason(String good, String bad, String message) {
        var e = assertThrows(
                CompileException.class, () -> QuantizedGraphText.parse("bad.txt", SMALL.replace(good, bad)));
        assertEquals(3, e.exitCode());
        String found = e.diagnostics().getFirst().where() + ": "
                + e.diagnostics().getFirst().problem();
        assertEquals(message, found.substring(0, Math.min(found.length(), message.length())));
    }
}
