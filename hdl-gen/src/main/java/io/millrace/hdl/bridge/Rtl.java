package io.millrace.hdl.bridge;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import scala.Console$;
import spinal.core.Component;
import spinal.core.SpinalConfig;
import spinal.core.SpinalReport;

/** Turns a hardware description into Verilog 2001. */
public final class Rtl {
    /** Widest word: the accumulators of all lanes of an engine are one. */
    private static final int WORD_BITS_MAX = 1 << 16;

    /** By name, the shared modules of the description that runs. */
    private static final ThreadLocal<Map<String, Supplier<? extends Hardware>>> SHARED =
            ThreadLocal.withInitial(LinkedHashMap::new);

    private Rtl() {}

    /**
     * Runs the description in {@code top} and writes one Verilog file for each module into {@code directory}, which is created if
     * need be. The same description gives the same bytes. Nothing is written if it is wrong. May be called from several threads.
     *
     * @throws RtlException if the description is wrong or the time limit is passed
     * @throws UncheckedIOException if the files cannot be written
     */
    public static RtlReport generate(Path directory, RtlOptions options, Supplier<? extends Hardware> top) {
        try {
            Path scratch = Files.createTempDirectory("millrace-rtl");
            try {
                ByteArrayOutputStream console = new ByteArrayOutputStream();
                String topName = elaborateWithin(options, scratch, console, top);
                return RtlFiles.publish(scratch, directory, topName, RtlMessages.warnings(console));
            } finally {
                RtlFiles.delete(scratch);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write Verilog to " + directory, e);
        }
    }

    /** Elaborates on a daemon thread: SpinalHDL starts threads of its own, which then cannot keep the process alive. */
    private static String elaborateWithin(
            RtlOptions options, Path scratch, OutputStream console, Supplier<? extends Hardware> top) {
        FutureTask<String> task = new FutureTask<>(() -> elaborate(options, scratch, console, top));
        Thread thread = new Thread(null, task, "rtl-generation", 256L << 20);
        thread.setDaemon(true);
        thread.start();
        try {
            return task.get(options.timeLimit().toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            throw RtlMessages.explain(cause == null ? e : cause);
        } catch (TimeoutException e) {
            task.cancel(false);
            throw new RtlException(
                    "generation took longer than " + options.timeLimit().toSeconds() + " s", e);
        } catch (InterruptedException e) {
            task.cancel(false);
            Thread.currentThread().interrupt();
            throw new RtlException("generation was interrupted", e);
        }
    }

    private static String elaborate(
            RtlOptions options, Path scratch, OutputStream console, Supplier<? extends Hardware> top) {
        SpinalConfig config = Spinal.config(Map.of(
                "targetDirectory", scratch.toString(),
                "defaultConfigForClockDomains", Spinal.synchronousReset(),
                "oneFilePerComponent", true,
                "printFilelist", false,
                "headerWithDate", false,
                "headerWithRepoHash", false,
                "nameWhenByFile", false,
                "normalizeComponentClockDomainName", true,
                "bitVectorWidthMax", WORD_BITS_MAX,
                "inlineRom", !options.romFiles()));
        PrintStream captured = new PrintStream(console, true, StandardCharsets.UTF_8);
        var shared = new LinkedHashMap<String, Supplier<? extends Hardware>>();
        String topName = elaborate(config, captured, shared, top);
        // A shared module may have others, which come behind it.
        for (int i = 0; i < shared.size(); i++) {
            elaborate(config, captured, shared, List.copyOf(shared.values()).get(i));
        }
        return topName;
    }

    private static String elaborate(
            SpinalConfig config,
            PrintStream console,
            Map<String, Supplier<? extends Hardware>> shared,
            Supplier<? extends Hardware> top) {
        SpinalReport<Component> report = Console$.MODULE$.withOut(
                console,
                Spinal.function(() ->
                        spinal.core.SpinalVerilog$.MODULE$.apply(config, Spinal.<Component>function(() -> {
                            SHARED.set(shared);
                            return Hardware.build(top::get).component();
                        }))));
        return report.toplevelName();
    }

    /** Has a shared module described once. */
    static void describe(String definition, Supplier<? extends Hardware> maker) {
        SHARED.get().put(definition, maker);
    }
}
