package io.millrace.boards.synthesis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.boards.verify.ProofNets;
import io.millrace.quantizer.NumberFormat;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.random.RandomQuantizedGraphs;
import io.millrace.scheduler.DramPort;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.DrainSize;
import io.millrace.scheduler.MachineOptions.VectorSize;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Scheduler;
import io.millrace.scheduler.Unit;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The resource model against yosys for Virtex-6, and where the multipliers go. */
class CostAgainstSynthesisTest {
    @TempDir
    Path folder;

    @BeforeEach
    void needsYosys() {
        SynthesisCases.requireTool("yosys");
    }

    @Test
    void aSmallMachine() {
        var schedule = SynthesisCases.random(
                2,
                Precision.INT8,
                SynthesisCases.matrix(2, 4, 1, 1, 8, DrainSize.of(1)),
                new VectorSize(DrainSize.of(1)));
        isAsLargeAsEstimated(schedule);
    }

    /** Table memories are block RAMs, and their multipliers logic. */
    @Test
    void anInt16MachineWithTables() {
        var schedule = SynthesisCases.random(
                10,
                Precision.INT16,
                SynthesisCases.matrix(2, 4, 1, 1, 8, DrainSize.of(2)),
                new VectorSize(DrainSize.of(1)));
        assertTrue(schedule.machine().units().stream()
                .anyMatch(u -> u instanceof Unit.Matrix m && m.drain().table()));
        isAsLargeAsEstimated(schedule);
    }

    @Test
    void requantizersStayOutOfDspsWhereAskedTo() {
        var drain = new DrainSize(1, 6, false);
        Schedule schedule = SynthesisCases.random(
                2, Precision.INT8, SynthesisCases.matrix(2, 4, 1, 4, 2, drain), new VectorSize(drain));
        assertEquals(8, SynthesisCases.multipliers(schedule.machine()));
        var seen = SynthesisCases.synthesize(schedule.machine(), folder, "xc7");
        assertEquals(8, seen.dsp(), seen::toString);
        assertEquals(0, seen.latches(), seen::toString);
        assertTrue(seen.ff() > 0 && seen.lut() > 0, seen::toString);
    }

    /** Two products of a sum must not share a multiplier block: yosys' pass for SB_MAC16 would lose one of them. */
    @Test
    void everyMultiplierOfIce40IsThere() {
        var drain = new DrainSize(1, 9, false);
        Schedule schedule = SynthesisCases.random(
                2, Precision.INT8, SynthesisCases.matrix(2, 4, 1, 1, 8, drain), new VectorSize(drain));
        var seen = SynthesisCases.synthesize(schedule.machine(), folder, "ice40");
        assertEquals(8, seen.dsp(), seen::toString);
        assertEquals(0, seen.latches(), seen::toString);
    }

    /** The model was fitted to machines with one engine of a kind. */
    @Test
    void anEngineForEachLayerOfLenet1() {
        var schedule = Scheduler.schedule(
                ProofNets.bundled("lenet1", NumberFormat.INT8),
                SynthesisCases.VIRTEX6,
                MachineOptions.engineForEachLayer(
                        SynthesisCases.matrix(4, 5, 1, 1, 10, DrainSize.of(1)), VectorSize.of(1)));
        isAsLargeAsEstimated(schedule);
    }

    /** At least 128 multipliers, as the scheduler puts lenet5's shapes on an engine. */
    @Test
    void aMachineOf144Multipliers() {
        var schedule = SynthesisCases.random(
                4,
                Precision.INT8,
                SynthesisCases.matrix(6, 12, 2, 1, 24, DrainSize.of(4)),
                new VectorSize(DrainSize.of(4)));
        isAsLargeAsEstimated(schedule);
    }

    /** An output channel without a partner, and a cascade that waits for another. */
    @Test
    void anArrayOfPackedProducts() {
        var matrix = SynthesisCases.matrix(5, 6, 1, 1, 6, DrainSize.of(1)).withPacking();
        var schedule = SynthesisCases.random(2, Precision.INT8, matrix, new VectorSize(DrainSize.of(1)));
        assertEquals(
                18,
                schedule.machine().units().stream()
                        .mapToInt(u -> u instanceof Unit.Matrix m && m.packed() ? m.dsps() : 0)
                        .sum());
        isWithin(schedule, 8);
    }

    /** A memory of accumulators for each lane, and rows written channel by channel. */
    @Test
    void anEngineWithSlots() {
        var matrix = SynthesisCases.matrix(6, 5, 3, 1, 9, DrainSize.of(1))
                .withPacking()
                .withSlots();
        var graph = RandomQuantizedGraphs.withTables(RandomQuantizedGraphs.generate(4, 3, Precision.INT8), 1);
        var options =
                MachineOptions.of("slots", new MachineOptions.Engines.One(matrix, new VectorSize(4, DrainSize.of(1))));
        isWithin(Scheduler.schedule(graph, SynthesisCases.VIRTEX6, options), 8);
    }

    /** Requantizers and lanes that multiply, each with a pipelined product in logic. */
    @Tag("slow")
    @Test
    void vectorLanesThatMultiplyInLogic() {
        var lanes = new VectorSize(new DrainSize(4, 1, false));
        var matrix = SynthesisCases.matrix(4, 4, 1, 1, 8, DrainSize.of(2));
        var schedule = Scheduler.schedule(
                RandomQuantizedGraphs.mixed(1, 4, Precision.INT8),
                SynthesisCases.VIRTEX6,
                MachineOptions.of("vec_logic", new MachineOptions.Engines.One(matrix, lanes)));
        assertTrue(schedule.machine().units().stream()
                .anyMatch(u -> u instanceof Unit.Vector v
                        && v.features().multiplies()
                        && v.drain().requantize()));
        isWithin(schedule, 8);
    }

    /** Fetcher, FIFO and both ways to DRAM instead of a weight memory. */
    @Test
    void anEngineWithWeightsFromDram() {
        var matrix = SynthesisCases.matrix(4, 8, 1, 1, 8, DrainSize.of(2));
        var options = MachineOptions.of(
                        "streamed", new MachineOptions.Engines.One(matrix, new VectorSize(DrainSize.of(2))))
                .withStreams(new MachineOptions.Streams(new DramPort(8, 16, 40, 8192, 6, 1560, 38), List.of(0), 512));
        isAsLargeAsEstimated(Scheduler.schedule(
                RandomQuantizedGraphs.generate(2, 3, Precision.INT8), SynthesisCases.VIRTEX6, options));
    }

    /** A beat of several tiles, multiplied in logic, and requantizers of a vector engine in logic whose lanes are DSPs. */
    @Test
    void aSmallArrayOfLogicWithWeightsFromDram() {
        var matrix = SynthesisCases.matrix(2, 2, 1, 1, 4, DrainSize.of(1)).inLogic();
        var vector = new VectorSize(2, true, new DrainSize(2, 1, false));
        var options = MachineOptions.of("small", new MachineOptions.Engines.One(matrix, vector))
                .withStreams(new MachineOptions.Streams(new DramPort(16, 16, 40, 8192, 6, 1560, 38), List.of(0), 0));
        var schedule =
                Scheduler.schedule(RandomQuantizedGraphs.mixed(1, 4, Precision.INT8), SynthesisCases.VIRTEX6, options);
        assertEquals(4, schedule.machine().streamed().getFirst().tilesPerBeat());
        isAsLargeAsEstimated(schedule);
    }

    /** Store and load unit, and the write side of the port. */
    @Test
    void aMapThroughDram() {
        var graph = RandomQuantizedGraphs.generate(2, 3, Precision.INT8);
        var matrix = SynthesisCases.matrix(4, 8, 1, 1, 8, DrainSize.of(2));
        var options = MachineOptions.of(
                        "spilled", new MachineOptions.Engines.One(matrix, new VectorSize(DrainSize.of(2))))
                .withSpills(
                        new DramPort(8, 16, 40, 8192, 6, 1560, 38),
                        List.of(new MachineOptions.Spill(0, 1), new MachineOptions.Spill(1, 2)));
        isAsLargeAsEstimated(Scheduler.schedule(graph, SynthesisCases.VIRTEX6, options));
    }

    /** DSPs and block RAMs equal, logic within a tenth. */
    private void isAsLargeAsEstimated(Schedule schedule) {
        isWithin(schedule, 10);
    }

    private void isWithin(Schedule schedule, int percent) {
        SynthesisCases.compare(schedule, SynthesisCases.synthesize(schedule.machine(), folder, "xc6v"), percent);
    }
}
