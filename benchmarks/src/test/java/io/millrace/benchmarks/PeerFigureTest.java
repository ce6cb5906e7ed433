package io.millrace.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.ir.Workload;
import io.millrace.ir.nets.PeerNet;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PeerFigureTest {
    /** What a figure says of efficiency is what its cycles and multipliers make of the net's products, to the digits it was given with. */
    @Test
    void efficienciesFollowFromCycles() {
        var macs = Stream.of(PeerNet.values())
                .collect(Collectors.toMap(PeerNet::netName, net -> Workload.macs(net.graph())));
        var figures = PeersBench.figures();
        assertEquals(15, figures.size());
        for (var f : figures) {
            double products =
                    (double) f.cycles().orElseThrow() * f.multipliers().orElseThrow();
            assertEquals(macs.getOrDefault(f.net(), 0L) / products, f.efficiency(), 0.0006, f.toString());
        }
    }

    @Test
    void everyFigureHasANetThatIsMeasuredAndStandsOnce() {
        var peers = Stream.of(PeerNet.values()).map(PeerNet::netName).toList();
        var boards = EfficiencyBench.SUBJECTS.stream()
                .map(EfficiencyBench.Subject::name)
                .toList();
        var seen = new HashSet<List<Object>>();
        for (var f : PeerFigure.all()) {
            assertTrue((f.multipliers().isPresent() ? peers : boards).contains(f.net()), f.toString());
            assertTrue(seen.add(List.of(f.net(), f.peer(), f.multipliers())), f.toString());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'peer': 'x', 'percent': 5, 'kind': 'measured', 'source': 's'",
                "'net': 'n', 'peer': 'x', 'percent': 5, 'kind': 'guessed', 'source': 's'",
                "'net': 'n', 'peer': 'x', 'percent': 105, 'kind': 'measured', 'source': 's'",
                "'net': 'n', 'peer': 'x', 'percent': 5, 'kind': 'measured', 'source': ''",
                "'net': 'n', 'peer': 'x', 'percent': 5, 'kind': 'measured', 'source': 's', 'multipliers': 4",
                "'net': 'n', 'peer': 'x', 'percent': 5, 'kind': 'measured', 'source': 's', 'multipliers': 0, 'cycles': 9"
            })
    void whatIsNoFigureIsRefused(String figure) {
        var json = "{'figures': [{" + figure + "}]}";
        var bytes = json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
        assertThrows(RuntimeException.class, () -> PeerFigure.read(new ByteArrayInputStream(bytes)));
    }
}
