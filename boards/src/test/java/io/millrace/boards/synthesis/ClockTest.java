package io.millrace.boards.synthesis;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.boards.verify.ProofNets;
import io.millrace.hdl.Design;
import io.millrace.hdl.DesignGenerator;
import io.millrace.hdl.EthernetOptions;
import io.millrace.hdl.EthernetOptions.Wires;
import io.millrace.quantizer.NumberFormat;
import io.millrace.quantizer.Precision;
import io.millrace.quantizer.random.RandomQuantizedGraphs;
import io.millrace.scheduler.DramPort;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.MachineOptions.DrainSize;
import io.millrace.scheduler.MachineOptions.Engines;
import io.millrace.scheduler.MachineOptions.MatrixSize;
import io.millrace.scheduler.MachineOptions.Spill;
import io.millrace.scheduler.MachineOptions.Streams;
import io.millrace.scheduler.MachineOptions.VectorSize;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Scheduler;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** No path between registers of any unit, but for one, takes longer than a cycle at 200 MHz, nets as {@link TimingEstimate} assumes them. Prints the table of {@code docs/timing.md}. */
class ClockTest {
    private static final int CYCLE_PS = 5000;
    /** Of a vector lane's product in logic, the one path known to be longer. */
    private static final int LANE_PRODUCT_PS = 5800;

    private static final int LINK_PS = 5600;

    private static final DramPort DRAM = new DramPort(8, 16, 40, 8192, 6, 1560, 38);
    private static final Duration LIMIT = Duration.ofMinutes(15);

    @TempDir
    Path folder;

    /** Machines that hold all kinds of units between them. */
    private enum Case {
        /** An engine without cascades, requantizers in DSPs. */
        PLAIN {
            @Override
            Schedule schedule() {
                var drain = DrainSize.of(1);
                return SynthesisCases.random(
                        2, Precision.INT8, SynthesisCases.matrix(2, 4, 1, 1, 8, drain), new VectorSize(drain));
            }
        },
        /** Two products a DSP, a short last cascade that waits for two clocks. */
        PACKED {
            @Override
            Schedule schedule() {
                var drain = DrainSize.of(2);
                return SynthesisCases.random(
                        4, Precision.INT8, new MatrixSize(6, 10, 1, 4, true, 12, drain), new VectorSize(drain));
            }
        },
        /** Two pixels a clock. */
        TWO_PIXELS {
            @Override
            Schedule schedule() {
                var drain = DrainSize.of(4);
                return SynthesisCases.random(
                        4, Precision.INT8, SynthesisCases.matrix(6, 12, 2, 1, 24, drain), new VectorSize(drain));
            }
        },
        /** Lanes of a vector engine and its requantizers multiply in logic, a product a clock. */
        PRODUCTS_IN_LOGIC {
            @Override
            Schedule schedule() {
                return Scheduler.schedule(
                        RandomQuantizedGraphs.mixed(1, 4, Precision.INT8),
                        SynthesisCases.VIRTEX6,
                        MachineOptions.of(
                                "logic",
                                new Engines.One(
                                        SynthesisCases.matrix(4, 4, 1, 1, 8, DrainSize.of(2)),
                                        new VectorSize(new DrainSize(4, 1, false)))));
            }
        },
        /** Weights from DRAM. */
        STREAMED {
            @Override
            Schedule schedule() {
                var matrix = new MatrixSize(4, 8, 1, 4, true, 8, new DrainSize(2, 1, false));
                return Scheduler.schedule(
                        RandomQuantizedGraphs.generate(2, 3, Precision.INT8),
                        SynthesisCases.VIRTEX6,
                        MachineOptions.of("streamed", new Engines.One(matrix, new VectorSize(DrainSize.of(2))))
                                .withStreams(new Streams(DRAM, List.of(0), 512)));
            }
        },
        /** Maps through DRAM. */
        SPILLED {
            @Override
            Schedule schedule() {
                var matrix = SynthesisCases.matrix(4, 8, 1, 1, 8, DrainSize.of(2));
                return Scheduler.schedule(
                        RandomQuantizedGraphs.generate(2, 3, Precision.INT8),
                        SynthesisCases.VIRTEX6,
                        MachineOptions.of("spilled", new Engines.One(matrix, new VectorSize(DrainSize.of(2))))
                                .withSpills(DRAM, List.of(new Spill(0, 1), new Spill(1, 2))));
            }
        },
        /** An engine for each layer of a bundled net. */
        LENET1 {
            @Override
            Schedule schedule() {
                return Scheduler.schedule(
                        ProofNets.bundled("lenet1", NumberFormat.INT8),
                        SynthesisCases.VIRTEX6,
                        MachineOptions.engineForEachLayer(
                                SynthesisCases.matrix(4, 5, 1, 1, 10, DrainSize.of(1)), VectorSize.of(1)));
            }
        };

        abstract Schedule schedule();
    }

    /** Its line side has 8 ns; its core side is beside the core's own paths. */
    @Tag("slow")
    @Test
    void theLinkOnEthernetKeepsUp() {
        SynthesisCases.requireTool("yosys");
        var core = DesignGenerator.core(Case.PLAIN.schedule().machine(), folder.resolve("core"));
        var files = DesignGenerator.ethernet(EthernetOptions.defaults(Wires.GMII), folder.resolve("link"));
        var link = new Design(core.machine(), core.id(), DesignGenerator.ETHERNET, files);
        var report = TimingEstimate.run(link, LIMIT);
        for (var path : report.paths()) {
            assertTrue(path.totalPs() <= LINK_PS, path::toString);
        }
    }

    @Tag("slow")
    @ParameterizedTest
    @EnumSource(Case.class)
    void everyPathFitsACycle(Case design) {
        SynthesisCases.requireTool("yosys");
        var core = DesignGenerator.core(design.schedule().machine(), folder);
        var report = TimingEstimate.run(core, LIMIT);
        for (var path : report.paths()) {
            System.out.println(String.format(
                    Locale.ROOT,
                    "| %s | %s | %d | %d | %.2f | %.2f | `%s` to `%s` |",
                    design.name().toLowerCase(Locale.ROOT),
                    path.part(),
                    path.levels(),
                    path.carries(),
                    path.logicPs() / 1000.0,
                    path.totalPs() / 1000.0,
                    path.from(),
                    path.to()));
        }
        for (var path : report.paths()) {
            boolean product = design == Case.PRODUCTS_IN_LOGIC && path.part().equals("vector_");
            assertTrue(path.totalPs() <= (product ? LANE_PRODUCT_PS : CYCLE_PS), path::toString);
        }
    }
}
