package io.millrace.benchmarks.jmh;

import io.millrace.hdl.Design;
import io.millrace.hdl.DesignGenerator;
import io.millrace.hdl.ProgramAssembler;
import io.millrace.ir.Graph;
import io.millrace.ir.Passes;
import io.millrace.ir.onnx.Imported;
import io.millrace.quantizer.Calibration;
import io.millrace.quantizer.Quantized;
import io.millrace.scheduler.MachineOptions;
import io.millrace.scheduler.ProgramImage;
import io.millrace.scheduler.Schedule;
import io.millrace.scheduler.Scheduler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Milliseconds of each phase from model file to Verilog and program, on lenet5 and, where it is named, the ML605. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class CompilerPhases {
    private static final MachineOptions MACHINE = MachineOptions.engineForEachLayer(4000);

    private final Subject subject = new Subject("lenet5");
    private final Schedule schedule = schedule();
    private final Path folder;

    public CompilerPhases() {
        try {
            folder = Files.createTempDirectory("millrace-jmh-");
        } catch (IOException e) {
            throw new java.io.UncheckedIOException("making a folder for Verilog", e);
        }
    }

    /** Removes the Verilog. */
    @TearDown
    public void removeFolder() throws IOException {
        try (var paths = Files.walk(folder)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    @Benchmark
    public Imported importModel() {
        return subject.importModel();
    }

    @Benchmark
    public Graph canonicalise() {
        return Passes.prepare(subject.imported.graph());
    }

    /** Of {@value Subject#CALIBRATION_FRAMES} frames. */
    @Benchmark
    public Calibration calibrate() {
        return subject.calibrate();
    }

    @Benchmark
    public Quantized quantize() {
        return subject.quantize();
    }

    /** On a machine that is given. */
    @Benchmark
    public Schedule schedule() {
        return Scheduler.schedule(subject.quantized.graph(), subject.target, MACHINE);
    }

    /** With the search for the machine. */
    @Benchmark
    public Schedule optimize() {
        return subject.schedule(0);
    }

    @Benchmark
    public Design emitVerilog() {
        return DesignGenerator.core(schedule.machine(), folder);
    }

    @Benchmark
    public ProgramImage assembleProgram() {
        return ProgramAssembler.assemble(schedule);
    }
}
