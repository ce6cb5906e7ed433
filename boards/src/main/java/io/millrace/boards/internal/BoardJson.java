package io.millrace.boards.internal;

import io.millrace.boards.BoardPin;
import io.millrace.boards.BoardSpec;
import io.millrace.boards.ConfigurationBank;
import io.millrace.boards.Dram;
import io.millrace.boards.DspKind;
import io.millrace.boards.Fact;
import io.millrace.boards.Family;
import io.millrace.boards.HostLink;
import io.millrace.boards.Ice40Wiring;
import io.millrace.boards.LinkKind;
import io.millrace.boards.MemoryController;
import io.millrace.boards.MemoryKind;
import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Board files: JSON with exactly the keys of {@link #read}; an unknown, missing or misshapen one is an error. */
public final class BoardJson {
    private static final int COUNT_MAX = 100_000_000;
    private static final double MHZ_MAX = 10_000;
    private static final long BYTES_PER_SECOND_MAX = 1_000_000_000_000L;
    private static final Pattern PORT = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*(\\[[0-9]+])?");
    private static final Pattern BUS = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*(\\[])?");
    private static final Pattern PIN_LIST = Pattern.compile("[A-Z]{1,2}[0-9]{1,2}( [A-Z]{1,2}[0-9]{1,2})*");
    private static final Pattern NUMBERS = Pattern.compile("[0-9]{1,2}( [0-9]{1,2})*");
    private static final Pattern SITE = Pattern.compile("X[0-9]+Y[0-9]+");
    private static final int BANK_MAX = 99;
    private static final Pattern PIN = Pattern.compile("[A-Z]{0,2}[0-9]{1,3}");
    private static final Pattern STANDARD = Pattern.compile("[A-Z][A-Z0-9_]*");
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private BoardJson() {}

    /**
     * Reads one board file.
     *
     * @param file the name shown in diagnostics
     * @throws CompileException CFG-0003 if the text is no JSON, CFG-0004 to CFG-0007 for every faulty key
     */
    public static BoardSpec read(String file, String text) {
        var problems = new ArrayList<Diagnostic>();
        var board = readBoard(new CheckedObject(file, "", parse(file, text), problems));
        if (!problems.isEmpty()) {
            throw new CompileException(3, problems);
        }
        return board;
    }

    private static JsonNode parse(String file, String text) {
        try {
            return MAPPER.readTree(text);
        } catch (JacksonException e) {
            var at = e.getLocation();
            var place = at == null ? "" : " at line " + at.getLineNr() + ", column " + at.getColumnNr();
            throw new CompileException(
                    3,
                    new Diagnostic(
                            "CFG-0003",
                            SourceRef.file(file),
                            "not JSON" + place + ": " + e.getOriginalMessage(),
                            "mend the text there; `millrace boards ml605 --json` shows a board file"));
        }
    }

    private static BoardSpec readBoard(CheckedObject in) {
        var dsps = in.object("dsps");
        var board = new BoardSpec(
                in.text("name"),
                in.text("title"),
                in.object("part").map(BoardJson::textFact).orElse(new Fact<>("?", "?")),
                in.word("family", Family.class),
                count(in, "luts"),
                count(in, "flipFlops"),
                dsps.map(it -> it.word("kind", DspKind.class)).orElse(DspKind.DSP48E1),
                dsps.map(BoardJson::count).orElse(new Fact<>(0, "?")),
                in.object("memories").map(BoardJson::memories).orElse(Map.of()),
                in.objects("dram").stream().map(BoardJson::dram).toList(),
                in.objects("oscillatorsMhz").stream().map(BoardJson::megahertz).toList(),
                in.object("coreClockMhz").map(BoardJson::megahertz).orElse(new Fact<>(1.0, "?")),
                in.objects("links").stream().map(BoardJson::link).toList(),
                in.has("pins") ? pins(in.objects("pins")) : List.of(),
                in.has("configuration") ? in.object("configuration").map(BoardJson::configuration) : Optional.empty(),
                in.has("ice40") ? in.object("ice40").map(BoardJson::ice40) : Optional.empty());
        in.finish();
        return board;
    }

    /** Each port once, and each pin of the package once. */
    private static List<BoardPin> pins(List<CheckedObject> list) {
        var pins = new ArrayList<BoardPin>();
        var ports = new HashMap<String, Integer>();
        var places = new HashMap<String, Integer>();
        for (CheckedObject in : list) {
            var port = in.matching("port", PORT, "a Verilog name, with an index in brackets at most");
            var pin = in.matching("pin", PIN, "the name of a pin of the package, such as AJ21 or 6");
            in.unique("port", port, ports);
            in.unique("pin", pin, places);
            pins.add(new BoardPin(
                    port,
                    pin,
                    in.matching("standard", STANDARD, "an I/O standard, such as LVCMOS33"),
                    in.text("source")));
            in.finish();
        }
        return pins;
    }

    private static ConfigurationBank configuration(CheckedObject in) {
        var bank = new ConfigurationBank(
                in.word("select", ConfigurationBank.Select.class), in.number("volts", 1.2, 3.3), in.text("source"));
        in.finish();
        return bank;
    }

    private static Fact<String> textFact(CheckedObject in) {
        var fact = new Fact<>(in.text("value"), in.text("source"));
        in.finish();
        return fact;
    }

    private static Fact<Integer> count(CheckedObject in, String key) {
        return in.object(key).map(BoardJson::count).orElse(new Fact<>(0, "?"));
    }

    private static Fact<Integer> count(CheckedObject in) {
        var fact = new Fact<>((int) in.integer("value", 0, COUNT_MAX), in.text("source"));
        in.finish();
        return fact;
    }

    private static Fact<Double> megahertz(CheckedObject in) {
        var fact = new Fact<>(in.number("value", 0.001, MHZ_MAX), in.text("source"));
        in.finish();
        return fact;
    }

    private static Map<MemoryKind, Fact<Integer>> memories(CheckedObject in) {
        var memories = new EnumMap<MemoryKind, Fact<Integer>>(MemoryKind.class);
        for (var kind : MemoryKind.values()) {
            var key = CheckedObject.wordOf(kind);
            if (in.has(key)) {
                memories.put(kind, count(in, key));
            }
        }
        in.finish();
        return memories;
    }

    private static Dram dram(CheckedObject in) {
        var dram = new Dram(
                in.text("name"),
                (int) in.integer("megabytes", 1, COUNT_MAX),
                (int) in.integer("peakMegabytesPerSecond", 1, COUNT_MAX),
                (int) in.integer("rowBytes", 64, COUNT_MAX),
                in.text("source"),
                in.has("controller") ? in.object("controller").map(BoardJson::controller) : Optional.empty());
        in.finish();
        return dram;
    }

    private static MemoryController controller(CheckedObject in) {
        var controller = new MemoryController(
                in.object("settings").map(CheckedObject::texts).orElse(Map.of()),
                in.object("timing").map(CheckedObject::texts).orElse(Map.of()),
                in.objects("pins").stream().map(BoardJson::pinGroup).toList(),
                in.oneOrMore("dciCascade").stream().map(BoardJson::dciCascade).toList(),
                in.has("capture") ? in.object("capture").map(BoardJson::capture) : Optional.empty(),
                in.text("source"));
        in.finish();
        return controller;
    }

    private static MemoryController.DciCascade dciCascade(CheckedObject in) {
        var cascade = new MemoryController.DciCascade(
                (int) in.integer("master", 0, BANK_MAX),
                numbers(in, "slaves", "numbers of banks with blanks between them"),
                in.text("source"));
        in.finish();
        return cascade;
    }

    private static List<Integer> numbers(CheckedObject in, String key, String wanted) {
        var text = in.matching(key, NUMBERS, wanted);
        return NUMBERS.matcher(text).matches()
                ? Stream.of(text.split(" ")).map(Integer::valueOf).toList()
                : List.of();
    }

    private static MemoryController.Capture capture(CheckedObject in) {
        var capture = new MemoryController.Capture(
                in.objects("strobes").stream()
                        .map(it -> {
                            var place = place(it);
                            it.finish();
                            return place;
                        })
                        .toList(),
                in.objects("columns").stream().map(BoardJson::column).toList(),
                in.matching("clockManager", SITE, "a place, such as X0Y8"),
                in.text("source"));
        in.finish();
        return capture;
    }

    private static MemoryController.Place place(CheckedObject in) {
        return new MemoryController.Place(
                in.matching("pin", PIN, "the name of a pin, such as C13"),
                in.matching("site", SITE, "a place, such as X2Y137"));
    }

    private static MemoryController.Column column(CheckedObject in) {
        var column = new MemoryController.Column(
                place(in),
                in.matching("region", SITE, "a place, such as X2Y6"),
                numbers(in, "strobes", "numbers of strobes with blanks between them"));
        in.finish();
        return column;
    }

    private static MemoryController.PinGroup pinGroup(CheckedObject in) {
        var group = new MemoryController.PinGroup(
                in.matching("port", BUS, "a Verilog name, with [] behind it for a bus"),
                in.matching("standard", STANDARD, "an I/O standard, such as SSTL15"),
                List.of(in.matching("pins", PIN_LIST, "names of pins with blanks between them, bit 0 first")
                        .split(" ")));
        in.finish();
        return group;
    }

    private static HostLink link(CheckedObject in) {
        var link = new HostLink(
                in.word("kind", LinkKind.class),
                in.text("name"),
                in.integer("payloadBytesPerSecond", 1, BYTES_PER_SECOND_MAX),
                in.optionalText("note"),
                in.text("source"));
        in.finish();
        return link;
    }

    private static Ice40Wiring ice40(CheckedObject in) {
        var wiring = new Ice40Wiring(
                in.word("device", Ice40Wiring.Device.class),
                pin(in, "package"),
                pin(in, "clockPin"),
                in.object("clockMhz").map(BoardJson::megahertz).orElse(new Fact<>(1.0, "?")),
                in.word("pllInput", Ice40Wiring.PllInput.class),
                pin(in, "uartRx"),
                pin(in, "uartTx"),
                in.has("resetPin") ? Optional.of(pin(in, "resetPin")) : Optional.empty(),
                in.objects("highPins").stream().map(BoardJson::textFact).toList(),
                in.objects("bauds").stream().map(BoardJson::count).toList());
        in.finish();
        return wiring;
    }

    private static Fact<String> pin(CheckedObject in, String key) {
        return in.object(key).map(BoardJson::textFact).orElse(new Fact<>("?", "?"));
    }

    /** The file that {@link #read} turns back into the same value. */
    public static String write(BoardSpec board) {
        var out = MAPPER.createObjectNode();
        out.put("name", board.name()).put("title", board.title());
        out.putObject("part")
                .put("value", board.part().value())
                .put("source", board.part().source());
        out.put("family", CheckedObject.wordOf(board.family()));
        putCount(out.putObject("luts"), board.luts());
        putCount(out.putObject("flipFlops"), board.flipFlops());
        putCount(out.putObject("dsps").put("kind", CheckedObject.wordOf(board.dspKind())), board.dsps());
        var memories = out.putObject("memories");
        board.memories().forEach((kind, fact) -> putCount(memories.putObject(CheckedObject.wordOf(kind)), fact));
        var dram = out.putArray("dram");
        for (var it : board.dram()) {
            var item = dram.addObject()
                    .put("name", it.name())
                    .put("megabytes", it.megabytes())
                    .put("peakMegabytesPerSecond", it.peakMegabytesPerSecond())
                    .put("rowBytes", it.rowBytes())
                    .put("source", it.source());
            it.controller().ifPresent(controller -> putController(item.putObject("controller"), controller));
        }
        var oscillators = out.putArray("oscillatorsMhz");
        board.oscillatorsMhz().forEach(fact -> putMegahertz(oscillators.addObject(), fact));
        putMegahertz(out.putObject("coreClockMhz"), board.coreClockMhz());
        putLinks(out, board.links());
        putPins(out, board.pins());
        board.configuration()
                .ifPresent(bank -> out.putObject("configuration")
                        .put("select", CheckedObject.wordOf(bank.select()))
                        .put("volts", bank.volts())
                        .put("source", bank.source()));
        board.ice40().ifPresent(wiring -> putIce40(out.putObject("ice40"), wiring));
        return out.toPrettyString();
    }

    private static void putCount(ObjectNode out, Fact<Integer> fact) {
        out.put("value", fact.value()).put("source", fact.source());
    }

    private static void putMegahertz(ObjectNode out, Fact<Double> fact) {
        out.put("value", fact.value()).put("source", fact.source());
    }

    private static void putLinks(ObjectNode out, List<HostLink> links) {
        var list = out.putArray("links");
        for (var link : links) {
            var row = list.addObject()
                    .put("kind", CheckedObject.wordOf(link.kind()))
                    .put("name", link.name())
                    .put("payloadBytesPerSecond", link.payloadBytesPerSecond());
            link.note().ifPresent(note -> row.put("note", note));
            row.put("source", link.source());
        }
    }

    private static void putPins(ObjectNode out, List<BoardPin> pins) {
        if (pins.isEmpty()) {
            return;
        }
        var list = out.putArray("pins");
        for (var pin : pins) {
            list.addObject()
                    .put("port", pin.port())
                    .put("pin", pin.pin())
                    .put("standard", pin.standard())
                    .put("source", pin.source());
        }
    }

    private static void putController(ObjectNode out, MemoryController controller) {
        controller.settings().forEach(out.putObject("settings")::put);
        controller.timing().forEach(out.putObject("timing")::put);
        var pins = out.putArray("pins");
        for (var group : controller.pins()) {
            pins.addObject()
                    .put("port", group.port())
                    .put("standard", group.standard())
                    .put("pins", String.join(" ", group.pins()));
        }
        var cascades = controller.dciCascades();
        if (cascades.size() == 1) {
            putCascade(out.putObject("dciCascade"), cascades.getFirst());
        } else if (!cascades.isEmpty()) {
            var list = out.putArray("dciCascade");
            cascades.forEach(cascade -> putCascade(list.addObject(), cascade));
        }
        controller.capture().ifPresent(capture -> putCapture(out.putObject("capture"), capture));
        out.put("source", controller.source());
    }

    private static void putCascade(ObjectNode out, MemoryController.DciCascade cascade) {
        out.put("master", cascade.master())
                .put("slaves", cascade.slaveNumbers())
                .put("source", cascade.source());
    }

    private static void putCapture(ObjectNode out, MemoryController.Capture capture) {
        var strobes = out.putArray("strobes");
        capture.strobes().forEach(place -> putPlace(strobes.addObject(), place));
        var columns = out.putArray("columns");
        for (var column : capture.columns()) {
            var item = columns.addObject();
            putPlace(item, column.place());
            item.put("region", column.region()).put("strobes", withBlanks(column.strobes()));
        }
        out.put("clockManager", capture.clockManager()).put("source", capture.source());
    }

    private static void putPlace(ObjectNode out, MemoryController.Place place) {
        out.put("pin", place.pin()).put("site", place.site());
    }

    private static String withBlanks(List<Integer> numbers) {
        return numbers.stream().map(String::valueOf).collect(Collectors.joining(" "));
    }

    private static void putIce40(ObjectNode out, Ice40Wiring wiring) {
        out.put("device", CheckedObject.wordOf(wiring.device()));
        putText(out, "package", wiring.packageName());
        putText(out, "clockPin", wiring.clockPin());
        putMegahertz(out.putObject("clockMhz"), wiring.clockMhz());
        out.put("pllInput", CheckedObject.wordOf(wiring.pllInput()));
        putText(out, "uartRx", wiring.uartRx());
        putText(out, "uartTx", wiring.uartTx());
        wiring.resetPin().ifPresent(pin -> putText(out, "resetPin", pin));
        var high = out.putArray("highPins");
        wiring.highPins()
                .forEach(pin -> high.addObject().put("value", pin.value()).put("source", pin.source()));
        var bauds = out.putArray("bauds");
        wiring.bauds().forEach(baud -> putCount(bauds.addObject(), baud));
    }

    private static void putText(ObjectNode out, String key, Fact<String> fact) {
        out.putObject(key).put("value", fact.value()).put("source", fact.source());
    }
}
