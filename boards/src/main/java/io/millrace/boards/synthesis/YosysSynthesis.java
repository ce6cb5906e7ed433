package io.millrace.boards.synthesis;

import io.millrace.boards.Family;
import io.millrace.boards.internal.ToolCache;
import io.millrace.boards.internal.ToolRun;
import io.millrace.hdl.Design;
import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import io.millrace.scheduler.CostModel;
import io.millrace.scheduler.Machine;
import io.millrace.scheduler.ProgramLayout;
import io.millrace.scheduler.Unit;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import tools.jackson.databind.json.JsonMapper;

/**
 * Synthesis of a design by yosys, for counting. Results are kept by the hash of the Verilog, of the command and of yosys' version, in
 * {@code $XDG_CACHE_HOME/millrace/synthesized} or {@code ~/.cache/millrace/synthesized}.
 *
 * <p>Families: {@code xc6v} and {@code xc7} without pads and clock buffers, {@code ice40} with multipliers and single-port memories of
 * UltraPlus, {@code ice40hx} without.
 */
public final class YosysSynthesis {
    private static final Duration LIMIT = Duration.ofMinutes(20);
    private static final Pattern CELL = Pattern.compile("^ +(\\S+) +(\\d+)$", Pattern.MULTILINE);
    /**
     * Multipliers of iCE40 before all else, each in a block of its own with registers outside. The pass behind {@code synth_ice40 -dsp} takes the
     * register of a second product for the input register of an adder, and then drops that product's multiplier without a word.
     */
    private static final String ICE40_MULTIPLIERS =
            "proc; flatten; opt; wreduce; techmap -map +/mul2dsp.v -map +/ice40/dsp_map.v"
                    + " -D DSP_A_MAXWIDTH=16 -D DSP_B_MAXWIDTH=16 -D DSP_A_MINWIDTH=2 -D DSP_B_MINWIDTH=2 -D DSP_Y_MINWIDTH=11"
                    + " -D DSP_NAME=$__MUL16X16; select a:mul2dsp; setattr -unset mul2dsp; opt_expr -fine; wreduce; select -clear;"
                    + " chtype -set $mul t:$__soft_mul; ";

    private static final int EXIT = 10;
    private static final int SHOWN = 4000;

    private YosysSynthesis() {}

    /** Synthesises for a board's family within 20 minutes. */
    public static SynthesisReport run(Design design, Family family) {
        return run(design, family.yosysFamily(), LIMIT);
    }

    /**
     * Synthesises within a time limit.
     *
     * @param family {@code xc6v}, {@code xc7}, {@code ice40} or {@code ice40hx}
     * @throws CompileException BLD-0201 without yosys, BLD-0202 when it fails, BLD-0203 when it takes too long
     */
    public static SynthesisReport run(Design design, String family, Duration limit) {
        String script = coreScript(design, design.top(), family) + "; tee -o stat.txt stat";
        try {
            Path kept = kept(design, script, ".txt");
            return parse(family, ToolCache.text(kept, work -> {
                synthesize(design.files(), design.top(), script, work, limit);
                return work.resolve("stat.txt");
            }));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where a result is kept that comes of a design and of these texts, besides yosys' version. */
    static Path kept(Design design, String texts, String suffix) throws IOException {
        String key = ToolCache.key(design.files(), List.of(version(design.top()), texts));
        return ToolCache.folder("synthesized").resolve(key + suffix);
    }

    /** The cells in what yosys' {@code stat} prints about a flat design. */
    static SynthesisReport parse(String family, String stat) {
        int start = stat.lastIndexOf("Number of cells:");
        if (start < 0) {
            throw new IllegalStateException("yosys' statistics hold a number of cells:\n" + stat);
        }
        var cells = new TreeMap<String, Integer>();
        var cell = CELL.matcher(stat.substring(stat.indexOf('\n', start) + 1));
        while (cell.find()) {
            cells.put(cell.group(1), Integer.valueOf(cell.group(2)));
        }
        return new SynthesisReport(family, cells);
    }

    /** The commands after the files of a core are read, and of what may be around it. */
    static String coreScript(Design core, String top, String family) {
        String weights = family.equals("ice40") ? singlePortWeights(core.machine()) : "";
        return weights.replace("\n", "; ") + script(top, family);
    }

    /**
     * Commands, a line each, by which weights of more than a few blocks lie in single-port memories of UltraPlus, where the estimate puts them; yosys decides by
     * size otherwise.
     */
    public static String singlePortWeights(Machine machine) {
        var text = new StringBuilder();
        for (Unit unit : machine.units()) {
            long bits = (long) ProgramLayout.weightsOf(unit).words()
                    * ProgramLayout.of(machine).weightWordBits(unit);
            if (unit instanceof Unit.Matrix && bits > CostModel.SPRAM_FROM_BITS) {
                text.append("setattr -set ram_style \"huge\" millrace_")
                        .append(unit.name())
                        .append("/m:weights\n");
            }
        }
        return text.toString();
    }

    /**
     * The commands of yosys that map a top module to cells of an iCE40 and check them.
     *
     * @param ultraPlus whether the device has multipliers and single-port memories
     */
    public static String ice40Script(String top, boolean ultraPlus) {
        return script(top, ultraPlus ? "ice40" : "ice40hx");
    }

    /**
     * The commands of yosys that map a top module, and modules with the attribute {@code keep_hierarchy} apart from it, to cells of a Xilinx part without pads and
     * clock buffers, and check them.
     *
     * @param family {@code xc6v} or {@code xc7}
     */
    public static String xilinxScript(String top, String family) {
        return script(top, family);
    }

    /**
     * Cells by module and type in what yosys' {@code stat -json} prints.
     *
     * @return by the modules' names in the source; instances of other modules count as cells of that name
     */
    public static Map<String, Map<String, Integer>> cellsOfModules(String statistics) {
        var modules = new TreeMap<String, Map<String, Integer>>();
        for (var module :
                JsonMapper.shared().readTree(statistics).get("modules").properties()) {
            var cells = new TreeMap<String, Integer>();
            for (var cell : module.getValue().get("num_cells_by_type").properties()) {
                cells.put(name(cell.getKey()), cell.getValue().asInt());
            }
            modules.put(name(module.getKey()), cells);
        }
        return modules;
    }

    /** Names of the source have a backslash in front in yosys' own tongue. */
    private static String name(String yosysName) {
        return yosysName.startsWith("\\") ? yosysName.substring(1) : yosysName;
    }

    /** The commands after the files are read, down to mapped and checked cells. */
    static String script(String top, String family) {
        String command = switch (family) {
            case "xc6v", "xc7" -> "synth_xilinx -family " + family + " -flatten -noiopad -noclkbuf";
            case "ice40hx" -> "synth_ice40";
            case "ice40" -> "hierarchy -top " + top + "; " + ICE40_MULTIPLIERS + "synth_ice40 -spram";
            default -> throw new IllegalArgumentException("yosys is not asked for the family " + family);
        };
        return command + " -top " + top + "; check -assert";
    }

    /** Runs yosys in a folder that gets copies of the files. */
    static void synthesize(List<Path> files, String top, String script, Path work, Duration limit) throws IOException {
        var names = new ArrayList<String>();
        for (Path file : files) {
            String name = String.valueOf(file.getFileName());
            Files.copy(file, work.resolve(name), StandardCopyOption.REPLACE_EXISTING);
            names.add(name);
        }
        Path log = work.resolve("yosys.log");
        // Without -sv: what is generated is Verilog-2001.
        String all = "read_verilog " + String.join(" ", names) + "; " + script;
        var status = ToolRun.run(List.of("yosys", "-q", "-p", all), work, log, limit);
        if (status.isEmpty()) {
            throw failure(
                    "BLD-0203",
                    top,
                    "yosys did not end within " + limit.toSeconds() + " s",
                    "take a smaller machine or allow more time");
        }
        if (status.getAsInt() != 0) {
            String text = Files.readString(log);
            String shown = text.substring(Math.max(0, text.length() - SHOWN));
            throw failure(
                    "BLD-0202",
                    top,
                    "yosys failed with status " + status.getAsInt() + ":\n" + shown,
                    "report this as a bug with the model: generated Verilog must synthesise");
        }
    }

    static CompileException failure(String code, String top, String message, String help) {
        return new CompileException(EXIT, new Diagnostic(code, SourceRef.file(top), message, help));
    }

    private static String version(String top) throws IOException {
        try {
            var process =
                    new ProcessBuilder("yosys", "-V").redirectErrorStream(true).start();
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            throw failure(
                    "BLD-0201",
                    top,
                    "yosys is not on the PATH (" + e.getMessage() + ")",
                    "install it: apt-get install yosys");
        }
    }
}
